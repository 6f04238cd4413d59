/* The choice of a device from a list, which no driver has to make up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ocl/platform.h"

static mx_device_info device(mx_device_type type, const char *name, bool usable) {
    mx_device_info info = {.type = type, .compute_units = 8, .global_memory = UINT64_C(8) << 30};
    strncpy(info.name, name, sizeof info.name - 1);
    strncpy(info.platform_name, "Made Up OpenCL", sizeof info.platform_name - 1);
    strncpy(info.unusable_why, usable ? "" : "has no compiler", sizeof info.unusable_why - 1);
    info.usable = usable;
    return info;
}

/* Numbers the devices as one platform's and chooses. */
static mx_status choose(mx_device_info *devices, int count, const char *selector, size_t *chosen) {
    char why[160];
    const mx_device_list list = {devices, (size_t)count};
    for (int i = 0; i < count; i++)
        devices[i].index = devices[i].platform_device = i;
    return mx_device_choose(&list, selector, chosen, why, sizeof why);
}

static void expect_choice(mx_device_info *devices, int count, const char *selector,
                          size_t expected) {
    size_t chosen = 99;
    assert_int_equal(choose(devices, count, selector, &chosen), MX_OK);
    assert_int_equal(chosen, expected);
}

static void expect_refusal(mx_device_info *devices, int count, const char *selector,
                           mx_status status, const char *part) {
    size_t chosen = 0;
    assert_int_equal(choose(devices, count, selector, &chosen), status);
    assert_non_null(strstr(mx_error(), part));
}

static void the_best_is_gpu_then_accelerator_then_cpu_then_other(void **state) {
    (void)state;
    mx_device_info all[] = {
        device(MX_DEVICE_OTHER, "odd", true), device(MX_DEVICE_CPU, "cores", true),
        device(MX_DEVICE_ACCELERATOR, "card", true), device(MX_DEVICE_GPU, "shaders", true)};
    all[0].compute_units = 1000000;
    for (int count = 1; count <= 4; count++) {
        expect_choice(all, count, "", (size_t)count - 1);
        expect_choice(all, count, "auto", (size_t)count - 1);
    }
    all[3].usable = false;
    expect_choice(all, 4, NULL, 2);
}

static void the_larger_of_two_alike_is_best(void **state) {
    (void)state;
    mx_device_info two[] = {device(MX_DEVICE_GPU, "small", true),
                            device(MX_DEVICE_GPU, "large", true)};
    two[1].compute_units = 9;
    expect_choice(two, 2, "gpu", 1);
    expect_choice(two, 2, "auto", 1);
}

static void selectors_are_indices_kinds_and_parts_of_names(void **state) {
    (void)state;
    mx_device_info two[] = {device(MX_DEVICE_CPU, "Some Cores", true),
                            device(MX_DEVICE_GPU, "Shaders", true)};
    expect_choice(two, 2, "0", 0);
    expect_choice(two, 2, "0:1", 1);
    expect_choice(two, 2, "CPU", 0);
    expect_choice(two, 2, "some c", 0);
    expect_choice(two, 2, "HADER", 1);
}

static void a_choice_that_is_none_names_the_devices(void **state) {
    (void)state;
    mx_device_info two[] = {device(MX_DEVICE_CPU, "Some Cores", true),
                            device(MX_DEVICE_CPU, "Shaders", true)};
    expect_refusal(two, 2, "made up", MX_USAGE, "matches several: 0 'Some Cores', 1 'Shaders'");
    expect_refusal(two, 2, "gpu", MX_USAGE, "there are: 0 'Some Cores', 1 'Shaders'");
    expect_refusal(two, 2, "2", MX_USAGE, "there are: ");
    expect_refusal(two, 2, "0:2", MX_USAGE, "there are: ");
    two[0].usable = two[1].usable = false;
    expect_refusal(two, 2, "auto", MX_OPENCL, "no usable OpenCL device");
    expect_refusal(two, 2, "0", MX_OPENCL, "Some Cores");
}

static mx_device_info sound_device(void) {
    return (mx_device_info){.name = "Some Cores",
                            .version = "OpenCL 1.2 made up",
                            .address_bits = 64,
                            .available = true,
                            .has_compiler = true,
                            .little_endian = true};
}

static void assert_unusable(mx_device_info info, const char *why) {
    mx_device_judge(&info);
    assert_false(info.usable);
    assert_string_equal(info.unusable_why, why);
    expect_refusal(&info, 1, "0", MX_OPENCL, why);
    expect_refusal(&info, 1, "auto", MX_OPENCL, why);
}

static void a_device_that_lacks_something_is_refused_and_says_what(void **state) {
    (void)state;
    mx_device_info sound = sound_device(), narrow = sound, old = sound, odd = sound, off = sound,
                   mute = sound, big = sound;
    mx_device_judge(&sound);
    assert_true(sound.usable);
    assert_string_equal(sound.unusable_why, "");
    narrow.address_bits = 32;
    assert_unusable(narrow, "has 32-bit addresses");
    strcpy(old.version, "OpenCL 1.1");
    assert_unusable(old, "needs OpenCL 1.2");
    strcpy(odd.version, "unknown");
    assert_unusable(odd, "needs OpenCL 1.2");
    off.available = false;
    assert_unusable(off, "not available");
    mute.has_compiler = false;
    assert_unusable(mute, "has no OpenCL C compiler");
    big.little_endian = false;
    assert_unusable(big, "is big-endian");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_is_gpu_then_accelerator_then_cpu_then_other),
        cmocka_unit_test(the_larger_of_two_alike_is_best),
        cmocka_unit_test(selectors_are_indices_kinds_and_parts_of_names),
        cmocka_unit_test(a_choice_that_is_none_names_the_devices),
        cmocka_unit_test(a_device_that_lacks_something_is_refused_and_says_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
