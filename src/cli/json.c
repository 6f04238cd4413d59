#include "cli/json.h"

#include <stdio.h>

enum { REAL_DIGITS = 15 };

mx_status mx_print_json(json_t *json) {
    if (!json) return mx_fail(MX_MEMORY, "cannot build JSON");
    const int failed = json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_DIGITS));
    json_decref(json);
    /* A full disk is found when the program ends; only memory can fail here. */
    if (failed && !ferror(stdout)) return mx_fail(MX_MEMORY, "cannot write JSON");
    putchar('\n');
    return MX_OK;
}
