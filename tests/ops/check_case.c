/* From a case to its verdict. */
#include <stdarg.h>
#include <string.h>

#include "ocl/profile.h"
#include "ops/check_internal.h"

/* Differences of a reference in double over floats leave little more than rounding of the kernels.
 */
static const double LEAST_GRADIENT_LIMIT = 1e-4;

void mx_case_name(mx_case *c, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(c->name, sizeof c->name, format, args);
    va_end(args);
}

mx_operand *mx_case_add(mx_case *c, mx_role role, const char *name, mx_i32 n, mx_i32 h, mx_i32 w,
                        mx_i32 channels) {
    mx_operand *operand = &c->operands[c->n_operands++];
    *operand =
        (mx_operand){.name = name, .role = role, .tensor = {.n = n, .h = h, .w = w, .c = channels}};
    return operand;
}

void mx_case_differentiate(mx_case *c, int by, int gradient) {
    c->gradients[c->n_gradients].by = by;
    c->gradients[c->n_gradients++].gradient = gradient;
}

static mx_status judge(mx_check *check, mx_case *c, mx_case_memory *memory, double limit,
                       mx_verdict *verdict) {
    MX_TRY(mx_case_memory_read(memory));
    if (check->options.mode == MX_CHECK_GRAD) {
        MX_TRY(mx_judge_gradients(memory, c, limit, check->options.seed, verdict));
    } else {
        c->reference(c);
        mx_judge_outputs(memory, c, limit, verdict);
    }
    mx_judge_memory(memory, c, verdict);
    return MX_OK;
}

/* Runs the op; with profiling, the row's rate becomes that of this case where it is higher. */
static mx_status run_timed(mx_check *check, mx_case *c, mx_check_row *row) {
    const mx_profile_row *ops;
    size_t count = 0;
    double ms = 0, flops = 0;
    if (!mx_profile_enabled(check->device)) return c->run(check->device, c);
    mx_profile_clear(check->device);
    mx_profile_op(check->device, (mx_work){0}, "%s", c->variant);
    MX_TRY(c->run(check->device, c));
    MX_TRY(mx_profile_collect(check->device, &ops, &count));
    for (size_t i = 0; i < count; i++) {
        ms += ops[i].ms;
        flops += ops[i].work.flops;
    }
    if (ms > 0 && flops / ms * 1e-6 > row->rate) row->rate = flops / ms * 1e-6;
    return MX_OK;
}

static void record(mx_check *check, const mx_case *c, const mx_verdict *verdict,
                   mx_check_row *row) {
    row->cases++;
    if (row->cases == 1 || verdict->error > row->worst) {
        row->worst = verdict->error;
        memcpy(row->name, c->name, sizeof row->name);
    }
    if (*verdict->problem == '\0') {
        check->passed++;
        return;
    }
    row->failed++;
    check->failed++;
    mx_buf_printf(&check->failures, "%s %s %s: %s\n", row->op, row->variant, c->name,
                  verdict->problem);
}

/* What the driver refuses is a finding, like a wrong answer; the host's own trouble is not. */
static mx_status refused(mx_status status, mx_verdict *verdict) {
    if (status != MX_OPENCL && status != MX_MEMORY) return status;
    snprintf(verdict->problem, sizeof verdict->problem, "%s", mx_error());
    return MX_OK;
}

static bool is_wanted(const mx_check_options *options, const mx_case *c) {
    uint64_t elements = 0;
    for (int i = 0; i < c->n_operands; i++)
        elements += mx_operand_count(&c->operands[i]);
    return (!options->largest || elements <= options->largest) &&
           (!options->variant || strstr(c->variant, options->variant));
}

mx_status mx_check_case(mx_check *check, mx_case *c) {
    const mx_check_mode mode = check->options.mode;
    if (!is_wanted(&check->options, c)) return MX_OK;
    mx_check_row *row = NULL;
    mx_case_memory memory = {0};
    mx_verdict verdict = {0};
    mx_status status;
    MX_GO(mx_check_row_of(check, c, &row));
    row->limit = check->op->limit;
    if (mode == MX_CHECK_GRAD && row->limit < LEAST_GRADIENT_LIMIT)
        row->limit = LEAST_GRADIENT_LIMIT;
    MX_GO(mx_case_memory_init(&memory, check, c));
    if (mode == MX_CHECK_BENCH) {
        status = mx_bench_case(check, c, row);
    } else {
        status = run_timed(check, c, row);
        if (status == MX_OK) status = judge(check, c, &memory, row->limit, &verdict);
    }
    MX_GO(refused(status, &verdict));
    record(check, c, &verdict, row);
done:
    mx_case_memory_release(&memory, c);
    return status;
}
