#include "io/image.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/image_codec.h"

mx_status mx_image_check_size(const mx_image_input *in, uint32_t height, uint32_t width) {
    const uint64_t limit = in->max_pixels ? in->max_pixels : MX_IMAGE_MAX_PIXELS;
    /* Both decoders report sizes up to 2^31 - 1, so that the product fits. */
    const uint64_t n_pixels = (uint64_t)height * width;
    if (n_pixels == 0 || n_pixels > limit || height > INT32_MAX || width > INT32_MAX)
        return mx_fail(MX_DATA,
                       "cannot decode '%s': %" PRIu32 " x %" PRIu32
                       " pixels, allowed are 1 to %" PRIu64,
                       in->name, width, height, limit);
    if (n_pixels > SIZE_MAX)
        return mx_fail(MX_MEMORY, "cannot decode '%s': %" PRIu64 " pixels exceed the address space",
                       in->name, n_pixels);
    return MX_OK;
}

mx_status mx_image_allocate(mx_image *out, const mx_image_input *in, uint32_t height,
                            uint32_t width, int channels) {
    MX_TRY(mx_image_check_size(in, height, width));
    MX_TRY(mx_context(mx_alloc(&out->pixels, (size_t)height * width, (size_t)channels),
                      "cannot decode '%s'", in->name));
    out->height = (int)height;
    out->width = (int)width;
    out->channels = channels;
    return MX_OK;
}

void mx_image_convert(uint8_t *out, int out_channels, const uint8_t *in, int in_channels,
                      size_t count) {
    if (in_channels == out_channels) {
        memcpy(out, in, count * (size_t)in_channels);
    } else if (in_channels == 1) {
        for (size_t i = 0; i < count; i++)
            memset(out + 3 * i, in[i], 3);
    } else {
        for (size_t i = 0; i < count; i++) {
            const uint32_t red = in[3 * i], green = in[3 * i + 1], blue = in[3 * i + 2];
            out[i] = (uint8_t)((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);
        }
    }
}

static mx_status to_channels(mx_image *image, int channels) {
    const size_t n_pixels = (size_t)image->height * (size_t)image->width;
    uint8_t *converted = NULL;
    if (image->channels == channels) return MX_OK;
    MX_TRY(mx_alloc(&converted, n_pixels, (size_t)channels));
    mx_image_convert(converted, channels, image->pixels, image->channels, n_pixels);
    free(image->pixels);
    image->pixels = converted;
    image->channels = channels;
    return MX_OK;
}

static bool starts_with(const mx_image_input *in, const void *magic, size_t count) {
    return in->count >= count && memcmp(in->bytes, magic, count) == 0;
}

static mx_status decode_any(mx_image *out, mx_orientation *orientation, const mx_image_input *in) {
    if (in->count == 0) return mx_fail(MX_DATA, "cannot decode '%s': the file is empty", in->name);
    if (starts_with(in, "\xFF\xD8\xFF", 3)) return mx_image_decode_jpeg(out, orientation, in);
    if (starts_with(in, "\x89PNG\r\n\x1A\n", 8)) return mx_image_decode_png(out, orientation, in);
    return mx_fail(MX_DATA, "cannot decode '%s': neither a JPEG nor a PNG file", in->name);
}

mx_status mx_image_decode(mx_image *out, const mx_image_input *in, int channels) {
    mx_orientation orientation = 1;
    *out = (mx_image){0};
    mx_status status = decode_any(out, &orientation, in);
    if (status == MX_OK) status = to_channels(out, channels);
    if (status == MX_OK) status = mx_image_orient(out, orientation);
    if (status != MX_OK) mx_image_release(out);
    return status;
}

void mx_image_release(mx_image *image) {
    free(image->pixels);
    *image = (mx_image){0};
}
