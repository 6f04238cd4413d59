/* A text file that grows line by line and is on its way to disk after each. */
#ifndef MX_REPORT_TEXT_FILE_H
#define MX_REPORT_TEXT_FILE_H

#include "base/buf.h"

typedef struct mx_text_file mx_text_file;

/* Creates `path`, or empties it, or goes on at its end. Fails with MX_WRITE or MX_MEMORY. */
mx_status mx_text_file_open(mx_text_file **out, const char *path, bool append);
/* Writes `text` and flushes. Fails with MX_WRITE (a full disk, for one) or when `text` has failed.
 */
mx_status mx_text_file_write(mx_text_file *file, const mx_buf *text);
/* Takes void * so that it can be a sink's release. */
void mx_text_file_close(void *file);

#endif
