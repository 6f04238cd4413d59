#include "unit/fixture.h"

#include <zlib.h>

#include "io/idx.h"

/* Two pictures of 2 x 3. */
static const uint8_t pictures[28] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2,  0,  0,
                                     0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const uint8_t labels[11] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 255};

static const char *write_gzip(char *path, const char *folder, const char *name, const void *bytes,
                              unsigned count) {
    gzFile file = gzopen(fixture_path(path, folder, name), "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, count), count);
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}

static void assert_fails(const char *folder, const void *bytes, size_t count, const char *reason) {
    char path[FIXTURE_PATH];
    mx_idx idx;
    fixture_write(folder, "bad", bytes, count);
    assert_int_equal(mx_idx_read(&idx, fixture_path(path, folder, "bad"), 1 << 20), MX_DATA);
    assert_null(idx.bytes);
    assert_non_null(strstr(mx_error(), path));
    assert_non_null(strstr(mx_error(), reason));
}

static void plain_and_gzip_files_read_the_same(void **state) {
    char path[FIXTURE_PATH];
    fixture_write(*state, "plain", pictures, sizeof pictures);
    for (int i = 0; i < 2; i++) {
        mx_idx idx;
        if (i == 0)
            fixture_path(path, *state, "plain");
        else
            write_gzip(path, *state, "packed.gz", pictures, sizeof pictures);
        assert_int_equal(mx_idx_read(&idx, path, 12), MX_OK);
        assert_int_equal(idx.rank, 3);
        const uint32_t sizes[MX_IDX_MAX_RANK] = {2, 2, 3, 1};
        assert_memory_equal(idx.sizes, sizes, sizeof sizes);
        assert_memory_equal(idx.bytes, pictures + 16, 12);
        mx_idx_release(&idx);
    }
}

static void labels_and_colour_pictures_are_read(void **state) {
    char path[FIXTURE_PATH];
    mx_idx idx;
    const uint8_t colour[23] = {0, 0, 8, 4, 0, 0, 0, 1, 0, 0, 0, 1,
                                0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3};
    fixture_write(*state, "labels", labels, sizeof labels);
    assert_int_equal(mx_idx_read(&idx, fixture_path(path, *state, "labels"), 100), MX_OK);
    assert_int_equal(idx.rank, 1);
    assert_int_equal(idx.sizes[0], 3);
    assert_memory_equal(idx.bytes, labels + 8, 3);
    mx_idx_release(&idx);
    fixture_write(*state, "colour", colour, sizeof colour);
    assert_int_equal(mx_idx_read(&idx, fixture_path(path, *state, "colour"), 100), MX_OK);
    assert_int_equal(idx.sizes[3], 3);
    mx_idx_release(&idx);
}

static void a_file_larger_than_one_chunk_is_read(void **state) {
    enum { COUNT = 3000000 };
    char path[FIXTURE_PATH];
    mx_idx idx;
    uint8_t *bytes = calloc(1, COUNT + 8);
    assert_non_null(bytes);
    const uint8_t header[8] = {0, 0, 8, 1, 0, COUNT >> 16, (COUNT >> 8) & 255, COUNT & 255};
    memcpy(bytes, header, sizeof header);
    for (size_t i = 0; i < COUNT; i++)
        bytes[8 + i] = (uint8_t)(i * i >> 7);
    write_gzip(path, *state, "large.gz", bytes, COUNT + 8);
    assert_int_equal(mx_idx_read(&idx, path, COUNT), MX_OK);
    assert_memory_equal(idx.bytes, bytes + 8, COUNT);
    mx_idx_release(&idx);
    free(bytes);
}

static void a_file_cut_anywhere_names_the_byte(void **state) {
    for (size_t count = 0; count < sizeof pictures; count++) {
        char reason[32];
        snprintf(reason, sizeof reason, "byte %zu", count);
        assert_fails(*state, pictures, count, reason);
    }
}

static void a_gzip_file_cut_anywhere_is_an_error(void **state) {
    char path[FIXTURE_PATH];
    mx_buf whole = {0};
    write_gzip(path, *state, "whole.gz", pictures, sizeof pictures);
    assert_int_equal(mx_read_file(&whole, path, 1000), MX_OK);
    for (size_t count = 0; count < whole.length; count++)
        assert_fails(*state, whole.data, count, "cannot read");
    mx_buf_release(&whole);
}

static void damaged_gzip_data_is_an_error(void **state) {
    char path[FIXTURE_PATH];
    mx_buf whole = {0};
    write_gzip(path, *state, "whole.gz", pictures, sizeof pictures);
    assert_int_equal(mx_read_file(&whole, path, 1000), MX_OK);
    memset(whole.data + 10, 0xFF, 8);
    assert_fails(*state, whole.data, whole.length, "damaged after byte 0");
    mx_buf_release(&whole);
}

static void data_after_the_last_element_is_an_error(void **state) {
    uint8_t longer[sizeof pictures + 1] = {0};
    memcpy(longer, pictures, sizeof pictures);
    assert_fails(*state, longer, sizeof longer, "after the last element at byte 28");
}

static void headers_that_are_not_ours_are_refused(void **state) {
    uint8_t bytes[sizeof pictures];
    const struct {
        int at;
        uint8_t value;
        const char *reason;
    } cases[] = {{0, 1, "not an IDX file"},
                 {1, 0x50, "not an IDX file"},
                 {2, 0x0D, "element type 0x0d"},
                 {3, 0, "0 dimensions"},
                 {3, 2, "2 dimensions"},
                 {3, 255, "255 dimensions"},
                 {7, 0, "size 0 at byte 4"},
                 {4, 255, "exceed 1048576 elements"},
                 {8, 255, "exceed 1048576 elements"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(bytes, pictures, sizeof bytes);
        bytes[cases[i].at] = cases[i].value;
        assert_fails(*state, bytes, sizeof bytes, cases[i].reason);
    }
}

/* Only as much memory is asked for as the file can fill: this claims 2^40 elements. */
static void a_header_that_promises_too_much_costs_no_memory(void **state) {
    char path[FIXTURE_PATH];
    mx_idx idx;
    const uint8_t bytes[17] = {0, 0, 8, 3, 0, 1, 0, 0, 0, 0, 16, 0, 0, 0, 16, 0, 9};
    fixture_write(*state, "promise", bytes, sizeof bytes);
    fixture_path(path, *state, "promise");
    assert_int_equal(mx_idx_read(&idx, path, (size_t)1 << 41), MX_DATA);
    assert_non_null(strstr(mx_error(), "cut short at byte 17, the header promises 1099511627792"));
}

static void folders_and_missing_files_are_errors(void **state) {
    char path[FIXTURE_PATH];
    mx_idx idx;
    assert_int_equal(mx_idx_read(&idx, *state, 100), MX_DATA);
    assert_int_equal(mx_idx_read(&idx, fixture_path(path, *state, "absent"), 100), MX_DATA);
    assert_non_null(strstr(mx_error(), "No such file"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_and_gzip_files_read_the_same),
        cmocka_unit_test(labels_and_colour_pictures_are_read),
        cmocka_unit_test(a_file_larger_than_one_chunk_is_read),
        cmocka_unit_test(a_file_cut_anywhere_names_the_byte),
        cmocka_unit_test(a_gzip_file_cut_anywhere_is_an_error),
        cmocka_unit_test(damaged_gzip_data_is_an_error),
        cmocka_unit_test(data_after_the_last_element_is_an_error),
        cmocka_unit_test(headers_that_are_not_ours_are_refused),
        cmocka_unit_test(a_header_that_promises_too_much_costs_no_memory),
        cmocka_unit_test(folders_and_missing_files_are_errors),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
