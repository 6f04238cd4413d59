/* mixcl benchmark: what a step costs, where, and how near that is to what the device can do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/open_config.h"
#include "train/bench.h"
#include "train/setup.h"

enum { CLASSES_WITHOUT_DATA = 10, DEFAULT_STEPS = 10, MOST_STEPS = 100000 };

const mx_option mx_cmd_benchmark_options[] = {
    {"CONFIG", NULL, "the INI file"},
    MX_SET_OPTION,
    MX_DEVICE_OPTION,
    {"--evaluate", NULL, "batches of evaluation (train.eval_batch), not steps"},
    {"--steps", "N", "steps to time (default 10)"},
    {"--json", NULL, "print JSON"},
    {0},
};

/* Of an op: sums over the profiled steps. */
typedef struct op_facts {
    double calls, ms, gflops, gbytes; /* a step; a second */
    mx_roof roof;
} op_facts;

static op_facts facts_of(const mx_bench_result *result, const mx_profile_row *row) {
    const double steps = result->profiled_steps, per_ms = row->ms > 0 ? 1e-6 / row->ms : 0.0;
    return (op_facts){.calls = (double)row->calls / steps,
                      .ms = row->ms / steps,
                      .gflops = row->work.flops * per_ms,
                      .gbytes = row->work.bytes * per_ms,
                      .roof = mx_roof_of(row->work, row->ms, &result->peaks)};
}

static const char *bound_word(mx_roof roof) {
    if (roof.share < MX_ROOF_LEAST) return "neither";
    return roof.memory ? "memory" : "compute";
}

static json_t *ops_json(const mx_bench_result *result) {
    const double steps = result->profiled_steps;
    json_t *ops = json_array();
    for (size_t i = 0; i < result->n_ops; i++) {
        const mx_profile_row *row = &result->ops[i];
        const op_facts facts = facts_of(result, row);
        json_array_append_new(ops, json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:s, s:f, s:s}",
                                             "name", row->name, "calls", facts.calls, "ms",
                                             facts.ms, "gflops", facts.gflops, "gbytes_per_s",
                                             facts.gbytes, "flops", row->work.flops / steps,
                                             "bytes", row->work.bytes / steps, "roof",
                                             facts.roof.memory ? "memory" : "compute", "roof_share",
                                             facts.roof.share, "bound", bound_word(facts.roof)));
    }
    return ops;
}

/* Shares of a profiled step; without ops that reach a roof there is still the time between them. */
typedef struct step_shares {
    double compute, memory, slow, idle;
} step_shares;

static step_shares shares_of(const mx_bench_result *result) {
    const mx_roof_times ms = mx_roof_sum(result->ops, result->n_ops, &result->peaks);
    const double all = result->profiled_step_ms, ops = all * result->profiled_steps;
    return (step_shares){.compute = ms.compute / ops,
                         .memory = ms.memory / ops,
                         .slow = ms.neither / ops,
                         .idle = (all - result->busy_ms) / all};
}

/* A batch of evaluation waits for its logits: no time of enqueueing. */
static json_t *as_json(const mx_bench_result *result, bool evaluate) {
    const step_shares shares = shares_of(result);
    return json_pack(
        "{s:s, s:s, s:{s:f, s:f}, s:f, s:o*, s:f, s:f, s:f, s:f, s:i, s:{s:f, s:f, s:f}, s:{s:f, "
        "s:f, s:f, s:f, s:f}, s:s, s:o}",
        "device", result->device.name, "step", evaluate ? "evaluation" : "training", "step_ms",
        "median", result->step_ms_median, "min", result->step_ms_min, "first_step_ms",
        result->first_step_ms, "enqueue_ms", evaluate ? NULL : json_real(result->enqueue_ms_median),
        "idle_ms", result->profiled_step_ms - result->busy_ms, "profiled_step_ms",
        result->profiled_step_ms, "images_per_s", result->images_per_s, "peak_memory_bytes",
        result->peak_memory_bytes, "steps", result->steps, "peaks", "gflops",
        result->peaks.flops * 1e-9, "gbytes_per_s", result->peaks.bytes * 1e-9,
        "ridge_flops_per_byte", result->peaks.flops / result->peaks.bytes, "bound", "compute",
        shares.compute, "memory", shares.memory, "neither", shares.slow + shares.idle, "slow_ops",
        shares.slow, "idle", shares.idle, "ops_timed_by", result->by_clock ? "clock" : "device",
        "ops", ops_json(result));
}

static void print_head(const mx_bench_result *result, bool evaluate) {
    const char *what = evaluate ? "batch" : "step";
    printf("device       %s\n", result->device.name);
    printf("its peaks    %.1f GFLOP/s, %.1f GB/s, measured\n", result->peaks.flops * 1e-9,
           result->peaks.bytes * 1e-9);
    printf("%-5s        %.1f ms median, %.1f ms best of %d; the first took %.0f ms\n", what,
           result->step_ms_median, result->step_ms_min, result->steps, result->first_step_ms);
    if (!evaluate) printf("enqueueing   %.1f ms of it\n", result->enqueue_ms_median);
    printf("device idle  %.1f of %.1f ms, profiled\n", result->profiled_step_ms - result->busy_ms,
           result->profiled_step_ms);
    printf("pictures     %.1f a second\n", result->images_per_s);
    printf("peak memory  %.0f MiB\n\n", result->peak_memory_bytes / (1 << 20));
    if (result->by_clock) printf("ops          timed by the clock, with a wait after each\n\n");
}

enum { NAME_WIDTH = 43 };

static void print_op(const mx_bench_result *result, const mx_profile_row *row) {
    static const char backward[] = "conv_backward_";
    const op_facts facts = facts_of(result, row);
    const char kind = facts.roof.memory ? 'M' : 'C';
    const bool conv = strncmp(row->name, backward, strlen(backward)) == 0;
    char name[sizeof row->name + sizeof "conv_"];
    snprintf(name, sizeof name, "%s%s", conv ? "conv_" : "",
             row->name + (conv ? strlen(backward) : 0));
    if (strlen(name) > NAME_WIDTH) printf("%s\n", name);
    printf("%-*s %4.0f %8.3f %7.1f %6.1f %4.0f %c\n", NAME_WIDTH,
           strlen(name) > NAME_WIDTH ? "" : name, facts.calls, facts.ms, facts.gflops, facts.gbytes,
           facts.roof.share * 100, facts.roof.share < MX_ROOF_LEAST ? (char)(kind | 0x20) : kind);
}

static void print_text(const mx_bench_result *result, bool evaluate) {
    const step_shares shares = shares_of(result);
    print_head(result, evaluate);
    printf("%-*s call %8s %7s %6s %6s\n", NAME_WIDTH, evaluate ? "op, per batch" : "op, per step",
           "ms", "GFLOP/s", "GB/s", "% roof");
    for (size_t i = 0; i < result->n_ops; i++)
        print_op(result, &result->ops[i]);
    printf("%-*s %4s %8.3f\n\n", NAME_WIDTH, "sum", "", result->busy_ms);
    printf("bound by     computation %.0f %% of the time, memory %.0f %%, neither %.0f %%\n"
           "             (ops below %.0f %% of their roof %.0f %%, device idle %.0f %%)\n\n",
           shares.compute * 100, shares.memory * 100, (shares.slow + shares.idle) * 100,
           MX_ROOF_LEAST * 100, shares.slow * 100, shares.idle * 100);
    printf("%% roof: of what the peaks allow for an op's flops per byte; C: the arithmetic\n"
           "allows less, M: memory does; small letters: below %.0f %%. Flops are those of a\n"
           "direct algorithm, bytes those of the operands moved once: Winograd, which\n"
           "multiplies less, and operands in a cache may exceed 100.\n",
           MX_ROOF_LEAST * 100);
}

mx_status mx_cmd_benchmark(const mx_args *args) {
    const bool evaluate = mx_args_flag(args, "--evaluate");
    mx_bench_request request = {.evaluate = evaluate};
    mx_config *config = NULL;
    mx_bench_result result = {0};
    mx_status status;
    MX_TRY(mx_args_number(args, "--steps", DEFAULT_STEPS, MOST_STEPS, &request.steps));
    MX_GO(mx_open_config(&config, args, mx_args_positional(args, 0)));
    request.classes = mx_setup_classes(config, CLASSES_WITHOUT_DATA);
    MX_GO(mx_bench_run(config, &request, &result));
    if (mx_args_flag(args, "--json"))
        status = mx_print_json(as_json(&result, evaluate));
    else
        print_text(&result, evaluate);
done:
    mx_bench_release(&result);
    mx_config_close(config);
    return status;
}
