#include "io/cifar10.h"

#include <stdlib.h>

#include "base/fs.h"
#include "base/mem.h"

enum { PLANE_BYTES = MX_CIFAR_SIZE * MX_CIFAR_SIZE, IMAGE_BYTES = PLANE_BYTES * MX_CIFAR_CHANNELS };

/* The labels before the pixels of a record, which of them is read, and its classes. */
typedef struct layout {
    const char *name;
    size_t n_labels, label;
    int n_classes;
} layout;

static const layout layouts[] = {[MX_CIFAR_10] = {"CIFAR-10", 1, 0, 10},
                                 [MX_CIFAR_100_COARSE] = {"CIFAR-100", 2, 0, 20},
                                 [MX_CIFAR_100_FINE] = {"CIFAR-100", 2, 1, 100}};

static mx_status check_size(const layout *in, const mx_buf *file) {
    const size_t record = in->n_labels + IMAGE_BYTES;
    if (file->length > 0 && file->length % record == 0) return MX_OK;
    return mx_fail(MX_DATA, "%zu bytes are no whole number of %s's records of %zu bytes",
                   file->length, in->name, record);
}

/* Planes of one colour each to one pixel after another. */
static void interleave(uint8_t *out, const uint8_t *planes) {
    for (size_t i = 0; i < PLANE_BYTES; i++)
        for (size_t c = 0; c < MX_CIFAR_CHANNELS; c++)
            out[i * MX_CIFAR_CHANNELS + c] = planes[c * PLANE_BYTES + i];
}

static mx_status unpack(mx_cifar *out, const layout *in, const mx_buf *file) {
    const size_t record = in->n_labels + IMAGE_BYTES, count = file->length / record;
    MX_TRY(mx_alloc(&out->labels, count, 1));
    MX_TRY(mx_alloc(&out->pixels, count, IMAGE_BYTES));
    for (size_t i = 0; i < count; i++) {
        const uint8_t *bytes = (const uint8_t *)file->data + i * record;
        out->labels[i] = bytes[in->label];
        if (out->labels[i] >= in->n_classes)
            return mx_fail(MX_DATA, "label %d in record %zu, %s has 0 to %d", out->labels[i], i + 1,
                           in->name, in->n_classes - 1);
        interleave(out->pixels + i * IMAGE_BYTES, bytes + in->n_labels);
    }
    out->n_images = count;
    return MX_OK;
}

mx_status mx_cifar_read(mx_cifar *out, const char *path, mx_cifar_kind kind, size_t limit) {
    const layout *in = &layouts[kind];
    mx_buf file = {0};
    size_t bytes = 0;
    mx_status status;
    *out = (mx_cifar){0};
    if (!mx_size_mul(limit, in->n_labels + IMAGE_BYTES, &bytes)) bytes = SIZE_MAX;
    MX_GO(mx_read_file(&file, path, bytes));
    MX_GO(mx_context(check_size(in, &file), "cannot read '%s'", path));
    MX_GO(mx_context(unpack(out, in, &file), "cannot read '%s'", path));
done:
    mx_buf_release(&file);
    if (status != MX_OK) mx_cifar_release(out);
    return status;
}

void mx_cifar_release(mx_cifar *cifar) {
    free(cifar->labels);
    free(cifar->pixels);
    *cifar = (mx_cifar){0};
}
