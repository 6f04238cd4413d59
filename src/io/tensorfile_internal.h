/* What the readers of weights files share. */
#ifndef MX_IO_TENSORFILE_INTERNAL_H
#define MX_IO_TENSORFILE_INTERNAL_H

#include "io/float_formats.h"
#include "io/tensorfile.h"

#define MX_TENSORFILE_LIMIT ((size_t)16 << 30) /* bytes of a file */

/* Sets `data` of a tensor whose elements, of a float type, are at `from`: points there when it can,
 * else converts into the arena. `strides` counts elements, one a dimension; NULL is contiguous. All
 * elements must lie inside a block of the file. */
mx_status mx_tensorfile_place(mx_tensorfile *file, mx_file_tensor *tensor,
                              const mx_element_type *type, const char *from,
                              const int64_t *strides);

#endif
