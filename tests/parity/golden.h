/* Golden files (scripts/make_golden.py) and the devices and networks that are held to them.
 * Functions assert, so that a test reads without error handling. */
#ifndef MX_TEST_GOLDEN_H
#define MX_TEST_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "io/tensorfile.h"
#include "nn/model.h"
#include "nn/names.h"
#include "ops/conv.h"

static inline void golden_ok(mx_status status) {
    if (status != MX_OK) fail_msg("%s", mx_error());
}

/* A group set-up: *state becomes the device that MIXCL_DEVICE names, or the best. */
static inline int golden_open_device(void **state) {
    mx_device *device = NULL;
    golden_ok(mx_device_open_selected(&device, getenv("MIXCL_DEVICE"), false));
    *state = device;
    return 0;
}

static inline int golden_close_device(void **state) {
    mx_device_close(*state);
    return 0;
}

static inline void golden_read(mx_tensorfile *file, const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.safetensors", MX_TEST_DATA, name);
    golden_ok(mx_tensorfile_read(file, path));
}

/* The tensor PREFIX/NAME, or NAME where the prefix is "". */
static inline const mx_file_tensor *golden_find(const mx_tensorfile *file, const char *prefix,
                                                const char *name) {
    char full[2 * MX_NAME_BYTES];
    snprintf(full, sizeof full, "%s%s%s", prefix, *prefix ? "/" : "", name);
    const mx_file_tensor *tensor = mx_tensorfile_find(file, full);
    if (!tensor) fail_msg("no golden tensor '%s'", full);
    return tensor;
}

/* A number of the metadata. */
static inline double golden_number(const mx_tensorfile *file, const char *key) {
    const char *text = mx_tensorfile_note(file, key);
    if (!text) fail_msg("no golden number '%s'", key);
    return strtod(text, NULL);
}

static inline float *golden_new(size_t count) {
    float *floats = calloc(count, sizeof *floats);
    assert_non_null(floats);
    return floats;
}

static inline void golden_upload(mx_tensor to, const float *from) {
    golden_ok(mx_buffer_write(to.buffer, to.offset * sizeof(float), from,
                              mx_tensor_count(to) * sizeof(float)));
}

/* The tensor's elements; free() them. */
static inline float *golden_download(mx_tensor from) {
    float *floats = golden_new(mx_tensor_count(from));
    golden_ok(mx_buffer_read(from.buffer, from.offset * sizeof(float), floats,
                             mx_tensor_count(from) * sizeof(float)));
    return floats;
}

/* Sets every parameter of an arena from the tensors PREFIX/NAME. */
static inline void golden_load(const mx_net *net, const mx_tensorfile *file, const char *prefix,
                               mx_buffer *arena) {
    const size_t count = mx_net_layout(net).count;
    float *host = golden_new(count);
    for (int i = 0; i < mx_net_param_count(net); i++) {
        const mx_param *param = mx_net_param(net, i);
        const mx_file_tensor *tensor = golden_find(file, prefix, param->name);
        assert_int_equal(tensor->count, param->count);
        mx_param_from_torch(param, tensor->data, host);
    }
    golden_upload(mx_matrix(arena, 0, 1, (mx_i32)count), host);
    free(host);
}

static inline double golden_largest(const mx_file_tensor *tensor) {
    double largest = 0;
    for (size_t i = 0; i < tensor->count; i++)
        largest = fmax(largest, fabs((double)tensor->data[i]));
    return largest;
}

/* Every element within `limit` of the expected one. */
static inline void golden_assert_within(const float *got, const mx_file_tensor *expected,
                                        double limit, const char *context) {
    for (size_t i = 0; i < expected->count; i++) {
        const double error = fabs((double)got[i] - (double)expected->data[i]);
        if (!(error <= limit))
            fail_msg("%s: '%s'[%zu] is %.9g, not %.9g: off by %.3g, more than %.3g", context,
                     expected->name, i, (double)got[i], (double)expected->data[i], error, limit);
    }
}

/* The names of every convolution algorithm, then "auto", then NULL. */
static inline const char *golden_algorithm(size_t i) {
    if (i < mx_conv_algorithm_count) return mx_conv_algorithms[i]->name;
    return i == mx_conv_algorithm_count ? "auto" : NULL;
}

#endif
