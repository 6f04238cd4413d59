/* The orientation of EXIF, and pictures shown as it says. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/image_codec.h"

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, ENTRY_BYTES = 12 };

/* A TIFF block; offsets count from its first byte. */
typedef struct tiff {
    const uint8_t *bytes;
    size_t count;
    bool big_endian;
} tiff;

/* Both readers answer 0 beyond the end. */
static uint32_t read_16(const tiff *t, size_t at) {
    if (at > t->count || t->count - at < 2) return 0;
    const uint8_t *b = t->bytes + at;
    return t->big_endian ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
}

static uint32_t read_32(const tiff *t, size_t at) {
    if (at > t->count || t->count - at < 4) return 0;
    const uint32_t first = read_16(t, at), second = read_16(t, at + 2);
    return t->big_endian ? first << 16 | second : second << 16 | first;
}

mx_orientation mx_exif_orientation(const void *bytes, size_t count) {
    tiff t = {.bytes = bytes, .count = count};
    if (count < 8) return 1;
    t.big_endian = memcmp(bytes, "MM\0*", 4) == 0;
    if (!t.big_endian && memcmp(bytes, "II*\0", 4) != 0) return 1;
    const size_t directory = read_32(&t, 4);
    const size_t n_entries = read_16(&t, directory);
    for (size_t i = 0; i < n_entries; i++) {
        const size_t at = directory + 2 + i * ENTRY_BYTES;
        if (at > count || count - at < ENTRY_BYTES) return 1;
        if (read_16(&t, at) != TAG_ORIENTATION || read_16(&t, at + 2) != TYPE_SHORT) continue;
        const uint32_t value = read_16(&t, at + 8);
        return value >= 1 && value <= 8 ? (mx_orientation)value : 1;
    }
    return 1;
}

mx_status mx_image_orient(mx_image *image, mx_orientation orientation) {
    const bool turned = orientation >= 5;
    const bool from_bottom =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool from_right =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const size_t h = (size_t)image->height, w = (size_t)image->width;
    const size_t channels = (size_t)image->channels;
    const size_t out_h = turned ? w : h, out_w = turned ? h : w;
    uint8_t *shown = NULL, *to;
    if (orientation == 1) return MX_OK;
    MX_TRY(mx_alloc(&shown, h * w, channels));
    to = shown;
    for (size_t y = 0; y < out_h; y++)
        for (size_t x = 0; x < out_w; x++, to += channels) {
            const size_t row = turned ? x : y, column = turned ? y : x;
            const uint8_t *from = image->pixels + ((from_bottom ? h - 1 - row : row) * w +
                                                   (from_right ? w - 1 - column : column)) *
                                                      channels;
            for (size_t c = 0; c < channels; c++)
                to[c] = from[c];
        }
    free(image->pixels);
    image->pixels = shown;
    image->height = (int)out_h;
    image->width = (int)out_w;
    return MX_OK;
}
