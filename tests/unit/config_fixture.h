/* A temporary folder to write exp.ini into and open it from. */
#ifndef MX_TESTS_CONFIG_FIXTURE_H
#define MX_TESTS_CONFIG_FIXTURE_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "train/config.h"

#define STEPS "[train]\nsteps = 10\n"

static char folder[PATH_MAX];

/* Every test runs in an empty folder, so that messages say exp.ini. */
static inline int enter_folder(void **state) {
    (void)state;
    char name[] = "/tmp/mixcl-config-XXXXXX";
    unsetenv("MIXCL_DEVICE");
    if (!mkdtemp(name) || chdir(name) != 0 || mkdir("sub", 0777) != 0) return 1;
    return getcwd(folder, sizeof folder) ? 0 : 1;
}

static inline int leave_folder(void **state) {
    (void)state;
    unlink("exp.ini");
    unlink("sub/exp.ini");
    rmdir("sub");
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : 1;
}

static inline void write_file(const char *path, const char *bytes, size_t count) {
    assert_int_equal(mx_write_atomic(path, bytes, count), MX_OK);
}

static inline mx_config *open_sets(const char *text, const char *const *sets, int n_sets) {
    mx_config *config = NULL;
    write_file("exp.ini", text, strlen(text));
    if (mx_config_open(&config, "exp.ini", sets, n_sets) != MX_OK) fail_msg("%s", mx_error());
    return config;
}

static inline mx_config *open_text(const char *text) {
    return open_sets(text, NULL, 0);
}

#endif
