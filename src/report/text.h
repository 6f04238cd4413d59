/* Texts for pictures: names of files may be any bytes, and any length. */
#ifndef MX_REPORT_TEXT_H
#define MX_REPORT_TEXT_H

#include "base/buf.h"

/* Appends `text` as UTF-8: U+FFFD for each byte that is not part of it and for control characters.
 */
void mx_text_clean(mx_buf *out, const char *text);

/* Code points of UTF-8 as mx_text_clean leaves it. */
size_t mx_text_length(const char *text);

/* `text` in at most `most` (at least 1) code points, an ellipsis in place of its middle. Writes at
 * most size bytes; 4 x most + 1 are enough. */
void mx_text_cut(char *out, size_t size, const char *text, size_t most);

#endif
