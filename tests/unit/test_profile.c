/* Times of commands, as good and bad drivers report them. */
#include "fixture.h"

#include "base/log.h"
#include "ocl/buffer.h"
#include "ocl/profile.h"

static size_t wrong(const mx_profile_span *spans, size_t count) {
    return mx_profile_wrong_spans(spans, count);
}

static void spans_one_after_another_are_right(void **state) {
    (void)state;
    const mx_profile_span spans[] = {{0, 10}, {10, 10}, {10, 30}, {31, 40}};
    assert_int_equal(wrong(spans, 4), 0);
    assert_int_equal(wrong(spans, 0), 0);
}

static void zeros_and_times_that_run_backwards_are_noticed(void **state) {
    (void)state;
    const mx_profile_span missing[] = {{5, 10}, {11, 0}, {0, 0}, {20, 30}},
                          ends_early[] = {{5, 10}, {20, 15}}, out_of_order[] = {{20, 30}, {5, 10}},
                          huge[] = {{UINT64_MAX - 5, 3}, {UINT64_MAX - 4, UINT64_MAX}};
    assert_int_equal(wrong(missing, 4), 2);
    assert_int_equal(wrong(ends_early, 2), 1);
    assert_int_equal(wrong(out_of_order, 2), 1);
    assert_int_equal(wrong(huge, 2), 1);
}

static void a_clock_that_stands_still_is_wrong_throughout(void **state) {
    (void)state;
    const mx_profile_span stands[] = {{7, 7}, {7, 7}, {7, 7}};
    assert_int_equal(wrong(stands, 3), 3);
}

enum { BYTES = 1 << 22, ZEROINGS = 20 };

/* Zeroes a buffer under two names and gives the time of each. */
static void zero_twice(mx_device *device, mx_buffer *buffer, double ms[2]) {
    const mx_profile_row *rows;
    size_t count;
    mx_profile_clear(device);
    for (int i = 0; i < ZEROINGS; i++) {
        mx_profile_op(device, 1.0, "op %d", i % 2);
        assert_int_equal(mx_buffer_zero(buffer, 0, BYTES), MX_OK);
    }
    assert_int_equal(mx_profile_collect(device, &rows, &count), MX_OK);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].calls, ZEROINGS / 2);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_one_after_another_are_right),
        cmocka_unit_test(zeros_and_times_that_run_backwards_are_noticed),
        cmocka_unit_test(a_clock_that_stands_still_is_wrong_throughout),
        cmocka_unit_test(ops_have_times_by_the_device_and_by_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
