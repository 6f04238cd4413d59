/* The stored parameters of CLBlast. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fs.h"
#include "ops/gemm_tune_internal.h"

static char folder[] = "/tmp/mixcl-gemm-XXXXXX";
static mx_device *device;

static const mx_gemm_params some = {{0, 1, 32, 2, 1, 1, 32, 1, 1, 8, 0, 0, 0, 0, 8, 8}};

static int open_device(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    setenv("MIXCL_CACHE_DIR", folder, 1);
    return mx_device_open_selected(&device, getenv("MIXCL_DEVICE"), false) == MX_OK ? 0 : -1;
}

static int close_device(void **state) {
    (void)state;
    char command[64];
    mx_device_close(device);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* The path of the folder's only file. */
static void only_file(char *out, size_t bytes) {
    char command[64];
    snprintf(command, sizeof command, "ls %s/clblast-*.json", folder);
    FILE *list = popen(command, "r");
    assert_non_null(list);
    assert_non_null(fgets(out, (int)bytes, list));
    out[strcspn(out, "\n")] = '\0';
    assert_int_equal(pclose(list), 0);
}

static void what_was_stored_is_loaded(void **state) {
    (void)state;
    mx_gemm_params loaded = {{0}};
    assert_false(mx_gemm_cache_load(device, &loaded));
    assert_int_equal(mx_gemm_cache_store(device, &some), MX_OK);
    assert_true(mx_gemm_cache_load(device, &loaded));
    assert_memory_equal(&loaded, &some, sizeof some);
}

static void no_gain_is_stored_as_nothing_to_load(void **state) {
    (void)state;
    mx_gemm_params loaded;
    assert_int_equal(mx_gemm_cache_store(device, NULL), MX_OK);
    assert_false(mx_gemm_cache_load(device, &loaded));
}

static void every_truncation_is_left_out(void **state) {
    (void)state;
    char path[128];
    mx_buf text = {0};
    mx_gemm_params loaded;
    assert_int_equal(mx_gemm_cache_store(device, &some), MX_OK);
    only_file(path, sizeof path);
    assert_int_equal(mx_read_file(&text, path, 1 << 16), MX_OK);
    for (size_t i = 0; i + 1 < text.length; i += 7) {
        assert_int_equal(mx_write_atomic(path, text.data, i), MX_OK);
        assert_false(mx_gemm_cache_load(device, &loaded));
    }
    mx_buf_release(&text);
}

static void another_devices_file_is_left_out(void **state) {
    (void)state;
    static const char foreign[] = "{\"format\": 1, \"platform\": \"p\", \"device\": \"d\", "
                                  "\"driver\": \"v\", \"xgemm\": {\"GEMMK\": 0}}";
    char path[128];
    mx_gemm_params loaded;
    only_file(path, sizeof path);
    assert_int_equal(mx_write_atomic(path, foreign, sizeof foreign - 1), MX_OK);
    assert_false(mx_gemm_cache_load(device, &loaded));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_stored_is_loaded),
        cmocka_unit_test(no_gain_is_stored_as_nothing_to_load),
        cmocka_unit_test(every_truncation_is_left_out),
        cmocka_unit_test(another_devices_file_is_left_out),
    };
    return cmocka_run_group_tests(tests, open_device, close_device);
}
