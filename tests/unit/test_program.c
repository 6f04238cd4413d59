#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "ocl/device.h"
#include "ocl/internal.h"

static mx_device *device;

static int open_device(void **state) {
    (void)state;
    mx_log_set_level(MX_LOG_QUIET);
    return mx_device_open_selected(&device, getenv("MIXCL_DEVICE"), false) == MX_OK ? 0 : -1;
}

static int close_device(void **state) {
    (void)state;
    mx_device_close(device);
    return 0;
}

static void assert_compiles(void) {
    cl_kernel kernel = NULL, again = NULL;
    size_t local = 1;
    assert_int_equal(mx_kernel_get(device, "adam.cl", "adam", "-DV=4", &kernel, &local), MX_OK);
    assert_int_equal(mx_kernel_get(device, "adam.cl", "adam", "-DV=4", &again, &local), MX_OK);
    assert_int_equal(local, 0);
    assert_non_null(kernel);
    assert_ptr_equal(kernel, again);
}

static void a_kernel_that_cannot_be_compiled_is_an_error_and_no_more(void **state) {
    (void)state;
    cl_kernel kernel = NULL;
    size_t local = 0;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mx_kernel_get(device, "adam.cl", "adam", "-DV=nonsense", &kernel, &local),
                         MX_OPENCL);
        assert_non_null(strstr(mx_error(), "cannot compile kernel file adam.cl"));
    }
    assert_compiles();
}

static void a_kernel_that_is_not_in_its_file_is_named(void **state) {
    (void)state;
    cl_kernel kernel = NULL;
    size_t local = 0;
    assert_int_equal(mx_kernel_get(device, "adam.cl", "eve", "-DV=4", &kernel, &local), MX_OPENCL);
    assert_non_null(strstr(mx_error(), "kernel 'eve' of adam.cl"));
    assert_compiles();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kernel_that_cannot_be_compiled_is_an_error_and_no_more),
        cmocka_unit_test(a_kernel_that_is_not_in_its_file_is_named),
    };
    return cmocka_run_group_tests(tests, open_device, close_device);
}
