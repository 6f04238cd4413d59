#include "unit/fixture.h"

#include <zlib.h>

#include "io/image.h"

static mx_status decode(mx_image *out, const mx_buf *file, int channels, uint64_t max_pixels) {
    const mx_image_input in = {
        .name = "FILE", .bytes = file->data, .count = file->length, .max_pixels = max_pixels};
    return mx_image_decode(out, &in, channels);
}

static void assert_pixels(const mx_buf *file, int channels, int height, int width,
                          const uint8_t *expected) {
    mx_image image;
    assert_int_equal(decode(&image, file, channels, 0), MX_OK);
    assert_int_equal(image.height, height);
    assert_int_equal(image.width, width);
    assert_int_equal(image.channels, channels);
    assert_memory_equal(image.pixels, expected, (size_t)height * (size_t)width * (size_t)channels);
    mx_image_release(&image);
}

static void assert_fails(const mx_buf *file, const char *reason) {
    mx_image image;
    assert_int_equal(decode(&image, file, 3, 0), MX_DATA);
    assert_null(image.pixels);
    assert_non_null(strstr(mx_error(), "cannot decode 'FILE': "));
    assert_non_null(strstr(mx_error(), reason));
    assert_null(strchr(mx_error(), '\n'));
}

/* A 5 x 3 ramp whose bytes all differ. */
static void fill_ramp(uint8_t *out, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = (uint8_t)(3 + 5 * i);
}

static void rgb_png_is_read_exactly_and_as_luma(void **state) {
    (void)state;
    mx_buf file = {0};
    uint8_t rgb[45], grey[15];
    fill_ramp(rgb, sizeof rgb);
    for (size_t i = 0; i < 15; i++)
        grey[i] = (uint8_t)((19595u * rgb[3 * i] + 38470u * rgb[3 * i + 1] +
                             7471u * rgb[3 * i + 2] + 0x8000u) >>
                            16);
    fixture_encode_plain_png(&file, rgb, 3, 5, 3);
    assert_pixels(&file, 3, 3, 5, rgb);
    assert_pixels(&file, 1, 3, 5, grey);
    mx_buf_release(&file);
}

static void grey_png_is_replicated_to_rgb(void **state) {
    (void)state;
    mx_buf file = {0};
    uint8_t rgb[45], grey[15];
    fill_ramp(grey, sizeof grey);
    for (size_t i = 0; i < 45; i++)
        rgb[i] = grey[i / 3];
    fixture_encode_plain_png(&file, grey, 3, 5, 1);
    assert_pixels(&file, 1, 3, 5, grey);
    assert_pixels(&file, 3, 3, 5, rgb);
    mx_buf_release(&file);
}

static void interlaced_png_equals_plain_png(void **state) {
    (void)state;
    mx_buf file = {0};
    uint8_t rgb[17 * 19 * 3];
    fill_ramp(rgb, sizeof rgb);
    const fixture_png png = {.width = 19,
                             .height = 17,
                             .bit_depth = 8,
                             .colour = PNG_COLOR_TYPE_RGB,
                             .interlaced = true,
                             .pixels = rgb,
                             .row_bytes = 19 * 3};
    fixture_encode_png(&file, &png);
    assert_pixels(&file, 3, 17, 19, rgb);
    mx_buf_release(&file);
}

static void grey_of_few_bits_is_scaled_to_the_full_range(void **state) {
    (void)state;
    const uint8_t row = 0x1B; /* samples 0 1 2 3 of 2 bits, 1 11 of 4, 00011011 of 1 */
    const uint8_t as_2[] = {0, 85, 170, 255}, as_4[] = {17, 187}, as_1[] = {0, 0, 0, 255};
    const uint8_t *expected[] = {as_1, as_2, as_4};
    const int bits[] = {1, 2, 4}, widths[] = {4, 4, 2};
    for (int i = 0; i < 3; i++) {
        mx_buf file = {0};
        const fixture_png png = {.width = (uint32_t)widths[i],
                                 .height = 1,
                                 .bit_depth = bits[i],
                                 .colour = PNG_COLOR_TYPE_GRAY,
                                 .pixels = &row,
                                 .row_bytes = 1};
        fixture_encode_png(&file, &png);
        assert_pixels(&file, 1, 1, widths[i], expected[i]);
        mx_buf_release(&file);
    }
}

static void sixteen_bit_png_keeps_the_high_byte(void **state) {
    (void)state;
    mx_buf file = {0};
    const uint8_t pixels[12] = {0x12, 0xFF, 0x00, 0xFF, 0xFF, 0x00, 0x80, 0x80, 1, 0, 2, 3};
    const uint8_t expected[6] = {0x12, 0x00, 0xFF, 0x80, 1, 2};
    const fixture_png png = {.width = 2,
                             .height = 1,
                             .bit_depth = 16,
                             .colour = PNG_COLOR_TYPE_RGB,
                             .pixels = pixels,
                             .row_bytes = 12};
    fixture_encode_png(&file, &png);
    assert_pixels(&file, 3, 1, 2, expected);
    mx_buf_release(&file);
}

static void transparent_pixels_are_composited_on_black(void **state) {
    (void)state;
    mx_buf file = {0};
    const uint8_t pixels[12] = {200, 100, 50, 255, 200, 100, 50, 0, 200, 100, 50, 128};
    const uint8_t expected[9] = {200, 100, 50, 0, 0, 0, 100, 50, 25};
    const fixture_png png = {.width = 3,
                             .height = 1,
                             .bit_depth = 8,
                             .colour = PNG_COLOR_TYPE_RGB_ALPHA,
                             .pixels = pixels,
                             .row_bytes = 12};
    fixture_encode_png(&file, &png);
    assert_pixels(&file, 3, 1, 3, expected);
    mx_buf_release(&file);
}

static void palette_png_is_read_with_its_transparency(void **state) {
    (void)state;
    mx_buf file = {0};
    const png_color palette[3] = {{10, 20, 30}, {255, 0, 0}, {0, 0, 200}};
    const uint8_t alphas[2] = {255, 0}, pixels[4] = {2, 1, 0, 2};
    const uint8_t expected[12] = {0, 0, 200, 0, 0, 0, 10, 20, 30, 0, 0, 200};
    const fixture_png png = {.width = 4,
                             .height = 1,
                             .bit_depth = 8,
                             .colour = PNG_COLOR_TYPE_PALETTE,
                             .palette = palette,
                             .n_palette = 3,
                             .alphas = alphas,
                             .n_alphas = 2,
                             .pixels = pixels,
                             .row_bytes = 4};
    fixture_encode_png(&file, &png);
    assert_pixels(&file, 3, 1, 4, expected);
    mx_buf_release(&file);
}

static void a_transparent_grey_becomes_black(void **state) {
    (void)state;
    mx_buf file = {0};
    const uint8_t pixels[3] = {9, 77, 200}, expected[3] = {9, 0, 200};
    const png_color_16 transparent = {.gray = 77};
    const fixture_png png = {.width = 3,
                             .height = 1,
                             .bit_depth = 8,
                             .colour = PNG_COLOR_TYPE_GRAY,
                             .transparent = &transparent,
                             .pixels = pixels,
                             .row_bytes = 3};
    fixture_encode_png(&file, &png);
    assert_pixels(&file, 1, 1, 3, expected);
    mx_buf_release(&file);
}

/* A smooth picture, so that JPEG of quality 100 is within `slack` of it. */
static void assert_jpeg_is_close(const fixture_jpeg *jpeg, int channels, const uint8_t *expected,
                                 int slack) {
    mx_buf file = {0};
    mx_image image;
    fixture_encode_jpeg(&file, jpeg);
    assert_int_equal(decode(&image, &file, channels, 0), MX_OK);
    assert_int_equal(image.width, jpeg->width);
    assert_int_equal(image.height, jpeg->height);
    const size_t count = (size_t)jpeg->width * jpeg->height * (size_t)channels;
    for (size_t i = 0; i < count; i++)
        assert_true(abs(image.pixels[i] - expected[i]) <= slack);
    mx_image_release(&image);
    mx_buf_release(&file);
}

enum { JPEG_HEIGHT = 21, JPEG_WIDTH = 18, JPEG_PIXELS = JPEG_HEIGHT * JPEG_WIDTH };

static void fill_smooth(uint8_t *out, int channels) {
    for (int i = 0; i < JPEG_PIXELS; i++)
        for (int c = 0; c < channels; c++)
            out[i * channels + c] = (uint8_t)(40 + 50 * c + 3 * (i % JPEG_WIDTH) + i / JPEG_WIDTH);
}

static void jpeg_of_every_kind_is_read(void **state) {
    (void)state;
    uint8_t rgb[JPEG_PIXELS * 3], grey[JPEG_PIXELS], replicated[JPEG_PIXELS * 3];
    fixture_jpeg jpeg = {.width = JPEG_WIDTH, .height = JPEG_HEIGHT};
    fill_smooth(rgb, 3);
    fill_smooth(grey, 1);
    mx_image_convert(replicated, 3, grey, 1, JPEG_PIXELS);
    for (int progressive = 0; progressive < 2; progressive++) {
        jpeg.progressive = progressive;
        jpeg.given = JCS_RGB, jpeg.channels = 3, jpeg.pixels = rgb;
        jpeg.stored = JCS_YCbCr;
        assert_jpeg_is_close(&jpeg, 3, rgb, 4);
        jpeg.stored = JCS_RGB;
        assert_jpeg_is_close(&jpeg, 3, rgb, 2);
        jpeg.given = jpeg.stored = JCS_GRAYSCALE, jpeg.channels = 1, jpeg.pixels = grey;
        assert_jpeg_is_close(&jpeg, 1, grey, 2);
        assert_jpeg_is_close(&jpeg, 3, replicated, 2);
    }
}

/* Adobe stores 255 - ink, so that with 255 in the last channel (no black) the rest is RGB. */
static void cmyk_jpeg_is_read_as_adobe_stores_it(void **state) {
    (void)state;
    uint8_t rgb[JPEG_PIXELS * 3], cmyk[JPEG_PIXELS * 4];
    fill_smooth(rgb, 3);
    for (size_t i = 0; i < JPEG_PIXELS; i++) {
        memcpy(cmyk + 4 * i, rgb + 3 * i, 3);
        cmyk[4 * i + 3] = 255;
    }
    fixture_jpeg jpeg = {.width = JPEG_WIDTH,
                         .height = JPEG_HEIGHT,
                         .channels = 4,
                         .given = JCS_CMYK,
                         .stored = JCS_CMYK,
                         .pixels = cmyk};
    assert_jpeg_is_close(&jpeg, 3, rgb, 3);
    jpeg.stored = JCS_YCCK;
    assert_jpeg_is_close(&jpeg, 3, rgb, 5);
    for (size_t i = 0; i < JPEG_PIXELS; i++)
        cmyk[4 * i + 3] = 0;
    memset(rgb, 0, sizeof rgb);
    assert_jpeg_is_close(&jpeg, 3, rgb, 3);
}

static void a_file_cut_anywhere_is_an_error(void **state) {
    (void)state;
    uint8_t rgb[JPEG_PIXELS * 3];
    mx_buf files[3] = {{0}};
    fixture_jpeg jpeg = {.width = JPEG_WIDTH,
                         .height = JPEG_HEIGHT,
                         .channels = 3,
                         .given = JCS_RGB,
                         .stored = JCS_YCbCr,
                         .pixels = rgb};
    fill_smooth(rgb, 3);
    fixture_encode_plain_png(&files[0], rgb, JPEG_HEIGHT, JPEG_WIDTH, 3);
    fixture_encode_jpeg(&files[1], &jpeg);
    jpeg.progressive = true;
    fixture_encode_jpeg(&files[2], &jpeg);
    for (int i = 0; i < 3; i++) {
        const size_t whole = files[i].length;
        for (size_t length = 0; length < whole; length++) {
            /* A copy of the exact size lets the sanitizer see any read beyond the end. */
            mx_buf cut = {.data = malloc(length ? length : 1), .length = length};
            assert_non_null(cut.data);
            memcpy(cut.data, files[i].data, length);
            assert_fails(&cut, length == 0 ? "empty" : "");
            free(cut.data);
        }
        mx_buf_release(&files[i]);
    }
}

static void damaged_files_never_crash(void **state) {
    (void)state;
    uint8_t rgb[JPEG_PIXELS * 3];
    uint32_t random = 12345;
    mx_buf files[2] = {{0}};
    const fixture_jpeg jpeg = {.width = JPEG_WIDTH,
                               .height = JPEG_HEIGHT,
                               .channels = 3,
                               .given = JCS_RGB,
                               .stored = JCS_YCbCr,
                               .progressive = true,
                               .pixels = rgb};
    fill_smooth(rgb, 3);
    fixture_encode_plain_png(&files[0], rgb, JPEG_HEIGHT, JPEG_WIDTH, 3);
    fixture_encode_jpeg(&files[1], &jpeg);
    for (int i = 0; i < 4000; i++) {
        mx_buf *file = &files[i % 2];
        mx_image image;
        random = random * 1664525u + 1013904223u;
        char *byte = &file->data[(random >> 8) % file->length];
        const char kept = *byte;
        *byte = (char)(kept ^ (char)(1 + random % 255));
        if (decode(&image, file, 1, 1 << 20) == MX_OK) mx_image_release(&image);
        assert_null(image.pixels);
        *byte = kept;
    }
    mx_buf_release(&files[0]);
    mx_buf_release(&files[1]);
}

static void other_formats_are_named_as_such(void **state) {
    (void)state;
    const char *contents[] = {"GIF89a", "hello", "\xFF\xD8", "\x89PNG\r\n", "BM", "RIFF1234WEBP"};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        mx_buf file = {0};
        mx_buf_puts(&file, contents[i]);
        assert_fails(&file, "neither a JPEG nor a PNG file");
        mx_buf_release(&file);
    }
    assert_fails(&(mx_buf){0}, "the file is empty");
}

/* IHDR sizes lie at bytes 16 to 23, its checksum at 29. */
static void set_png_size(mx_buf *file, uint32_t width, uint32_t height) {
    uint8_t *bytes = (uint8_t *)file->data;
    png_save_uint_32(bytes + 16, width);
    png_save_uint_32(bytes + 20, height);
    png_save_uint_32(bytes + 29, (png_uint_32)crc32(0, bytes + 12, 17));
}

static void huge_sizes_are_refused_before_memory_is_asked_for(void **state) {
    (void)state;
    mx_buf png = {0}, jpeg_file = {0};
    uint8_t rgb[JPEG_PIXELS * 3];
    const fixture_jpeg jpeg = {.width = JPEG_WIDTH,
                               .height = JPEG_HEIGHT,
                               .channels = 3,
                               .given = JCS_RGB,
                               .stored = JCS_YCbCr,
                               .pixels = rgb};
    fill_smooth(rgb, 3);
    fixture_encode_plain_png(&png, rgb, JPEG_HEIGHT, JPEG_WIDTH, 3);
    set_png_size(&png, 65535, 65535);
    assert_fails(&png, "65535 x 65535 pixels, allowed are 1 to 178956970");
    set_png_size(&png, 0x7FFFFFFF, 0x7FFFFFFF);
    assert_fails(&png, "");
    set_png_size(&png, 0, 5);
    assert_fails(&png, "");
    fixture_encode_jpeg(&jpeg_file, &jpeg);
    uint8_t *frame = (uint8_t *)jpeg_file.data;
    while (!(frame[0] == 0xFF && frame[1] == 0xC0))
        frame++;
    memset(frame + 5, 0xFF, 4);
    assert_fails(&jpeg_file, "65500");
    frame[5] = frame[7] = 0xF0;
    assert_fails(&jpeg_file, "61695 x 61695 pixels");
    mx_buf_release(&png);
    mx_buf_release(&jpeg_file);
}

static void the_pixel_limit_is_the_callers(void **state) {
    (void)state;
    mx_buf file = {0};
    mx_image image;
    const uint8_t pixels[15] = {0};
    fixture_encode_plain_png(&file, pixels, 3, 5, 1);
    assert_int_equal(decode(&image, &file, 1, 14), MX_DATA);
    assert_int_equal(decode(&image, &file, 1, 15), MX_OK);
    mx_image_release(&image);
    mx_buf_release(&file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rgb_png_is_read_exactly_and_as_luma),
        cmocka_unit_test(grey_png_is_replicated_to_rgb),
        cmocka_unit_test(interlaced_png_equals_plain_png),
        cmocka_unit_test(grey_of_few_bits_is_scaled_to_the_full_range),
        cmocka_unit_test(sixteen_bit_png_keeps_the_high_byte),
        cmocka_unit_test(transparent_pixels_are_composited_on_black),
        cmocka_unit_test(palette_png_is_read_with_its_transparency),
        cmocka_unit_test(a_transparent_grey_becomes_black),
        cmocka_unit_test(jpeg_of_every_kind_is_read),
        cmocka_unit_test(cmyk_jpeg_is_read_as_adobe_stores_it),
        cmocka_unit_test(a_file_cut_anywhere_is_an_error),
        cmocka_unit_test(damaged_files_never_crash),
        cmocka_unit_test(other_formats_are_named_as_such),
        cmocka_unit_test(huge_sizes_are_refused_before_memory_is_asked_for),
        cmocka_unit_test(the_pixel_limit_is_the_callers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
