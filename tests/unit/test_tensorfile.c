/* Files of weights: what is written reads back, and nothing damaged gets in or brings the reader
 * down. */
#include "unit/fixture.h"

#include <math.h>

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
    static const char *const types[] = {"\"F8_E4M3\"", "\"C64\"", "\"f32\"", "\"\"", "32", "null"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char header[256];
        snprintf(header, sizeof header,
                 "{\"fc.bias\":{\"dtype\":%s,\"shape\":[4],\"data_offsets\":[0,16]}}", types[i]);
        assert_int_equal(status_of(*state, header), MX_DATA);
        assert_non_null(strstr(mx_error(), "tensor 'fc.bias' "));
        assert_non_null(strstr(mx_error(), "dtype"));
    }
    status_of(*state, "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[16],\"data_offsets\":[0,16]}}");
    assert_non_null(strstr(mx_error(), "is of dtype 'F8_E4M3'; save it as F32"));
}

static void control_bytes_of_names_do_not_reach_the_message(void **state) {
    assert_int_equal(status_of(*state, "{\"a\\u001b[2J\\n\":7}"), MX_DATA);
    assert_non_null(strstr(mx_error(), "tensor 'a\\x1b[2J\\x0a' "));
    assert_null(strchr(mx_error(), '\n'));
}

/* A tensor "a" of `count` elements. */
static void read_typed(mx_tensorfile *file, const char *folder, const char *dtype, size_t count,
                       const void *data, size_t bytes) {
    char header[256];
    snprintf(header, sizeof header,
             "{\"a\":{\"dtype\":\"%s\",\"shape\":[%zu],\"data_offsets\":[0,%zu]}}", dtype, count,
             bytes);
    write_raw(folder, header, data, bytes);
    if (mx_tensorfile_read(file, path) != MX_OK) fail_msg("%s", mx_error());
}

/* What an IEEE binary16 says, from the definition. */
static double value_of_half(unsigned half) {
    const double sign = half >> 15 ? -1 : 1;
    const int exponent = (int)(half >> 10 & 31), fraction = (int)(half & 1023);
    if (exponent == 31) return fraction ? NAN : sign * INFINITY;
    return sign * (exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24));
}

static void every_half_is_read_exactly(void **state) {
    enum { COUNT = 65536 };
    uint16_t *halves = malloc(COUNT * sizeof *halves);
    mx_tensorfile file;
    assert_non_null(halves);
    for (int i = 0; i < COUNT; i++)
        halves[i] = (uint16_t)i;
    read_typed(&file, *state, "F16", COUNT, halves, COUNT * sizeof *halves);
    for (unsigned i = 0; i < COUNT; i++) {
        const double want = value_of_half(i), got = (double)file.tensors[0].data[i];
        if (isnan(want) ? !isnan(got) : got != want || signbit(got) != signbit(want))
            fail_msg("0x%04x reads as %.9g, not %.9g", i, got, want);
    }
    mx_tensorfile_release(&file);
    free(halves);
}

static void bfloat16_is_the_upper_half_of_a_float(void **state) {
    static const uint16_t in[] = {0x3f80, 0xc020, 0x0001, 0x8000, 0x7f80, 0xff80, 0x7fc0, 0x7f7f};
    static const float want[] = {1,        -2.5f,     0x1p-133f, -0.0f,
                                 INFINITY, -INFINITY, NAN,       0x1.fep+127f};
    mx_tensorfile file;
    read_typed(&file, *state, "BF16", 8, in, sizeof in);
    for (int i = 0; i < 8; i++)
        if (i == 6)
            assert_true(isnan(file.tensors[0].data[i]));
        else
            assert_memory_equal(&file.tensors[0].data[i], &want[i], sizeof *want);
    mx_tensorfile_release(&file);
}

static void doubles_round_and_overflow_to_infinity(void **state) {
    static const double in[] = {0.1, 1e-46, 1e39, -1e300, INFINITY, 3.4028234663852886e38};
    static const float want[] = {0.1f, 0, INFINITY, -INFINITY, INFINITY, 3.4028234663852886e38f};
    mx_tensorfile file;
    read_typed(&file, *state, "F64", 6, in, sizeof in);
    assert_memory_equal(file.tensors[0].data, want, sizeof want);
    mx_tensorfile_release(&file);
}

static void whole_numbers_are_checked_and_left_out(void **state) {
    static const struct {
        const char *dtype;
        size_t bytes;
    } types[] = {{"I64", 8}, {"I32", 4}, {"I16", 2}, {"I8", 1},  {"U8", 1},
                 {"U16", 2}, {"U32", 4}, {"U64", 8}, {"BOOL", 1}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        mx_tensorfile file;
        char header[256];
        read_typed(&file, *state, types[i].dtype, 2, numbers, 2 * types[i].bytes);
        assert_int_equal(file.n_tensors, 0);
        assert_int_equal(file.n_skipped, 1);
        mx_tensorfile_release(&file);
        snprintf(header, sizeof header,
                 "{\"a\":{\"dtype\":\"%s\",\"shape\":[2],\"data_offsets\":[0,16]}}",
                 types[i].dtype);
        assert_int_equal(status_of(*state, header), types[i].bytes == 8 ? MX_OK : MX_DATA);
    }
}

static void floats_at_any_alignment_are_read(void **state) {
    static const char header[] = "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                                 "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[1,9]}}";
    for (int spaces = 0; spaces < 8; spaces++) {
        char padded[256], data[9] = {7};
        mx_tensorfile file;
        snprintf(padded, sizeof padded, "%s%*s", header, spaces, "");
        memcpy(data + 1, numbers, 8);
        write_raw(*state, padded, data, sizeof data);
        assert_int_equal(mx_tensorfile_read(&file, path), MX_OK);
        assert_int_equal(file.n_tensors, 1);
        assert_int_equal((uintptr_t)file.tensors[0].data % sizeof(float), 0);
        assert_memory_equal(file.tensors[0].data, numbers, 8);
        mx_tensorfile_release(&file);
    }
}

static void module_is_stripped_when_all_names_have_it(void **state) {
    mx_file_tensor both[] = {tensors[2], tensors[2]};
    mx_tensorfile file = {.tensors = both, .n_tensors = 2};
    (void)state;
    both[0].name = "module.fc.weight";
    both[1].name = "fc.bias";
    mx_tensorfile_strip_module(&file);
    assert_string_equal(both[0].name, "module.fc.weight");
    both[1].name = "module.fc.bias";
    mx_tensorfile_strip_module(&file);
    assert_string_equal(both[0].name, "fc.weight");
    assert_string_equal(both[1].name, "fc.bias");
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
        cmocka_unit_test(control_bytes_of_names_do_not_reach_the_message),
        cmocka_unit_test(every_half_is_read_exactly),
        cmocka_unit_test(bfloat16_is_the_upper_half_of_a_float),
        cmocka_unit_test(doubles_round_and_overflow_to_infinity),
        cmocka_unit_test(whole_numbers_are_checked_and_left_out),
        cmocka_unit_test(floats_at_any_alignment_are_read),
        cmocka_unit_test(module_is_stripped_when_all_names_have_it),
        cmocka_unit_test(a_name_that_comes_twice_is_refused),
        cmocka_unit_test(headers_that_are_not_an_object_are_refused),
        cmocka_unit_test(a_header_longer_than_the_file_is_refused),
        cmocka_unit_test(deep_headers_do_not_exhaust_the_stack),
        cmocka_unit_test(missing_files_and_folders_are_refused),
        cmocka_unit_test(a_place_that_cannot_be_written_is_a_write_error),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
