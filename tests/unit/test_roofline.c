/* Which roof bounds an op, and how much of it was reached. */
#include "fixture.h"

#include "base/log.h"
#include "train/roofline.h"

/* A ridge at 10 flops per byte. */
static const mx_peaks peaks = {.flops = 1e9, .bytes = 1e8};

static void assert_share(mx_work work, double ms, bool memory, double share) {
    const mx_roof roof = mx_roof_of(work, ms, &peaks);
    assert_int_equal(roof.memory, memory);
    assert_float_equal(roof.share, share, 1e-12);
}

static void flops_per_byte_choose_the_roof(void **state) {
    (void)state;
    assert_share((mx_work){.flops = 1e6, .bytes = 1e3}, 2.0, false, 0.5);
    assert_share((mx_work){.flops = 1e3, .bytes = 1e6}, 20.0, true, 0.5);
    assert_share((mx_work){.flops = 11e3, .bytes = 1e3}, 0.011, false, 1.0);
    assert_share((mx_work){.flops = 9e3, .bytes = 1e3}, 0.010, true, 1.0);
}

static void less_work_than_was_counted_exceeds_the_roof(void **state) {
    (void)state;
    assert_share((mx_work){.flops = 4e6, .bytes = 1e3}, 2.0, false, 2.0);
}

static void no_time_and_no_work_reach_nothing(void **state) {
    (void)state;
    assert_share((mx_work){.flops = 1e6, .bytes = 1e3}, 0.0, false, 0.0);
    assert_share((mx_work){0}, 1.0, false, 0.0);
}

static void times_go_to_the_roof_that_is_reached_or_to_neither(void **state) {
    (void)state;
    const mx_profile_row rows[] = {
        {.ms = 2, .work = {.flops = 1e6, .bytes = 1e3}},   /* computes, half */
        {.ms = 4, .work = {.flops = 1e6, .bytes = 1e3}},   /* a quarter is enough */
        {.ms = 5, .work = {.flops = 1e6, .bytes = 1e3}},   /* a fifth is not */
        {.ms = 10, .work = {.flops = 1e3, .bytes = 1e6}},  /* moves, all */
        {.ms = 100, .work = {.flops = 1e3, .bytes = 1e6}}, /* a tenth */
    };
    const mx_roof_times times = mx_roof_sum(rows, sizeof rows / sizeof *rows, &peaks);
    assert_float_equal(times.compute, 6, 1e-12);
    assert_float_equal(times.memory, 10, 1e-12);
    assert_float_equal(times.neither, 105, 1e-12);
}

static void a_device_has_peaks_and_gives_their_memory_back(void **state) {
    (void)state;
    mx_device *device = NULL;
    mx_peaks found = {0};
    mx_log_set_level(MX_LOG_QUIET);
    assert_int_equal(mx_device_open_limited(&device, getenv("MIXCL_DEVICE"), "gpu-tiny", false),
                     MX_OK);
    assert_int_equal(mx_peaks_measure(device, &found), MX_OK);
    assert_true(found.flops > 0 && found.bytes > 0);
    assert_int_equal(mx_device_allocated(device), 0);
    mx_device_close(device);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flops_per_byte_choose_the_roof),
        cmocka_unit_test(less_work_than_was_counted_exceeds_the_roof),
        cmocka_unit_test(no_time_and_no_work_reach_nothing),
        cmocka_unit_test(times_go_to_the_roof_that_is_reached_or_to_neither),
        cmocka_unit_test(a_device_has_peaks_and_gives_their_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
