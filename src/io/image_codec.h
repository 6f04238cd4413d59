/* What the picture decoders share; private to src/io/image*.c. */
#ifndef MX_IO_IMAGE_CODEC_H
#define MX_IO_IMAGE_CODEC_H

#include "io/image.h"

/* What EXIF says about how the stored picture is to be shown, 1 to 8: 1 as it is, 2 mirrored, 3
 * turned by 180 degrees, 4 upside down, 5 to 8 with rows and columns exchanged. */
typedef int mx_orientation;

/* The orientation in a TIFF block, as EXIF has it; 1 when it has none or is damaged. */
mx_orientation mx_exif_orientation(const void *tiff, size_t count);

/* Fails with MX_DATA when the input's limit forbids the size, with MX_MEMORY when no memory has it.
 */
mx_status mx_image_check_size(const mx_image_input *in, uint32_t height, uint32_t width);

/* Allocates the pixels of an image whose size passes mx_image_check_size. */
mx_status mx_image_allocate(mx_image *out, const mx_image_input *in, uint32_t height,
                            uint32_t width, int channels);

/* Decode into 1 channel where the file is grey, else 3, as the file stores it; *orientation is 1
 * unless in->exif. The caller releases *out, also on failure. Errors as mx_image_decode. */
mx_status mx_image_decode_jpeg(mx_image *out, mx_orientation *orientation,
                               const mx_image_input *in);
mx_status mx_image_decode_png(mx_image *out, mx_orientation *orientation, const mx_image_input *in);

/* Shows the picture as `orientation` says. Fails with MX_MEMORY. */
mx_status mx_image_orient(mx_image *image, mx_orientation orientation);

#endif
