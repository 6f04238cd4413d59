/* mixcl tune: measures the convolutions of a configuration's network anew. */
#include <stdio.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/open_config.h"
#include "ops/conv_tune.h"
#include "ops/gemm_tune.h"
#include "train/setup.h"

enum { CLASSES_WITHOUT_DATA = 10 };
static const char *const directions[] = {"forward", "data", "weights"};

const mx_option mx_cmd_tune_options[] = {
    {"CONFIG", NULL, "the INI file"},
    MX_SET_OPTION,
    MX_DEVICE_OPTION,
    {"--full", NULL, "time every algorithm, even the hopeless"},
    {"--clblast", NULL, "search CLBlast's parameters instead"},
    {"--json", NULL, "print JSON"},
    {0},
};

static double gflops(const mx_conv_tuned *row, const mx_conv_timed *choice) {
    return mx_conv_flops(&row->shape) / choice->ms * 1e-6;
}

/* "winograd 4,16": the name and its parameters in order. */
static const char *choice_text(const mx_conv_timed *choice, char *out, size_t bytes) {
    size_t used =
        (size_t)snprintf(out, bytes, "%s", choice->algorithm ? choice->algorithm->name : "-");
    for (int i = 0; choice->algorithm && i < MX_CONV_PARAMS && choice->algorithm->param_names[i] &&
                    used < bytes;
         i++)
        used += (size_t)snprintf(out + used, bytes - used, "%c%d", i == 0 ? ' ' : ',',
                                 choice->params.v[i]);
    return out;
}

static void print_row(const mx_conv_tuned *row) {
    const mx_conv_shape *s = &row->shape;
    char shape[64], best[64], next[64];
    snprintf(shape, sizeof shape, "%dx%d/%d %d->%d @%dx%d", s->r, s->s, s->stride, s->c, s->k, s->h,
             s->w);
    printf("%-21s %-7s %-14s %7.3f %6.0f  %s", shape, directions[row->direction],
           choice_text(&row->best, best, sizeof best), row->best.ms, gflops(row, &row->best),
           choice_text(&row->next, next, sizeof next));
    if (row->next.algorithm) printf(" %+.0f%%", (row->next.ms / row->best.ms - 1.0) * 100.0);
    putchar('\n');
}

static bool has_result(const mx_conv_tuner *tuner, const mx_conv_algorithm *algorithm,
                       mx_conv_direction direction) {
    mx_conv_tuned row;
    for (size_t i = 0; mx_conv_tuner_result(tuner, i, &row); i++)
        if (row.direction == direction &&
            (row.best.algorithm == algorithm || row.next.algorithm == algorithm))
            return true;
    return false;
}

static void print_params_of(const mx_conv_algorithm *algorithm) {
    printf("%-14s", algorithm->name);
    for (int i = 0; i < MX_CONV_PARAMS && algorithm->param_names[i]; i++)
        printf("%s%s", i == 0 ? "" : ",", algorithm->param_names[i]);
}

/* What the numbers after an algorithm's name are. */
static void print_params(const mx_conv_tuner *tuner) {
    for (size_t i = 0; i < mx_conv_algorithm_count; i++) {
        const mx_conv_algorithm *algorithm = mx_conv_algorithms[i];
        bool begun = false;
        for (mx_conv_direction d = 0; algorithm->param_names[0] && d < MX_CONV_DIRECTIONS; d++) {
            if (!has_result(tuner, algorithm, d)) continue;
            if (!begun) print_params_of(algorithm);
            printf("%s%s", begun ? ", " : " of ", directions[d]);
            begun = true;
        }
        if (begun) putchar('\n');
    }
}

static void print_text(const mx_conv_tuner *tuner, const char *device) {
    mx_conv_tuned row;
    if (!mx_conv_tuner_result(tuner, 0, &row)) {
        printf("there is nothing to choose between\n");
        return;
    }
    printf("device %s, batch %d\n\n", device, row.shape.n);
    printf("%-21s %-7s %-14s %7s %6s  %s\n", "convolution", "", "fastest", "ms", "GFLOPS", "next");
    for (size_t i = 0; mx_conv_tuner_result(tuner, i, &row); i++)
        print_row(&row);
    putchar('\n');
    print_params(tuner);
}

static json_t *choice_json(const mx_conv_tuned *row, const mx_conv_timed *choice) {
    if (!choice->algorithm) return json_null();
    return json_pack("{s:s, s:o, s:f, s:f}", "algorithm", choice->algorithm->name, "params",
                     mx_conv_params_json(choice->algorithm, &choice->params), "ms", choice->ms,
                     "gflops", gflops(row, choice));
}

static json_t *as_json(const mx_conv_tuner *tuner, const char *device) {
    json_t *rows = json_array();
    mx_conv_tuned row;
    for (size_t i = 0; mx_conv_tuner_result(tuner, i, &row); i++) {
        const mx_conv_shape *s = &row.shape;
        json_array_append_new(
            rows,
            json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o}", "direction",
                      mx_conv_direction_name(row.direction), "n", s->n, "c", s->c, "k", s->k, "h",
                      s->h, "w", s->w, "r", s->r, "s", s->s, "stride", s->stride, "pad", s->pad,
                      "best", choice_json(&row, &row.best), "next", choice_json(&row, &row.next)));
    }
    return json_pack("{s:s, s:o}", "device", device, "convolutions", rows);
}

static mx_status tune(const mx_args *args, const mx_config *config) {
    const mx_trainer_spec spec = mx_setup_trainer(config);
    mx_device *device = NULL;
    mx_conv_tuner *tuner = NULL;
    mx_net *net = NULL;
    mx_status status;
    MX_GO(mx_setup_device(config, false, &device));
    MX_GO(mx_conv_tuner_open(&tuner, device,
                             mx_args_flag(args, "--full") ? MX_TUNE_FULL : MX_TUNE_AUTO));
    mx_conv_tuner_forget(tuner);
    MX_GO(mx_setup_net_with(config, device, mx_setup_classes(config, CLASSES_WITHOUT_DATA), &spec,
                            tuner, &net));
    if (mx_args_flag(args, "--json"))
        status = mx_print_json(as_json(tuner, mx_device_get_info(device)->name));
    else
        print_text(tuner, mx_device_get_info(device)->name);
done:
    mx_net_close(net);
    mx_conv_tuner_close(tuner);
    mx_device_close(device);
    return status;
}

static json_t *clblast_json(const mx_gemm_tuned *tuned) {
    json_t *params = json_object();
    for (int i = 0; tuned->changed && i < MX_GEMM_PARAMS; i++)
        json_object_set_new(params, mx_gemm_param_names[i],
                            json_integer((json_int_t)tuned->best.v[i]));
    return json_pack("{s:i, s:i, s:f, s:f, s:b, s:o}", "tried", tuned->tried, "refused",
                     tuned->refused, "own_gflops", tuned->own_gflops, "best_gflops",
                     tuned->best_gflops, "changed", tuned->changed, "params", params);
}

static void print_clblast(const mx_device *device, const mx_gemm_tuned *tuned) {
    printf("device       %s\n", mx_device_get_info(device)->name);
    printf("candidates   %d, of which %d do not work here\n", tuned->tried, tuned->refused);
    printf("CLBlast's    %.1f GFLOP/s with its own parameters\n", tuned->own_gflops);
    printf("best         %.1f GFLOP/s%s\n", tuned->best_gflops,
           tuned->changed ? ", stored" : ": no gain, CLBlast's own stay");
    for (int i = 0; tuned->changed && i < MX_GEMM_PARAMS; i++)
        printf("%s%s %zu", i % 8 == 0 ? "\n  " : ", ", mx_gemm_param_names[i], tuned->best.v[i]);
    if (tuned->changed) putchar('\n');
}

static mx_status tune_clblast(const mx_args *args, const mx_config *config) {
    mx_device *device = NULL;
    mx_gemm_tuned tuned;
    mx_status status;
    MX_GO(mx_device_open_limited(&device, config->device_select,
                                 mx_limits_name((mx_limits)config->device_limits), false));
    mx_info("searching CLBlast's parameters, which takes about a minute");
    MX_GO(mx_gemm_tune(device, &tuned));
    if (mx_args_flag(args, "--json"))
        status = mx_print_json(clblast_json(&tuned));
    else
        print_clblast(device, &tuned);
done:
    mx_device_close(device);
    return status;
}

mx_status mx_cmd_tune(const mx_args *args) {
    mx_config *config = NULL;
    MX_TRY(mx_open_config(&config, args, mx_args_positional(args, 0)));
    const mx_status status =
        mx_args_flag(args, "--clblast") ? tune_clblast(args, config) : tune(args, config);
    mx_config_close(config);
    return status;
}
