/* Bilinear resizing with antialiasing, equal to the bit to Pillow's Image.resize(size, BILINEAR).
 */
#ifndef MX_IO_RESIZE_H
#define MX_IO_RESIZE_H

#include <stdint.h>

#include "base/status.h"
#include "io/image.h"

/* Which axis is filtered first; the result differs in the last bit of some pixels. */
typedef enum mx_resize_order {
    MX_RESIZE_COLUMNS_FIRST, /* columns (the width) first, as Pillow up to 12 */
    MX_RESIZE_PILLOW_13      /* rows first where the height shrinks by more than twice the pixels
                                that the width shrinks by, as Pillow 13 (found by measurement) */
} mx_resize_order;

/* Resizes `in` (1 or 3 channels) to height x width, both at least 1, into `out`: height x width x
 * in->channels bytes of the caller, which do not overlap the input. Fails with MX_MEMORY.
 *
 * A triangle filter two input pixels wide, or two output pixels when shrinking, in 22-bit fixed
 * point; one axis after the other, each rounded to 8 bits. */
mx_status mx_resize_bilinear(uint8_t *out, int height, int width, const mx_image *in,
                             mx_resize_order order);

#endif
