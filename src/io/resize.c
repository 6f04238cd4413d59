#include "io/resize.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/resize_internal.h"

typedef mx_resize_filter filter;

static void filter_release(filter *f) {
    free(f->first);
    free(f->count);
    free(f->weight);
}

/* The weights of output `i`, whose centre lies at (i + 0.5) * scale in input pixels. `work` holds
 * stride doubles. */
static void fill_weights(filter *f, int i, int in_size, double scale, double *work) {
    const double width = scale > 1.0 ? scale : 1.0, centre = (i + 0.5) * scale;
    const double per_width = 1.0 / width;
    const int low = (int)(centre - width + 0.5), high = (int)(centre + width + 0.5);
    const int first = low > 0 ? low : 0, end = high < in_size ? high : in_size;
    double sum = 0.0;
    for (int k = 0; k < end - first; k++) {
        const double distance = fabs((k + first - centre + 0.5) * per_width);
        work[k] = distance < 1.0 ? 1.0 - distance : 0.0;
        sum += work[k];
    }
    for (int k = 0; k < end - first; k++) {
        const double share = sum > 0.0 ? work[k] / sum : 0.0;
        f->weight[(size_t)i * (size_t)f->stride + (size_t)k] =
            (int32_t)(share * (1 << MX_RESIZE_BITS) + 0.5);
    }
    f->first[i] = first;
    f->count[i] = end - first;
}

static mx_status filter_init(filter *f, int in_size, int out_size) {
    const double scale = (double)in_size / out_size;
    const size_t n = (size_t)out_size;
    double *work = NULL;
    mx_status status = MX_OK;
    *f = (filter){.stride = 2 * (int)ceil(scale > 1.0 ? scale : 1.0) + 1};
    MX_GO(mx_alloc(&f->first, n, sizeof *f->first));
    MX_GO(mx_alloc(&f->count, n, sizeof *f->count));
    MX_GO(mx_alloc(&f->weight, n * (size_t)f->stride, sizeof *f->weight));
    MX_GO(mx_alloc(&work, (size_t)f->stride, sizeof *work));
    for (int i = 0; i < out_size; i++)
        fill_weights(f, i, in_size, scale, work);
done:
    free(work);
    return status;
}

static uint8_t to_byte(int32_t sum) {
    const int32_t value = (sum + (1 << (MX_RESIZE_BITS - 1))) >> MX_RESIZE_BITS;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* One output pixel: the weighted sum of `count` input pixels, for each channel. */
static inline void filter_pixel(uint8_t *out, const uint8_t *in, const int32_t *weight, int count,
                                size_t channels) {
    int32_t sums[3] = {0};
    for (int k = 0; k < count; k++)
        for (size_t c = 0; c < channels; c++)
            sums[c] += weight[k] * in[(size_t)k * channels + c];
    for (size_t c = 0; c < channels; c++)
        out[c] = to_byte(sums[c]);
}

/* in -> in->height x width */
static mx_status resize_columns(uint8_t *out, int width, const mx_image *in) {
    const size_t in_row = (size_t)in->width * (size_t)in->channels;
    filter f;
    mx_status status = MX_OK;
    MX_GO(filter_init(&f, in->width, width));
    const size_t done = (size_t)mx_resize_columns_fast(out, width, in, &f);
    for (size_t y = done; y < (size_t)in->height; y++)
        for (size_t x = 0; x < (size_t)width; x++) {
            const uint8_t *row = in->pixels + y * in_row;
            const int32_t *weight = f.weight + x * (size_t)f.stride;
            /* The constants let the compiler unroll the channels. */
            if (in->channels == 3)
                filter_pixel(out + 3 * (y * (size_t)width + x), row + 3 * f.first[x], weight,
                             f.count[x], 3);
            else
                filter_pixel(out + y * (size_t)width + x, row + f.first[x], weight, f.count[x], 1);
        }
done:
    filter_release(&f);
    return status;
}

/* in -> height x in->width */
static mx_status resize_rows(uint8_t *out, int height, const mx_image *in) {
    const size_t row_bytes = (size_t)in->width * (size_t)in->channels;
    filter f;
    int32_t *sums = NULL;
    mx_status status = MX_OK;
    MX_GO(filter_init(&f, in->height, height));
    MX_GO(mx_alloc(&sums, row_bytes, sizeof *sums));
    for (size_t y = 0; y < (size_t)height; y++) {
        const uint8_t *from = in->pixels + (size_t)f.first[y] * row_bytes;
        const int32_t *weight = f.weight + y * (size_t)f.stride;
        uint8_t *to = out + y * row_bytes;
        const size_t made = mx_resize_row_fast(to, from, row_bytes, weight, f.count[y]);
        memset(sums, 0, row_bytes * sizeof *sums);
        for (size_t k = 0; k < (size_t)f.count[y]; k++, from += row_bytes)
            for (size_t i = made; i < row_bytes; i++)
                sums[i] += weight[k] * from[i];
        for (size_t i = made; i < row_bytes; i++)
            to[i] = to_byte(sums[i]);
    }
done:
    filter_release(&f);
    free(sums);
    return status;
}

/* Both passes round to 8 bits, so that their order shows in the last bit. */
static bool are_rows_first(int height, int width, const mx_image *in, mx_resize_order order) {
    return order == MX_RESIZE_PILLOW_13 && height < in->height &&
           in->height - height > 2 * (in->width - width);
}

static mx_status resize_both(uint8_t *out, int height, int width, const mx_image *in,
                             bool rows_first) {
    mx_image between = *in;
    mx_status status = MX_OK;
    if (rows_first)
        between.height = height;
    else
        between.width = width;
    MX_TRY(mx_alloc(&between.pixels, (size_t)between.height * (size_t)between.width,
                    (size_t)between.channels));
    MX_GO(rows_first ? resize_rows(between.pixels, height, in)
                     : resize_columns(between.pixels, width, in));
    MX_GO(rows_first ? resize_columns(out, width, &between) : resize_rows(out, height, &between));
done:
    mx_image_release(&between);
    return status;
}

mx_status mx_resize_bilinear(uint8_t *out, int height, int width, const mx_image *in,
                             mx_resize_order order) {
    /* An axis that keeps its size is not filtered. */
    if (height != in->height && width != in->width)
        return resize_both(out, height, width, in, are_rows_first(height, width, in, order));
    if (height != in->height) return resize_rows(out, height, in);
    if (width != in->width) return resize_columns(out, width, in);
    memcpy(out, in->pixels, (size_t)height * (size_t)width * (size_t)in->channels);
    return MX_OK;
}
