/* Data sets of tiny grey pictures in tests. */
#ifndef MX_TEST_DATASET_FIXTURE_H
#define MX_TEST_DATASET_FIXTURE_H

#include "unit/fixture.h"

#include "data/dataset.h"

static const mx_data_spec tiny = {
    .height = 2, .width = 2, .channels = 1, .seed = 1, .skip_bad = true, .bad_limit = 0.5};

/* A 2 x 2 grey PNG of one value: with `tiny` the picture is recognised by its first byte. */
static inline void write_picture(const char *root, const char *name, uint8_t value) {
    mx_buf file = {0};
    uint8_t pixels[4];
    memset(pixels, value, sizeof pixels);
    fixture_encode_plain_png(&file, pixels, 2, 2, 1);
    fixture_write(root, name, file.data, file.length);
    mx_buf_release(&file);
}

/* The same as bytes. */
static inline void encode_picture(mx_buf *out, uint8_t value) {
    const uint8_t pixels[4] = {value, value, value, value};
    fixture_encode_plain_png(out, pixels, 2, 2, 1);
}

static inline void assert_load_fails(const mx_data_spec *spec, const mx_source_spec *sources,
                                     int n_sources, const char *reason) {
    mx_dataset data;
    assert_int_equal(mx_dataset_load(&data, spec, sources, n_sources), MX_DATA);
    if (!strstr(mx_error(), reason)) fail_msg("'%s' is not in: %s", reason, mx_error());
    assert_null(data.pixels);
    assert_null(data.class_names);
}

static inline void load(mx_dataset *out, const mx_data_spec *spec, const mx_source_spec *sources,
                        int n_sources) {
    if (mx_dataset_load(out, spec, sources, n_sources) != MX_OK) fail_msg("%s", mx_error());
}

/* The pictures are those of these values, in order, with these labels. */
static inline void assert_pictures(const mx_dataset *data, const uint8_t *values,
                                   const int32_t *labels, size_t count) {
    assert_int_equal(data->n_pictures, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(data->pixels[4 * i], values[i]);
        assert_int_equal(data->labels[i], labels[i]);
    }
}

#endif
