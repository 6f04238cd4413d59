/* A view of device memory: n x h x w x c floats (NHWC, c fastest) from `offset`, in elements. */
#ifndef MX_OPS_TENSOR_H
#define MX_OPS_TENSOR_H

#include <stddef.h>

#include "ocl/buffer.h"
#include "shared.h"

typedef struct mx_tensor {
    mx_buffer *buffer;
    mx_u32 offset;
    mx_i32 n, h, w, c;
} mx_tensor;

/* Every tensor of an arena begins at a multiple of this many elements: 256 bytes. */
enum { MX_TENSOR_ALIGN = 64 };

/* A rows x c matrix. */
static inline mx_tensor mx_matrix(mx_buffer *buffer, mx_u32 offset, mx_i32 rows, mx_i32 c) {
    return (mx_tensor){buffer, offset, rows, 1, 1, c};
}

static inline size_t mx_tensor_count(mx_tensor t) {
    return (size_t)t.n * (size_t)t.h * (size_t)t.w * (size_t)t.c;
}

/* What reading or writing it once moves; 0 without a buffer. */
static inline double mx_tensor_bytes(mx_tensor t) {
    return t.buffer ? (double)mx_tensor_count(t) * sizeof(float) : 0.0;
}

/* `elements` rounded up to a multiple of MX_TENSOR_ALIGN. */
static inline size_t mx_tensor_aligned(size_t elements) {
    return (elements + MX_TENSOR_ALIGN - 1) / MX_TENSOR_ALIGN * MX_TENSOR_ALIGN;
}

/* Rows of c elements: n x h x w. */
static inline mx_i32 mx_tensor_rows(mx_tensor t) {
    return t.n * t.h * t.w;
}

/* The build option -DV=... for vectors of floats: the width that the device likes, halved until it
 * divides `multiple` (0: any width will do). */
const char *mx_vector_option(const mx_device *device, mx_i32 multiple);
/* The width that mx_vector_option names. */
mx_i32 mx_vector_width(const mx_device *device, mx_i32 multiple);

/* x (x y x z) work-items with x fastest: a CPU gets one to a work-group, a GPU up to 64 along x. */
mx_range mx_range_wide(const mx_device *device, mx_i32 x, mx_i32 y, mx_i32 z);
/* `count` elements in vectors of `width`. */
mx_range mx_range_flat(size_t count, mx_i32 width);

#endif
