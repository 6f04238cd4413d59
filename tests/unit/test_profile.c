/* Times of commands, as good and bad drivers report them. */
#include "fixture.h"

#include "base/log.h"
#include "ocl/buffer.h"
#include "ocl/profile.h"
#include "ops/conv.h"

static size_t wrong(const mx_profile_span *spans, size_t count) {
    return mx_profile_wrong_spans(spans, count);
}

static void spans_one_after_another_are_right(void **state) {
    (void)state;
    const mx_profile_span spans[] = {{0, 1000}, {1000, 1000}, {1000, 3000}, {3100, 3400}};
    assert_int_equal(wrong(spans, 4), 0);
    assert_int_equal(wrong(spans, 0), 0);
}

static void zeros_and_times_that_run_backwards_are_noticed(void **state) {
    (void)state;
    const mx_profile_span missing[] = {{5, 1010}, {1011, 0}, {0, 0}, {2000, 2030}},
                          ends_early[] = {{5, 1010}, {2000, 1500}},
                          out_of_order[] = {{2000, 3000}, {5, 10}},
                          huge[] = {{UINT64_MAX - 5, 3}, {UINT64_MAX - 4, UINT64_MAX}};
    assert_int_equal(wrong(missing, 4), 2);
    assert_int_equal(wrong(ends_early, 2), 1);
    assert_int_equal(wrong(out_of_order, 2), 1);
    assert_int_equal(wrong(huge, 2), 1);
}

static void a_clock_that_stands_still_is_wrong_throughout(void **state) {
    (void)state;
    const mx_profile_span stands[] = {{7, 7}, {7, 7}, {7, 7}}, ticks[] = {{7, 8}, {9, 10}};
    assert_int_equal(wrong(stands, 3), 3);
    assert_int_equal(wrong(ticks, 2), 2);
}

enum { BYTES = 1 << 22, ZEROINGS = 20 };

/* Zeroes a buffer under two names and gives the time of each. */
static void zero_twice(mx_device *device, mx_buffer *buffer, double ms[2]) {
    const mx_profile_row *rows;
    size_t count;
    mx_profile_clear(device);
    for (int i = 0; i < ZEROINGS; i++) {
        mx_profile_op(device, (mx_work){1.0, BYTES}, "op %d", i % 2);
        assert_int_equal(mx_buffer_zero(buffer, 0, BYTES), MX_OK);
    }
    assert_int_equal(mx_profile_collect(device, &rows, &count), MX_OK);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].calls, ZEROINGS / 2);
        assert_float_equal(rows[i].work.flops, ZEROINGS / 2, 0);
        assert_float_equal(rows[i].work.bytes, ZEROINGS / 2 * BYTES, 0);
        ms[i] = rows[i].ms;
    }
}

static void ops_have_times_by_the_device_and_by_the_clock(void **state) {
    (void)state;
    mx_device *device = NULL;
    mx_buffer *buffer = NULL;
    double ms[2];
    mx_log_set_level(MX_LOG_QUIET);
    assert_int_equal(mx_device_open_selected(&device, getenv("MIXCL_DEVICE"), true), MX_OK);
    assert_int_equal(mx_buffer_create(&buffer, device, BYTES), MX_OK);
    assert_true(mx_profile_trusted(device));
    zero_twice(device, buffer, ms);
    assert_int_equal(mx_profile_use_clock(device), MX_OK);
    zero_twice(device, buffer, ms);
    assert_true(ms[0] > 0 && ms[1] > 0);
    mx_buffer_release(buffer);
    mx_device_close(device);
}

static void a_convolution_moves_its_operands_once(void **state) {
    (void)state;
    const mx_conv_shape same = {
        .n = 2, .h = 6, .w = 5, .c = 8, .k = 4, .r = 3, .s = 3, .stride = 1, .pad = 1};
    const double x = 2 * 6 * 5 * 8 * 4, y = x / 2, weight = 3 * 3 * 8 * 4 * 4;
    for (mx_conv_direction d = 0; d < MX_CONV_DIRECTIONS; d++)
        assert_true(mx_conv_bytes(&same, d, false) == x + y + weight);
    assert_true(mx_conv_bytes(&same, MX_CONV_BACKWARD_DATA, true) == 2 * x + y + weight);
}

static void a_strided_1x1_convolution_reads_only_the_pixels_that_count(void **state) {
    (void)state;
    const mx_conv_shape strided = {
        .n = 2, .h = 6, .w = 4, .c = 8, .k = 8, .r = 1, .s = 1, .stride = 2, .pad = 0};
    const double x = 2 * 6 * 4 * 8 * 4, y = x / 4, weight = 8 * 8 * 4;
    assert_true(mx_conv_bytes(&strided, MX_CONV_FORWARD, false) == 2 * y + weight);
    assert_true(mx_conv_bytes(&strided, MX_CONV_BACKWARD_DATA, false) == x + y + weight);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_one_after_another_are_right),
        cmocka_unit_test(zeros_and_times_that_run_backwards_are_noticed),
        cmocka_unit_test(a_clock_that_stands_still_is_wrong_throughout),
        cmocka_unit_test(ops_have_times_by_the_device_and_by_the_clock),
        cmocka_unit_test(a_convolution_moves_its_operands_once),
        cmocka_unit_test(a_strided_1x1_convolution_reads_only_the_pixels_that_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
