/* Devices held to the limits of a class of GPUs. */
#include "fixture.h"

#include <math.h>

#include "base/log.h"
#include "ocl/buffer.h"
#include "ocl/limits.h"
#include "train/bench.h"

enum { MIB = 1 << 20, KIB = 1 << 10 };

static mx_device_info large_cpu(void) {
    return (mx_device_info){.name = "Some Cores",
                            .type = MX_DEVICE_CPU,
                            .float_vector = 16,
                            .global_memory = UINT64_C(64) << 30,
                            .max_allocation = UINT64_C(32) << 30,
                            .local_memory = MIB,
                            .max_work_group = 4096,
                            .host_unified = true};
}

static void a_class_is_a_gpu_with_its_memory_and_work_groups(void **state) {
    (void)state;
    mx_device_info small = large_cpu(), large = large_cpu();
    mx_limits_impose(&small, MX_LIMITS_GPU_SMALL);
    mx_limits_impose(&large, MX_LIMITS_GPU_LARGE);
    assert_int_equal(small.type, MX_DEVICE_GPU);
    assert_int_equal(small.global_memory, UINT64_C(2) << 30);
    assert_int_equal(small.max_allocation, 512 * MIB);
    assert_int_equal(small.local_memory, 32 * KIB);
    assert_int_equal(small.max_work_group, 256);
    assert_int_equal(small.float_vector, 4);
    assert_false(small.host_unified);
    assert_int_equal(large.global_memory, UINT64_C(16) << 30);
    assert_int_equal(large.max_allocation, UINT64_C(4) << 30);
    assert_int_equal(large.local_memory, 64 * KIB);
    assert_int_equal(large.max_work_group, 1024);
    assert_int_equal(large.float_vector, 1);
}

static void a_device_with_less_than_its_class_keeps_its_own(void **state) {
    (void)state;
    mx_device_info info = large_cpu();
    info.global_memory = 1024 * MIB;
    info.max_allocation = 128 * MIB;
    info.local_memory = 16 * KIB;
    info.max_work_group = 128;
    mx_limits_impose(&info, MX_LIMITS_GPU_LARGE);
    assert_int_equal(info.global_memory, 1024 * MIB);
    assert_int_equal(info.max_allocation, 128 * MIB);
    assert_int_equal(info.local_memory, 16 * KIB);
    assert_int_equal(info.max_work_group, 128);
}

static void the_name_says_what_is_simulated_however_long_it_is(void **state) {
    (void)state;
    mx_device_info info = large_cpu(), own = info;
    mx_limits_impose(&info, MX_LIMITS_GPU_SMALL);
    assert_string_equal(info.name, "Some Cores as gpu-small");
    memset(info.name, 'x', sizeof info.name - 1);
    mx_limits_impose(&info, MX_LIMITS_GPU_TINY);
    assert_int_equal(strlen(info.name), sizeof info.name - 1);
    assert_non_null(strstr(info.name, "x as gpu-tiny"));
    mx_limits_impose(&own, MX_LIMITS_NONE);
    assert_string_equal(own.name, "Some Cores");
    assert_int_equal(own.type, MX_DEVICE_CPU);
}

static void limits_are_found_by_name_and_unknown_ones_name_the_others(void **state) {
    (void)state;
    mx_limits limits;
    assert_int_equal(mx_limits_find("gpu-large", &limits), MX_OK);
    assert_int_equal(limits, MX_LIMITS_GPU_LARGE);
    assert_int_equal(mx_limits_find("gpu", &limits), MX_USAGE);
    assert_string_equal(mx_error(),
                        "no limits 'gpu'; there are none, gpu-tiny, gpu-small, gpu-large");
}

static void a_launch_may_have_what_the_device_has_and_no_more(void **state) {
    (void)state;
    mx_device_info info = large_cpu();
    mx_limits_impose(&info, MX_LIMITS_GPU_SMALL);
    mx_range range = {.dims = 2, .global = {64, 64, 1}, .local = {16, 16, 7}};
    range.local_bytes = 30 * KIB;
    assert_int_equal(mx_limits_check_launch(&info, &range, 2 * KIB), MX_OK);
    assert_int_equal(mx_limits_check_launch(&info, &range, 2 * KIB + 4), MX_OPENCL);
    assert_string_equal(mx_error(), "needs 32772 bytes of local memory, and 'Some Cores as "
                                    "gpu-small' has 32768");
    range.local[1] = 32;
    assert_int_equal(mx_limits_check_launch(&info, &range, 0), MX_OPENCL);
    assert_string_equal(mx_error(),
                        "a work-group of 512, and 'Some Cores as gpu-small' allows 256");
    range.local[0] = 0;
    assert_int_equal(mx_limits_check_launch(&info, &range, 0), MX_OK);
}

/* The machine's device, as one of a class. */
static mx_device *opened(const char *limits) {
    mx_device *device = NULL;
    mx_log_set_level(MX_LOG_QUIET);
    assert_int_equal(mx_device_open_limited(&device, getenv("MIXCL_DEVICE"), limits, false), MX_OK);
    return device;
}

static void an_opened_device_reports_the_limits(void **state) {
    (void)state;
    mx_device *device = opened("gpu-small");
    const mx_device_info *info = mx_device_get_info(device);
    assert_int_equal(info->type, MX_DEVICE_GPU);
    assert_true(info->local_memory <= 32 * KIB);
    mx_device_close(device);
    assert_int_equal(mx_device_open_limited(&device, NULL, "gpu-none", false), MX_USAGE);
    assert_null(device);
}

static void memory_is_refused_by_the_piece_and_in_all(void **state) {
    (void)state;
    enum { PIECE = 64 * MIB, PIECES = 4 };
    mx_device *device = opened("gpu-tiny");
    mx_buffer *pieces[PIECES], *more = NULL;
    assert_int_equal(mx_buffer_create(&more, device, PIECE + 1), MX_MEMORY);
    assert_non_null(strstr(mx_error(), "allows 64 MiB in one piece"));
    for (int i = 0; i < PIECES; i++)
        assert_int_equal(mx_buffer_create(&pieces[i], device, PIECE), MX_OK);
    assert_int_equal(mx_buffer_create(&more, device, MIB), MX_MEMORY);
    assert_non_null(strstr(mx_error(), "has 256 MiB, 256 are taken and 1 more are needed"));
    mx_buffer_release(pieces[0]);
    assert_int_equal(mx_buffer_create(&more, device, MIB), MX_OK);
    mx_buffer_release(more);
    for (int i = 1; i < PIECES; i++)
        mx_buffer_release(pieces[i]);
    mx_device_close(device);
}

static void memory_of_a_simulated_device_counts_as_that_of_the_device_itself(void **state) {
    (void)state;
    mx_device *devices[] = {opened("none"), opened("gpu-small")};
    mx_buffer *buffers[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mx_buffer_create(&buffers[i], devices[i], 32 * MIB), MX_OK);
        assert_int_equal(mx_buffer_zero(buffers[i], 0, 32 * MIB), MX_OK);
        assert_int_equal(mx_device_finish(devices[i]), MX_OK);
    }
    const double own = mx_bench_peak_memory(devices[0]);
    assert_true(fabs(mx_bench_peak_memory(devices[1]) - own) < MIB);
    for (int i = 0; i < 2; i++) {
        mx_buffer_release(buffers[i]);
        mx_device_close(devices[i]);
    }
}

/* Kernels of 20 KiB of local memory, declared or given, where `folder` makes them. */
static void write_kernels(const char *folder) {
    static const char text[] =
        "__kernel void declared(__global int *out, const int n) {\n"
        "    __local int words[5120];\n"
        "    words[get_local_id(0)] = n;\n"
        "    barrier(CLK_LOCAL_MEM_FENCE);\n"
        "    out[0] = words[0];\n"
        "}\n"
        "__kernel void given(__global int *out, __local int *words, const int n) {\n"
        "    words[get_local_id(0)] = n;\n"
        "    barrier(CLK_LOCAL_MEM_FENCE);\n"
        "    out[0] = words[0];\n"
        "}\n";
    fixture_write(folder, "greedy.cl", text, sizeof text - 1);
    fixture_write(folder, "shared.h", "", 0);
    fixture_write(folder, "defs.h", "", 0);
    assert_int_equal(setenv("MIXCL_KERNEL_DIR", folder, 1), 0);
}

static mx_status launch(mx_device *device, const char *name, size_t group, size_t local_bytes) {
    const int32_t n = 7;
    const mx_range range = {
        .dims = 1, .global = {group, 1, 1}, .local = {group, 1, 1}, .local_bytes = local_bytes};
    mx_buffer *out = NULL;
    int32_t answer = 0;
    assert_int_equal(mx_buffer_create(&out, device, sizeof n), MX_OK);
    const mx_status status = MX_LAUNCH(device, "greedy.cl", name, "", range, n, out);
    if (status == MX_OK) {
        assert_int_equal(mx_buffer_read(out, 0, &answer, sizeof answer), MX_OK);
        assert_int_equal(answer, n);
    }
    mx_buffer_release(out);
    return status;
}

static void launches_that_the_class_could_not_run_are_refused(void **state) {
    write_kernels(*state);
    mx_device *tiny = opened("gpu-tiny"), *small = opened("gpu-small");
    assert_int_equal(launch(small, "declared", 64, 0), MX_OK);
    assert_int_equal(launch(small, "given", 64, 20 * KIB), MX_OK);
    assert_int_equal(launch(tiny, "declared", 64, 0), MX_OPENCL);
    assert_non_null(strstr(mx_error(), "kernel 'declared': needs 20480 bytes of local memory"));
    assert_int_equal(launch(tiny, "given", 64, 20 * KIB), MX_OPENCL);
    assert_non_null(strstr(mx_error(), "kernel 'given': needs 20480 bytes of local memory"));
    assert_int_equal(launch(tiny, "given", 128, KIB), MX_OPENCL);
    assert_non_null(strstr(mx_error(), "kernel 'given': a work-group of 128"));
    assert_int_equal(launch(tiny, "given", 64, KIB), MX_OK);
    mx_device_close(tiny);
    mx_device_close(small);
    unsetenv("MIXCL_KERNEL_DIR");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_is_a_gpu_with_its_memory_and_work_groups),
        cmocka_unit_test(a_device_with_less_than_its_class_keeps_its_own),
        cmocka_unit_test(the_name_says_what_is_simulated_however_long_it_is),
        cmocka_unit_test(limits_are_found_by_name_and_unknown_ones_name_the_others),
        cmocka_unit_test(a_launch_may_have_what_the_device_has_and_no_more),
        cmocka_unit_test(an_opened_device_reports_the_limits),
        cmocka_unit_test(memory_is_refused_by_the_piece_and_in_all),
        cmocka_unit_test(memory_of_a_simulated_device_counts_as_that_of_the_device_itself),
        cmocka_unit_test(launches_that_the_class_could_not_run_are_refused),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
