/* Files of weights: what is written reads back, and nothing damaged gets in or brings the reader
 * down. */
#include "unit/fixture.h"

#include "io/tensorfile.h"

static char path[FIXTURE_PATH];

static const float numbers[] = {1.0f, -2.5f, 3e38f, 1e-40f, 0.0f, 6.0f};
static const mx_file_tensor tensors[] = {
    {.name = "conv.weight", .rank = 4, .dims = {1, 3, 1, 2}, .data = numbers, .count = 6},
    {.name = "empty", .rank = 2, .dims = {0, 7}, .data = numbers, .count = 0},
    {.name = "scalar", .rank = 0, .data = numbers + 2, .count = 1},
    {.name = "eight \"dims\" \xc3\xa9",
     .rank = 8,
     .dims = {1, 1, 1, 1, 1, 1, 1, 2},
     .data = numbers,
     .count = 2},
};
static const mx_file_note notes[] = {
    {"model", "wrn-10-1"}, {"quote", "\"\\\n\xc3\xa9"}, {"none", ""}};

enum { N_TENSORS = sizeof tensors / sizeof *tensors, N_NOTES = sizeof notes / sizeof *notes };

static mx_status read_status(void) {
    mx_tensorfile file;
    const mx_status status = mx_tensorfile_read(&file, path);
    mx_tensorfile_release(&file);
    return status;
}

/* Writes header and data as they are, with the header's length before them. */
static void write_raw(const char *folder, const char *header, const void *data, size_t data_bytes) {
    mx_buf bytes = {0};
    const size_t length = strlen(header);
    for (int i = 0; i < 8; i++)
        mx_buf_append(&bytes, &(const char){(char)(length >> 8 * i)}, 1);
    mx_buf_puts(&bytes, header);
    mx_buf_append(&bytes, data, data_bytes);
    assert_int_equal(mx_buf_check(&bytes), MX_OK);
    fixture_write(folder, "raw", bytes.data, bytes.length);
    fixture_path(path, folder, "raw");
    mx_buf_release(&bytes);
}

/* Reads `header` (padded to a multiple of 8) before four floats. */
static mx_status status_of(const char *folder, const char *header) {
    char padded[1024];
    const size_t length = (strlen(header) + 7) / 8 * 8;
    assert_true(snprintf(padded, sizeof padded, "%-*s", (int)length, header) < (int)sizeof padded);
    write_raw(folder, padded, numbers, 16);
    return read_status();
}

static void write_good(const char *folder, mx_buf *bytes) {
    fixture_path(path, folder, "good");
    assert_int_equal(mx_tensorfile_write(path, tensors, N_TENSORS, notes, N_NOTES), MX_OK);
    assert_int_equal(mx_read_file(bytes, path, 1 << 20), MX_OK);
}

static void what_is_written_reads_back(void **state) {
    mx_buf bytes = {0};
    mx_tensorfile file;
    write_good(*state, &bytes);
    assert_int_equal(mx_tensorfile_read(&file, path), MX_OK);
    assert_int_equal(file.n_tensors, N_TENSORS);
    for (int i = 0; i < N_TENSORS; i++) {
        const mx_file_tensor *got = mx_tensorfile_find(&file, tensors[i].name);
        assert_non_null(got);
        assert_int_equal(got->rank, tensors[i].rank);
        assert_memory_equal(got->dims, tensors[i].dims, sizeof got->dims);
        assert_int_equal(got->count, tensors[i].count);
        assert_memory_equal(got->data, tensors[i].data, got->count * sizeof *got->data);
        assert_int_equal((uintptr_t)got->data % sizeof(float), 0);
    }
    for (int i = 0; i < N_NOTES; i++)
        assert_string_equal(mx_tensorfile_note(&file, notes[i].key), notes[i].text);
    assert_null(mx_tensorfile_find(&file, "conv"));
    assert_null(mx_tensorfile_note(&file, "Model"));
    mx_tensorfile_release(&file);
    mx_buf_release(&bytes);
}

static void a_file_of_nothing_reads_back(void **state) {
    mx_tensorfile file;
    fixture_path(path, *state, "nothing");
    assert_int_equal(mx_tensorfile_write(path, NULL, 0, NULL, 0), MX_OK);
    assert_int_equal(mx_tensorfile_read(&file, path), MX_OK);
    assert_int_equal(file.n_tensors, 0);
    assert_int_equal(file.n_notes, 0);
    mx_tensorfile_release(&file);
}

static void a_file_cut_anywhere_is_refused(void **state) {
    mx_buf bytes = {0};
    write_good(*state, &bytes);
    fixture_path(path, *state, "cut");
    for (size_t length = 0; length < bytes.length; length++) {
        fixture_write(*state, "cut", bytes.data, length);
        assert_int_equal(read_status(), MX_DATA);
        assert_non_null(strstr(mx_error(), "cut'"));
    }
    mx_buf_release(&bytes);
}

static void bytes_after_the_last_tensor_are_refused(void **state) {
    mx_buf bytes = {0};
    write_good(*state, &bytes);
    for (int i = 0; i < 9; i++) {
        mx_buf_append(&bytes, "", 1);
        fixture_write(*state, "long", bytes.data, bytes.length);
        fixture_path(path, *state, "long");
        assert_int_equal(read_status(), MX_DATA);
    }
    mx_buf_release(&bytes);
}

static void a_damaged_byte_never_brings_the_reader_down(void **state) {
    static const char damages[] = {0, '"', '9', '\xff'};
    mx_buf bytes = {0};
    write_good(*state, &bytes);
    fixture_path(path, *state, "damaged");
    for (size_t at = 0; at < bytes.length; at++)
        for (size_t i = 0; i < sizeof damages; i++) {
            const char kept = bytes.data[at];
            bytes.data[at] = damages[i];
            fixture_write(*state, "damaged", bytes.data, bytes.length);
            bytes.data[at] = kept;
            const mx_status status = read_status();
            assert_true(status == MX_OK || status == MX_DATA);
        }
    mx_buf_release(&bytes);
}

#define TENSOR(shape, offsets)                                                                     \
    "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void tensors_may_come_in_any_order(void **state) {
    assert_int_equal(
        status_of(*state, "{\"b\":" TENSOR("[3]", "[4,16]") ",\"a\":" TENSOR("[1]", "[0,4]") "}"),
        MX_OK);
    assert_int_equal(status_of(*state, "{\"a\":" TENSOR("[1]", "[0,4]") ",\"c\":" TENSOR(
                                           "[3]", "[4,16]") ",\"b\":" TENSOR("[0]", "[4,4]") "}"),
                     MX_OK);
}

static void holes_and_overlaps_are_refused(void **state) {
    static const char *const headers[] = {
        "{\"a\":" TENSOR("[1]", "[0,4]") ",\"b\":" TENSOR("[2]", "[8,16]") "}",
        "{\"a\":" TENSOR("[2]", "[0,8]") ",\"b\":" TENSOR("[3]", "[4,16]") "}",
        "{\"a\":" TENSOR("[4]", "[0,16]") ",\"b\":" TENSOR("[4]", "[0,16]") "}",
        "{\"a\":" TENSOR("[3]", "[4,16]") "}",
        "{\"a\":" TENSOR("[3]", "[0,12]") "}",
        "{\"a\":" TENSOR("[5]", "[0,20]") "}",
        "{}",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_int_equal(status_of(*state, headers[i]), MX_DATA);
}

static void sizes_that_do_not_fit_the_shape_are_refused(void **state) {
    static const char *const headers[] = {
        "{\"a\":" TENSOR("[3]", "[0,16]") "}",
        "{\"a\":" TENSOR("[2,3]", "[0,16]") "}",
        "{\"a\":" TENSOR("[]", "[0,16]") "}",
        "{\"a\":" TENSOR("[-4]", "[0,16]") "}",
        "{\"a\":" TENSOR("[4.0]", "[0,16]") "}",
        "{\"a\":" TENSOR("[\"4\"]", "[0,16]") "}",
        "{\"a\":" TENSOR("4", "[0,16]") "}",
        "{\"a\":" TENSOR("[4294967296,4294967296]", "[0,16]") "}",
        "{\"a\":" TENSOR("[4611686018427387908]", "[0,16]") "}",
        "{\"a\":" TENSOR("[1,1,1,1,1,1,1,1,4]", "[0,16]") "}",
        "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,16]}}",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_int_equal(status_of(*state, headers[i]), MX_DATA);
}

static void offsets_must_be_two_whole_numbers(void **state) {
    static const char *const headers[] = {
        "{\"a\":" TENSOR("[4]", "[\"0\",16]") "}",
        "{\"a\":" TENSOR("[4]", "[0.0,16]") "}",
        "{\"a\":" TENSOR("[4]", "[16]") "}",
        "{\"a\":" TENSOR("[4]", "[0,16,32]") "}",
        "{\"a\":" TENSOR("[4]", "[16,0]") "}",
        "{\"a\":" TENSOR("[4]", "[-16,0]") "}",
        "{\"a\":" TENSOR("[4]", "{}") "}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4]}}",
        "{\"a\":7}",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_int_equal(status_of(*state, headers[i]), MX_DATA);
}

static void other_types_are_refused_by_name(void **state) {
    static const char *const types[] = {"\"F16\"", "\"I32\"", "\"f32\"", "\"\"", "32", "null"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char header[256];
        snprintf(header, sizeof header,
                 "{\"fc.bias\":{\"dtype\":%s,\"shape\":[4],\"data_offsets\":[0,16]}}", types[i]);
        assert_int_equal(status_of(*state, header), MX_DATA);
        assert_non_null(strstr(mx_error(), "'fc.bias' is not of dtype F32"));
    }
}

static void a_name_that_comes_twice_is_refused(void **state) {
    assert_int_equal(
        status_of(*state, "{\"a\":" TENSOR("[2]", "[0,8]") ",\"a\":" TENSOR("[2]", "[8,16]") "}"),
        MX_DATA);
}

static void headers_that_are_not_an_object_are_refused(void **state) {
    static const char *const headers[] = {
        "", "[]", "null", "{", "{}}", "\xff\xfe{}", "{\"a\\u0000\":1}"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_int_equal(status_of(*state, headers[i]), MX_DATA);
}

static void a_header_longer_than_the_file_is_refused(void **state) {
    static const unsigned char lengths[][8] = {{255, 255, 255, 255, 255, 255, 255, 255},
                                               {0, 0, 0, 0, 0, 0, 0, 128},
                                               {248, 255, 255, 255, 255, 255, 255, 127},
                                               {0, 0, 64, 6},
                                               {8}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        fixture_write(*state, "huge", lengths[i], sizeof lengths[i]);
        fixture_path(path, *state, "huge");
        assert_int_equal(read_status(), MX_DATA);
    }
}

static void deep_headers_do_not_exhaust_the_stack(void **state) {
    enum { DEPTH = 1 << 20 };
    char *header = malloc(DEPTH + 1);
    assert_non_null(header);
    memset(header, '[', DEPTH);
    header[DEPTH] = '\0';
    write_raw(*state, header, numbers, 16);
    assert_int_equal(read_status(), MX_DATA);
    free(header);
}

static void missing_files_and_folders_are_refused(void **state) {
    fixture_path(path, *state, "none");
    assert_int_equal(read_status(), MX_DATA);
    snprintf(path, sizeof path, "%s", (const char *)*state);
    assert_int_equal(read_status(), MX_DATA);
}

static void a_place_that_cannot_be_written_is_a_write_error(void **state) {
    fixture_path(path, *state, "no/such/folder/file");
    assert_int_equal(mx_tensorfile_write(path, tensors, N_TENSORS, notes, N_NOTES), MX_WRITE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(a_file_of_nothing_reads_back),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(bytes_after_the_last_tensor_are_refused),
        cmocka_unit_test(a_damaged_byte_never_brings_the_reader_down),
        cmocka_unit_test(tensors_may_come_in_any_order),
        cmocka_unit_test(holes_and_overlaps_are_refused),
        cmocka_unit_test(sizes_that_do_not_fit_the_shape_are_refused),
        cmocka_unit_test(offsets_must_be_two_whole_numbers),
        cmocka_unit_test(other_types_are_refused_by_name),
        cmocka_unit_test(a_name_that_comes_twice_is_refused),
        cmocka_unit_test(headers_that_are_not_an_object_are_refused),
        cmocka_unit_test(a_header_longer_than_the_file_is_refused),
        cmocka_unit_test(deep_headers_do_not_exhaust_the_stack),
        cmocka_unit_test(missing_files_and_folders_are_refused),
        cmocka_unit_test(a_place_that_cannot_be_written_is_a_write_error),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
