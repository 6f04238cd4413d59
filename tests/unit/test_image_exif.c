/* EXIF orientation, and JPEG decoded at a part of its size. */
#include "unit/fixture.h"

#include <zlib.h>

#include "io/image.h"

enum { TIFF_BYTES = 26 };

static void put_16(uint8_t *at, bool big_endian, unsigned value) {
    at[big_endian ? 0 : 1] = (uint8_t)(value >> 8);
    at[big_endian ? 1 : 0] = (uint8_t)value;
}

/* A TIFF block with the orientation as its only entry. */
static void write_tiff(uint8_t out[TIFF_BYTES], bool big_endian, unsigned orientation) {
    memset(out, 0, TIFF_BYTES);
    memcpy(out, big_endian ? "MM\0*\0\0\0\10" : "II*\0\10\0\0\0", 8);
    put_16(out + 8, big_endian, 1);
    put_16(out + 10, big_endian, 0x0112);
    put_16(out + 12, big_endian, 3);
    put_16(out + (big_endian ? 16 : 14), big_endian, 1);
    put_16(out + 18, big_endian, orientation);
}

/* Puts an eXIf chunk behind the header of a PNG. */
static void png_with_exif(mx_buf *out, const mx_buf *png, const void *tiff, size_t count) {
    enum { HEADER_END = 33 };
    uint8_t length[4], sum[4];
    mx_buf chunk = {0};
    mx_buf_append(&chunk, "eXIf", 4);
    mx_buf_append(&chunk, tiff, count);
    png_save_uint_32(length, (png_uint_32)count);
    png_save_uint_32(sum, (png_uint_32)crc32(0, (const Bytef *)chunk.data, (uInt)chunk.length));
    mx_buf_append(out, png->data, HEADER_END);
    mx_buf_append(out, length, 4);
    mx_buf_append(out, chunk.data, chunk.length);
    mx_buf_append(out, sum, 4);
    mx_buf_append(out, png->data + HEADER_END, png->length - HEADER_END);
    mx_buf_release(&chunk);
}

/* Puts an APP1 marker behind the start of a JPEG. */
static void jpeg_with_exif(mx_buf *out, const mx_buf *jpeg, const void *tiff, size_t count) {
    const size_t length = 2 + 6 + count;
    const uint8_t marker[4] = {0xFF, 0xE1, (uint8_t)(length >> 8), (uint8_t)length};
    mx_buf_append(out, jpeg->data, 2);
    mx_buf_append(out, marker, sizeof marker);
    mx_buf_append(out, "Exif\0\0", 6);
    mx_buf_append(out, tiff, count);
    mx_buf_append(out, jpeg->data + 2, jpeg->length - 2);
}

/* The orientations of "123 / 456", from the definition in the EXIF standard. */
static const char *const shown[9] = {"",       "123456", "321654", "654321", "456123",
                                     "142536", "415263", "635241", "362514"};

static void assert_shown(const mx_buf *file, bool exif, int orientation) {
    const mx_image_input in = {
        .name = "FILE", .bytes = file->data, .count = file->length, .exif = exif};
    mx_image image;
    assert_int_equal(mx_image_decode(&image, &in, 1), MX_OK);
    assert_int_equal(image.height, orientation >= 5 ? 3 : 2);
    assert_int_equal(image.width, orientation >= 5 ? 2 : 3);
    assert_memory_equal(image.pixels, shown[orientation], 6);
    mx_image_release(&image);
}

static void every_orientation_is_applied_in_both_byte_orders(void **state) {
    (void)state;
    mx_buf png = {0};
    uint8_t tiff[TIFF_BYTES];
    fixture_encode_plain_png(&png, "123456", 2, 3, 1);
    for (int i = 0; i < 2 * 8; i++) {
        mx_buf file = {0};
        write_tiff(tiff, i % 2, (unsigned)(1 + i / 2));
        png_with_exif(&file, &png, tiff, sizeof tiff);
        assert_shown(&file, true, 1 + i / 2);
        assert_shown(&file, false, 1);
        mx_buf_release(&file);
    }
    mx_buf_release(&png);
}

static void damaged_exif_leaves_the_picture_as_it_is(void **state) {
    (void)state;
    mx_buf png = {0};
    uint8_t tiff[TIFF_BYTES];
    fixture_encode_plain_png(&png, "123456", 2, 3, 1);
    const struct {
        size_t at;
        unsigned value; /* two bytes, big endian */
    } damage[] = {{0, 0x4D00},  {2, 0},  {4, 0xFFFF}, {6, 0xFFFF},
                  {10, 0x0113}, {12, 4}, {18, 0},     {18, 9}};
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        mx_buf file = {0};
        write_tiff(tiff, true, 6);
        put_16(tiff + damage[i].at, true, damage[i].value);
        png_with_exif(&file, &png, tiff, sizeof tiff);
        assert_shown(&file, true, 1);
        mx_buf_release(&file);
    }
    for (size_t length = 1; length < TIFF_BYTES - 4; length++) {
        mx_buf file = {0};
        write_tiff(tiff, true, 6);
        png_with_exif(&file, &png, tiff, length);
        assert_shown(&file, true, 1);
        mx_buf_release(&file);
    }
    write_tiff(tiff, true, 6);
    put_16(tiff + 8, true, 0xFFFF);
    put_16(tiff + 10, true, 0x0100);
    mx_buf many = {0};
    png_with_exif(&many, &png, tiff, sizeof tiff);
    assert_shown(&many, true, 1);
    mx_buf_release(&many);
    mx_buf_release(&png);
}

/* A grey JPEG whose left half is dark. */
static void encode_halves(mx_buf *out, uint32_t height, uint32_t width) {
    uint8_t *pixels = malloc((size_t)height * width);
    assert_non_null(pixels);
    for (uint32_t i = 0; i < height * width; i++)
        pixels[i] = i % width < width / 2 ? 20 : 220;
    const fixture_jpeg jpeg = {.width = width,
                               .height = height,
                               .channels = 1,
                               .given = JCS_GRAYSCALE,
                               .stored = JCS_GRAYSCALE,
                               .pixels = pixels};
    fixture_encode_jpeg(out, &jpeg);
    free(pixels);
}

static void exif_of_a_jpeg_is_applied(void **state) {
    (void)state;
    mx_buf jpeg = {0}, file = {0};
    uint8_t tiff[TIFF_BYTES];
    mx_image image;
    encode_halves(&jpeg, 16, 32);
    write_tiff(tiff, false, 8);
    jpeg_with_exif(&file, &jpeg, tiff, sizeof tiff);
    const mx_image_input in = {
        .name = "FILE", .bytes = file.data, .count = file.length, .exif = true};
    assert_int_equal(mx_image_decode(&image, &in, 1), MX_OK);
    assert_int_equal(image.height, 32);
    assert_int_equal(image.width, 16);
    /* Turned to the left, the dark half is below. */
    assert_true(image.pixels[0] > 200 && image.pixels[31 * 16] < 40);
    mx_image_release(&image);
    mx_buf_release(&jpeg);
    mx_buf_release(&file);
}

static void assert_decoded_size(const mx_buf *file, int least_height, int least_width, int height,
                                int width) {
    const mx_image_input in = {.name = "FILE",
                               .bytes = file->data,
                               .count = file->length,
                               .exif = true,
                               .least_height = least_height,
                               .least_width = least_width};
    mx_image image;
    assert_int_equal(mx_image_decode(&image, &in, 1), MX_OK);
    assert_int_equal(image.height, height);
    assert_int_equal(image.width, width);
    mx_image_release(&image);
}

static void a_jpeg_comes_as_small_as_is_allowed(void **state) {
    (void)state;
    mx_buf jpeg = {0}, turned = {0}, png = {0};
    uint8_t tiff[TIFF_BYTES];
    encode_halves(&jpeg, 64, 160);
    assert_decoded_size(&jpeg, 0, 0, 64, 160);
    assert_decoded_size(&jpeg, 33, 10, 64, 160);
    assert_decoded_size(&jpeg, 32, 80, 32, 80);
    assert_decoded_size(&jpeg, 32, 81, 64, 160);
    assert_decoded_size(&jpeg, 16, 17, 16, 40);
    assert_decoded_size(&jpeg, 1, 1, 8, 20);
    write_tiff(tiff, false, 6);
    jpeg_with_exif(&turned, &jpeg, tiff, sizeof tiff);
    assert_decoded_size(&turned, 80, 32, 80, 32);
    assert_decoded_size(&turned, 32, 80, 160, 64);
    fixture_encode_plain_png(&png, "123456", 2, 3, 1);
    assert_decoded_size(&png, 1, 1, 2, 3);
    mx_buf_release(&jpeg);
    mx_buf_release(&turned);
    mx_buf_release(&png);
}

static void the_pixel_limit_is_that_of_the_whole_picture(void **state) {
    (void)state;
    mx_buf jpeg = {0};
    mx_image image;
    encode_halves(&jpeg, 64, 64);
    const mx_image_input in = {.name = "FILE",
                               .bytes = jpeg.data,
                               .count = jpeg.length,
                               .least_height = 8,
                               .least_width = 8,
                               .max_pixels = 64 * 64 - 1};
    assert_int_equal(mx_image_decode(&image, &in, 1), MX_DATA);
    mx_buf_release(&jpeg);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_orientation_is_applied_in_both_byte_orders),
        cmocka_unit_test(damaged_exif_leaves_the_picture_as_it_is),
        cmocka_unit_test(exif_of_a_jpeg_is_applied),
        cmocka_unit_test(a_jpeg_comes_as_small_as_is_allowed),
        cmocka_unit_test(the_pixel_limit_is_that_of_the_whole_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
