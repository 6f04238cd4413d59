/* The table of a check, and the same as JSON. */
#include <math.h>
#include <string.h>

#include "ops/check_internal.h"

void mx_check_print_head(FILE *stream, mx_check_mode mode) {
    if (mode == MX_CHECK_BENCH)
        fprintf(stream, "%-47s %8s %7s %6s %7s\n", "op, variant, case", "ms", "GFLOP/s", "GB/s",
                "copies");
    else
        fprintf(stream, "%-11s %-25s %5s  %8s %8s %8s  %s\n", "op", "variant", "cases", "worst",
                "limit", "GFLOP/s", "verdict");
}

static void print_timing(FILE *stream, const mx_check_row *row) {
    char label[MX_VARIANT_BYTES + MX_CASE_BYTES + 16];
    snprintf(label, sizeof label, "%s %s %s", row->op, row->variant, row->name);
    if (row->failed)
        fprintf(stream, "%-47.47s FAIL\n", label);
    else
        fprintf(stream, "%-47.47s %8.3f %7.1f %6.1f %7.1f\n", label, row->ms,
                row->flops / row->ms * 1e-6, row->bytes / row->ms * 1e-6, row->ms / row->copy_ms);
}

void mx_check_print_row(FILE *stream, mx_check_mode mode, const mx_check_row *row) {
    char rate[16] = "-";
    if (row->rate > 0) snprintf(rate, sizeof rate, "%.2f", row->rate);
    if (mode == MX_CHECK_BENCH)
        print_timing(stream, row);
    else
        fprintf(stream, "%-11s %-25s %5d  %8.1e %8.1e %8s  %s\n", row->op, row->variant, row->cases,
                row->worst, row->limit, rate, row->failed ? "FAIL" : "ok");
}

static json_t *verdict_json(const mx_check_row *row) {
    /* JSON has no infinity: a value that is missing or not finite is null. */
    return json_pack("{s:s, s:s, s:i, s:i, s:o, s:f, s:s, s:o}", "op", row->op, "variant",
                     row->variant, "cases", row->cases, "failed", row->failed, "worst",
                     isfinite(row->worst) ? json_real(row->worst) : json_null(), "limit",
                     row->limit, "worst_case", row->name, "gflops",
                     row->rate > 0 ? json_real(row->rate) : json_null());
}

static json_t *timing_json(const mx_check_row *row) {
    if (row->failed)
        return json_pack("{s:s, s:s, s:s, s:i}", "op", row->op, "variant", row->variant, "case",
                         row->name, "failed", row->failed);
    return json_pack("{s:s, s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:f}", "op", row->op, "variant",
                     row->variant, "case", row->name, "failed", row->failed, "ms", row->ms,
                     "device_ms", row->device_ms, "gflops", row->flops / row->ms * 1e-6,
                     "gbytes_per_s", row->bytes / row->ms * 1e-6, "copies", row->ms / row->copy_ms);
}

static json_t *failures_json(const mx_check *check) {
    json_t *lines = json_array();
    const char *at = mx_check_failures(check);
    for (const char *end; lines && *at; at = end + 1) {
        end = strchr(at, '\n');
        json_array_append_new(lines, json_stringn(at, (size_t)(end - at)));
    }
    return lines;
}

json_t *mx_check_to_json(const mx_check *check) {
    const mx_device_info *info = mx_device_get_info(check->device);
    json_t *rows = json_array();
    for (size_t i = 0; i < check->n_rows; i++) {
        const mx_check_row *row = &check->rows[i];
        json_array_append_new(rows, check->options.mode == MX_CHECK_BENCH ? timing_json(row)
                                                                          : verdict_json(row));
    }
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:o, s:o}", "device", info->name, "driver",
                     info->driver, "version", info->version, "passed", (json_int_t)check->passed,
                     "failed", (json_int_t)check->failed, "rows", rows, "failures",
                     failures_json(check));
}
