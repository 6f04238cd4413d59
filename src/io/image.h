/* Pictures from memory: JPEG or PNG, told apart by their first bytes, as 8-bit grey or RGB.
 *
 * Colours are read as Pillow reads them: no colour management, JPEG with the accurate integer DCT,
 * CMYK taken as Adobe writes it (inverted), 16-bit PNG by its high byte. Transparent PNG pixels are
 * composited on black. Calls on different images may run at the same time. */
#ifndef MX_IO_IMAGE_H
#define MX_IO_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

/* The largest picture decoded when no limit is given: Pillow's limit of a decompression bomb. */
#define MX_IMAGE_MAX_PIXELS 178956970u

/* height x width x channels bytes, rows from the top. */
typedef struct mx_image {
    int height, width;
    int channels; /* 1 grey or 3 RGB */
    uint8_t *pixels;
} mx_image;

/* An encoded picture; nothing is owned. */
typedef struct mx_image_input {
    const char *name; /* for messages */
    const void *bytes;
    size_t count;
    uint64_t max_pixels; /* height x width allowed, checked before any pixel memory is asked for; 0
                            means MX_IMAGE_MAX_PIXELS */
    int least_height, least_width; /* unless 0: a JPEG may come at 1/2, 1/4 or 1/8 of its size, as
                                      small as is still at least this, by libjpeg's smaller DCT */
    bool exif; /* turn and mirror as the EXIF orientation says; otherwise it is not looked at */
} mx_image_input;

/* Decodes into `channels` (1 or 3) channels; released with mx_image_release. Fails with MX_DATA
 * ("cannot decode 'NAME': reason") when the bytes are no JPEG or PNG, damaged, cut short or larger
 * than allowed, and with MX_MEMORY; *out is then empty. */
mx_status mx_image_decode(mx_image *out, const mx_image_input *in, int channels);
void mx_image_release(mx_image *image);

/* Appends the picture as a PNG file. Fails with MX_MEMORY. */
mx_status mx_image_encode_png(mx_buf *out, const mx_image *image);

/* Converts `count` pixels between 1 and 3 channels: grey is replicated, and RGB becomes
 * (19595 R + 38470 G + 7471 B + 32768) >> 16, ITU-R 601-2 luma as in Pillow's convert("L").
 * `out` and `in` do not overlap. */
void mx_image_convert(uint8_t *out, int out_channels, const uint8_t *in, int in_channels,
                      size_t count);

#endif
