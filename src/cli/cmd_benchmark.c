/* mixcl benchmark: what a step costs, and where. */
#include <stdio.h>
#include <stdlib.h>

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
    {"--steps", "N", "steps to time (default 10)"},
    {"--json", NULL, "print JSON"},
    {0},
};

static double gflops(const mx_profile_row *row) {
    return row->ms > 0 ? row->work.flops / row->ms * 1e-6 : 0.0;
}

static json_t *ops_json(const mx_bench_result *result) {
    const double steps = result->profiled_steps;
    json_t *ops = json_array();
    for (size_t i = 0; i < result->n_ops; i++) {
        const mx_profile_row *row = &result->ops[i];
        json_array_append_new(ops, json_pack("{s:s, s:f, s:f, s:f}", "name", row->name, "calls",
                                             (double)row->calls / steps, "ms", row->ms / steps,
                                             "gflops", gflops(row)));
    }
    return ops;
}

static json_t *as_json(const mx_bench_result *result) {
    return json_pack(
        "{s:s, s:{s:f, s:f}, s:f, s:f, s:f, s:f, s:f, s:f, s:i, s:s, s:o}", "device",
        result->device.name, "step_ms", "median", result->step_ms_median, "min",
        result->step_ms_min, "first_step_ms", result->first_step_ms, "enqueue_ms",
        result->enqueue_ms_median, "idle_ms", result->profiled_step_ms - result->busy_ms,
        "profiled_step_ms", result->profiled_step_ms, "images_per_s", result->images_per_s,
        "peak_memory_bytes", result->peak_memory_bytes, "steps", result->steps, "ops_timed_by",
        result->by_clock ? "clock" : "device", "ops", ops_json(result));
}

static void print_text(const mx_bench_result *result) {
    const double steps = result->profiled_steps;
    printf("device       %s\n", result->device.name);
    printf("step         %.1f ms median, %.1f ms best of %d; the first took %.0f ms\n",
           result->step_ms_median, result->step_ms_min, result->steps, result->first_step_ms);
    printf("enqueueing   %.1f ms of it\n", result->enqueue_ms_median);
    printf("device idle  %.1f of %.1f ms, profiled\n", result->profiled_step_ms - result->busy_ms,
           result->profiled_step_ms);
    printf("pictures     %.1f a second\n", result->images_per_s);
    printf("peak memory  %.0f MiB\n\n", result->peak_memory_bytes / (1 << 20));
    if (result->by_clock) printf("ops          timed by the clock, with a wait after each\n\n");
    printf("%-52s %5s %10s %9s\n", "op, per step", "calls", "ms", "GFLOP/s");
    for (size_t i = 0; i < result->n_ops; i++) {
        const mx_profile_row *row = &result->ops[i];
        printf("%-52s %5.0f %10.3f %9.1f\n", row->name, (double)row->calls / steps, row->ms / steps,
               gflops(row));
    }
    printf("%-52s %5s %10.3f\n", "sum", "", result->busy_ms);
}

mx_status mx_cmd_benchmark(const mx_args *args) {
    mx_config *config = NULL;
    mx_bench_result result = {0};
    int steps = 0;
    mx_status status;
    MX_TRY(mx_args_number(args, "--steps", DEFAULT_STEPS, MOST_STEPS, &steps));
    MX_GO(mx_open_config(&config, args, mx_args_positional(args, 0)));
    MX_GO(mx_bench_run(config, mx_setup_classes(config, CLASSES_WITHOUT_DATA), steps, &result));
    if (mx_args_flag(args, "--json"))
        status = mx_print_json(as_json(&result));
    else
        print_text(&result);
done:
    mx_bench_release(&result);
    mx_config_close(config);
    return status;
}
