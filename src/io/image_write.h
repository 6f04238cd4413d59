/* Pictures to memory. */
#ifndef MX_IO_IMAGE_WRITE_H
#define MX_IO_IMAGE_WRITE_H

#include "base/buf.h"
#include "io/image.h"

/* Appends `image` (1 or 3 channels) to `out` as a PNG file. Fails with MX_MEMORY. */
mx_status mx_image_encode_png(mx_buf *out, const mx_image *image);

#endif
