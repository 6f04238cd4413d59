#include "io/tensorfile_internal.h"

/* A tensor's dimensions without those of size 1; strides in bytes. */
typedef struct walk {
    int rank;
    size_t dims[MX_TENSOR_RANK], strides[MX_TENSOR_RANK];
    bool contiguous;
} walk;

static walk walk_of(const mx_file_tensor *tensor, size_t bytes, const int64_t *strides) {
    walk w = {.contiguous = true};
    for (int d = 0; d < tensor->rank; d++) {
        if (tensor->dims[d] == 1) continue;
        w.dims[w.rank] = (size_t)tensor->dims[d];
        w.strides[w.rank++] = strides ? (size_t)strides[d] * bytes : 0;
    }
    size_t packed = bytes;
    for (int d = w.rank - 1; d >= 0; d--) {
        if (!strides) w.strides[d] = packed;
        if (w.strides[d] != packed) w.contiguous = false;
        packed *= w.dims[d];
    }
    return w;
}

/* Converts row by row: a row is the last dimension. */
static void gather(float *out, const walk *w, const mx_element_type *type, const char *from) {
    const int last = w->rank - 1;
    size_t index[MX_TENSOR_RANK] = {0}, at = 0;
    for (;;) {
        type->to_float32(out, from + at, w->strides[last], w->dims[last]);
        out += w->dims[last];
        int d = last - 1;
        for (; d >= 0; d--) {
            at += w->strides[d];
            if (++index[d] < w->dims[d]) break;
            at -= w->strides[d] * w->dims[d];
            index[d] = 0;
        }
        if (d < 0) return;
    }
}

mx_status mx_tensorfile_place(mx_tensorfile *file, mx_file_tensor *tensor,
                              const mx_element_type *type, const char *from,
                              const int64_t *strides) {
    const walk w = walk_of(tensor, type->bytes, strides);
    if (tensor->count > 0 && w.contiguous && type->is_float32 &&
        (uintptr_t)from % sizeof(float) == 0) {
        tensor->data = (const float *)(const void *)from;
        return MX_OK;
    }
    size_t bytes = 0;
    float *out = mx_size_mul(tensor->count, sizeof *out, &bytes)
                     ? mx_arena_alloc(&file->arena, bytes)
                     : NULL;
    if (!out) return mx_fail(MX_MEMORY, "cannot allocate %zu floats", tensor->count);
    tensor->data = out;
    if (tensor->count > 0 && w.contiguous)
        type->to_float32(out, from, type->bytes, tensor->count);
    else if (tensor->count > 0)
        gather(out, &w, type, from);
    return MX_OK;
}
