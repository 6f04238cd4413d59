/* Kernel text: embedded in the program, or read from $MIXCL_KERNEL_DIR while developing. */
#ifndef MX_OCL_SOURCE_H
#define MX_OCL_SOURCE_H

#include "base/buf.h"

typedef struct mx_embedded_file {
    const char *name; /* file name in cl/; NULL ends the table */
    const unsigned char *bytes;
    unsigned long length;
} mx_embedded_file;

/* Made by scripts/embed_kernels.cmake. */
extern const mx_embedded_file mx_embedded_files[];

/* Appends the headers that belong to the file `name` and that file to `out`: one translation unit. Fails with
 * MX_INTERNAL when no such kernel is embedded, MX_DATA when $MIXCL_KERNEL_DIR lacks it. */
mx_status mx_source_load(mx_buf *out, const char *name);

#endif
