/* The golden file is written by scripts/make_golden_resize.py, which says what is in it. */
#include "unit/fixture.h"

#include "io/resize.h"

typedef struct golden {
    mx_buf file;
    size_t position;
} golden;

static unsigned read_u16(golden *g) {
    assert_true(g->position + 2 <= g->file.length);
    const uint8_t *at = (const uint8_t *)g->file.data + g->position;
    g->position += 2;
    return at[0] | (unsigned)at[1] << 8;
}

static uint8_t *read_pixels(golden *g, size_t count) {
    assert_true(g->position + count <= g->file.length);
    uint8_t *at = (uint8_t *)g->file.data + g->position;
    g->position += count;
    return at;
}

static void check_case(golden *g) {
    mx_image in = {0};
    in.height = (int)read_u16(g);
    in.width = (int)read_u16(g);
    const int height = (int)read_u16(g), width = (int)read_u16(g);
    in.channels = (int)read_u16(g);
    const size_t count = (size_t)height * (size_t)width * (size_t)in.channels;
    in.pixels = read_pixels(g, (size_t)in.height * (size_t)in.width * (size_t)in.channels);
    uint8_t *got = malloc(count);
    assert_non_null(got);
    assert_int_equal(mx_resize_bilinear(got, height, width, &in, MX_RESIZE_COLUMNS_FIRST), MX_OK);
    assert_memory_equal(got, read_pixels(g, count), count);
    assert_int_equal(mx_resize_bilinear(got, height, width, &in, MX_RESIZE_PILLOW_13), MX_OK);
    assert_memory_equal(got, read_pixels(g, count), count);
    free(got);
}

static void resize_equals_pillow_to_the_bit(void **state) {
    (void)state;
    golden g = {0};
    assert_int_equal(mx_read_file(&g.file, MX_TEST_DATA "/resize.bin", 1 << 20), MX_OK);
    assert_memory_equal(read_pixels(&g, 4), "MXRS", 4);
    const unsigned n_cases = read_u16(&g) | read_u16(&g) << 16;
    assert_true(n_cases >= 20);
    for (unsigned i = 0; i < n_cases; i++)
        check_case(&g);
    assert_int_equal(g.position, g.file.length);
    mx_buf_release(&g.file);
}

static void constant_pictures_stay_constant(void **state) {
    (void)state;
    uint8_t pixels[9 * 7 * 3], out[16 * 5 * 3];
    const mx_image in = {.height = 9, .width = 7, .channels = 3, .pixels = pixels};
    for (int value = 0; value < 256; value++) {
        memset(pixels, value, sizeof pixels);
        assert_int_equal(mx_resize_bilinear(out, 16, 5, &in, MX_RESIZE_PILLOW_13), MX_OK);
        for (size_t i = 0; i < sizeof out; i++)
            assert_int_equal(out[i], value);
    }
}

static void channels_do_not_mix(void **state) {
    (void)state;
    uint8_t colour[6 * 5 * 3], grey[6 * 5], colour_out[4 * 9 * 3], grey_out[4 * 9];
    const mx_image colours = {.height = 6, .width = 5, .channels = 3, .pixels = colour};
    const mx_image greys = {.height = 6, .width = 5, .channels = 1, .pixels = grey};
    for (size_t i = 0; i < sizeof colour; i++)
        colour[i] = (uint8_t)(i * 37);
    assert_int_equal(mx_resize_bilinear(colour_out, 4, 9, &colours, MX_RESIZE_PILLOW_13), MX_OK);
    for (size_t c = 0; c < 3; c++) {
        for (size_t i = 0; i < sizeof grey; i++)
            grey[i] = colour[3 * i + c];
        assert_int_equal(mx_resize_bilinear(grey_out, 4, 9, &greys, MX_RESIZE_PILLOW_13), MX_OK);
        for (size_t i = 0; i < sizeof grey_out; i++)
            assert_int_equal(grey_out[i], colour_out[3 * i + c]);
    }
}

/* Buffers of the exact size let the sanitizer see what is read or written beyond them. */
static void rgb_is_filtered_as_its_channels_are(void **state) {
    (void)state;
    static const int sizes[][4] = {{1, 1, 3, 3},    {1, 5, 2, 2},     {2, 1, 1, 4},
                                   {3, 2, 7, 9},    {7, 11, 3, 2},    {40, 33, 9, 8},
                                   {33, 64, 32, 5}, {64, 65, 11, 64}, {200, 3, 20, 1},
                                   {5, 300, 4, 7},  {50, 50, 49, 51}};
    for (size_t t = 0; t < sizeof sizes / sizeof *sizes; t++) {
        const int *size = sizes[t];
        const size_t n_in = (size_t)(size[0] * size[1]), n_out = (size_t)(size[2] * size[3]);
        uint8_t *in = malloc(3 * n_in), *out = malloc(3 * n_out);
        uint8_t *plane = malloc(n_in), *expected = malloc(n_out);
        uint32_t random = 7;
        assert_true(in && out && plane && expected);
        for (size_t i = 0; i < 3 * n_in; i++) {
            random = random * 1664525u + 1013904223u;
            in[i] = i % 5 == 0 ? 255 : (uint8_t)(random >> 24);
        }
        const mx_image rgb = {size[0], size[1], 3, in}, grey = {size[0], size[1], 1, plane};
        assert_int_equal(mx_resize_bilinear(out, size[2], size[3], &rgb, MX_RESIZE_PILLOW_13),
                         MX_OK);
        for (size_t c = 0; c < 3; c++) {
            for (size_t i = 0; i < n_in; i++)
                plane[i] = in[3 * i + c];
            assert_int_equal(
                mx_resize_bilinear(expected, size[2], size[3], &grey, MX_RESIZE_PILLOW_13), MX_OK);
            for (size_t i = 0; i < n_out; i++)
                assert_int_equal(out[3 * i + c], expected[i]);
        }
        free(in);
        free(out);
        free(plane);
        free(expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resize_equals_pillow_to_the_bit),
        cmocka_unit_test(constant_pictures_stay_constant),
        cmocka_unit_test(channels_do_not_mix),
        cmocka_unit_test(rgb_is_filtered_as_its_channels_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
