/* What the picture decoders share; private to src/io/image*.c. */
#ifndef MX_IO_IMAGE_CODEC_H
#define MX_IO_IMAGE_CODEC_H

#include "io/image.h"

/* Allocates the pixels of an image, when the input's limit allows the size. Fails with MX_DATA or
 * MX_MEMORY. */
mx_status mx_image_allocate(mx_image *out, const mx_image_input *in, uint32_t height,
                            uint32_t width, int channels);

/* Decode into 1 channel where the file is grey, else 3. The caller releases *out, also on failure.
 * Errors as mx_image_decode. */
mx_status mx_image_decode_jpeg(mx_image *out, const mx_image_input *in);
mx_status mx_image_decode_png(mx_image *out, const mx_image_input *in);

#endif
