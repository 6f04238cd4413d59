#include "ops/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ops/check_internal.h"

const mx_op mx_ops[] = {
#define MX_OP(stem, help, limit) {#stem, help, limit, mx_check_##stem},
#include "ops/ops.def"
    {0},
};

static mx_status unknown_op(const char *name) {
    mx_buf stems = {0};
    for (const mx_op *op = mx_ops; op->stem; op++)
        mx_buf_printf(&stems, "%s%s", op == mx_ops ? "" : ", ", op->stem);
    const mx_status status =
        mx_fail(MX_USAGE, "no op '%s'; there are %s", name, mx_buf_text(&stems));
    mx_buf_release(&stems);
    return status;
}

static bool op_exists(const char *name) {
    for (const mx_op *op = mx_ops; op->stem; op++)
        if (strcmp(op->stem, name) == 0) return true;
    return false;
}

mx_status mx_check_open(mx_check **out, mx_device *device, const mx_check_options *options) {
    *out = NULL;
    if (options->op && !op_exists(options->op)) return unknown_op(options->op);
    MX_TRY(mx_alloc(out, 1, sizeof **out));
    (*out)->device = device;
    (*out)->options = *options;
    return MX_OK;
}

void mx_check_close(mx_check *check) {
    if (!check) return;
    free(check->rows);
    mx_buf_release(&check->failures);
    free(check);
}

mx_status mx_check_run(mx_check *check, mx_check_show *show) {
    for (const mx_op *op = mx_ops; op->stem; op++) {
        if (check->options.op && strcmp(check->options.op, op->stem) != 0) continue;
        const size_t first = check->n_rows;
        check->op = op;
        MX_TRY(mx_context(op->check(check), "check of %s", op->stem));
        for (size_t i = first; show && i < check->n_rows; i++)
            show(check->options.mode, &check->rows[i]);
    }
    if (check->passed + check->failed == 0)
        return mx_fail(MX_USAGE, "no check of this mode matches the filters");
    return mx_buf_check(&check->failures);
}

static bool same_row(const mx_check_row *row, const mx_check *check, const mx_case *c) {
    return row->op == check->op->stem && strcmp(row->variant, c->variant) == 0 &&
           (check->options.mode != MX_CHECK_BENCH || strcmp(row->name, c->name) == 0);
}

mx_status mx_check_row_of(mx_check *check, const mx_case *c, mx_check_row **out) {
    for (size_t i = 0; i < check->n_rows; i++)
        if (same_row(&check->rows[i], check, c)) {
            *out = &check->rows[i];
            return MX_OK;
        }
    MX_TRY(mx_grow(&check->rows, &check->rows_capacity, check->n_rows + 1, sizeof *check->rows));
    mx_check_row *row = &check->rows[check->n_rows++];
    *row = (mx_check_row){.op = check->op->stem};
    snprintf(row->variant, sizeof row->variant, "%s", c->variant);
    memcpy(row->name, c->name, sizeof row->name);
    *out = row;
    return MX_OK;
}

mx_check_mode mx_check_get_mode(const mx_check *check) {
    return check->options.mode;
}

const mx_conv_shape *mx_check_get_shape(const mx_check *check) {
    return check->options.shape;
}

mx_device *mx_check_get_device(const mx_check *check) {
    return check->device;
}

const mx_check_row *mx_check_rows(const mx_check *check, size_t *count) {
    *count = check->n_rows;
    return check->rows;
}

size_t mx_check_passed(const mx_check *check) {
    return check->passed;
}

size_t mx_check_failed(const mx_check *check) {
    return check->failed;
}

const char *mx_check_failures(const mx_check *check) {
    return mx_buf_text(&check->failures);
}
