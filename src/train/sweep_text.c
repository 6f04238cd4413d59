/* The results of a sweep as a table for people, as CSV and as JSON. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/text.h"
#include "train/sweep_results.h"

enum { GAP = 2, NUMBER = 6, NUMBERS = 5, TABLE_COLUMNS = 80, LEAST_COLUMN = 4 };
static const char *const headings[NUMBERS] = {"acc", "+-", "F1", "best", "runs"};

/* What a dimension's column is called: the key without its section where that says enough. */
static const char *heading_of(const mx_sweep *sweep, int d) {
    const char *name = sweep->dimensions[d].name, *dot = strrchr(name, '.');
    if (!dot) return name;
    for (int other = 0; other < sweep->n_dimensions; other++) {
        const char *last = strrchr(sweep->dimensions[other].name, '.');
        last = last ? last + 1 : sweep->dimensions[other].name;
        if (other != d && strcmp(last, dot + 1) == 0) return name;
    }
    return dot + 1;
}

static size_t widest_label(const mx_sweep *sweep, int d) {
    size_t widest = mx_text_length(heading_of(sweep, d));
    for (int v = 0; v < sweep->dimensions[d].n_values; v++) {
        const size_t length = mx_text_length(sweep->dimensions[d].values[v].label);
        if (length > widest) widest = length;
    }
    return widest;
}

/* The widths of the dimensions' columns, 0 for seeds: the widest gives way until all fit. */
static void lay_out(const mx_sweep *sweep, size_t widths[MX_SWEEP_DIMENSIONS]) {
    const int seeds = mx_sweep_seeds(sweep);
    const size_t room = TABLE_COLUMNS - NUMBERS * (GAP + NUMBER);
    for (int d = 0; d < sweep->n_dimensions; d++)
        widths[d] = d == seeds ? 0 : widest_label(sweep, d);
    for (;;) {
        size_t sum = 0;
        int widest = 0;
        for (int d = 0; d < sweep->n_dimensions; d++) {
            sum += widths[d] ? widths[d] + GAP : 0;
            if (widths[d] > widths[widest]) widest = d;
        }
        if (sum <= room + GAP || widths[widest] <= LEAST_COLUMN) return;
        widths[widest]--;
    }
}

static void put_column(mx_buf *out, const char *text, size_t width) {
    char cut[4 * TABLE_COLUMNS + 1];
    if (width == 0) return;
    mx_text_cut(cut, sizeof cut, text, width);
    mx_buf_printf(out, "%s%*s", cut, (int)(width - mx_text_length(cut)) + GAP, "");
}

static void put_number(mx_buf *out, double value) {
    if (isfinite(value))
        mx_buf_printf(out, "%*.4f  ", NUMBER, value);
    else
        mx_buf_printf(out, "%*s  ", NUMBER, "-");
}

void mx_sweep_table_print(const mx_sweep_table *table, mx_buf *out) {
    const mx_sweep *sweep = table->sweep;
    size_t widths[MX_SWEEP_DIMENSIONS];
    lay_out(sweep, widths);
    for (int d = 0; d < sweep->n_dimensions; d++)
        put_column(out, heading_of(sweep, d), widths[d]);
    for (int i = 0; i < NUMBERS; i++)
        mx_buf_printf(out, "%*s%s", NUMBER, headings[i], i + 1 < NUMBERS ? "  " : "\n");
    for (int g = 0; g < table->n_groups; g++) {
        const mx_sweep_group *group = &table->groups[g];
        for (int d = 0; d < sweep->n_dimensions; d++)
            put_column(out, sweep->dimensions[d].values[group->picks[d]].label, widths[d]);
        put_number(out, group->accuracy.mean);
        put_number(out, group->accuracy.spread);
        put_number(out, group->f1.mean);
        put_number(out, group->best_accuracy.mean);
        mx_buf_printf(out, "%*d/%d\n", NUMBER - 2, group->n_finished, group->n_runs);
    }
}

/* An empty field for a number that is not there. */
static void put_csv_number(mx_buf *out, double value) {
    if (isfinite(value)) mx_buf_printf(out, "%.6g", value);
    mx_buf_puts(out, ",");
}

void mx_sweep_table_csv(const mx_sweep_table *table, mx_buf *out) {
    const mx_sweep *sweep = table->sweep;
    for (int d = 0; d < sweep->n_dimensions; d++) {
        mx_buf_csv_field(out, sweep->dimensions[d].name);
        mx_buf_puts(out, ",");
    }
    mx_buf_puts(out, "accuracy,f1,loss,best_accuracy,steps,seconds,state,folder\n");
    for (int run = 0; run < sweep->n_runs; run++) {
        const mx_sweep_result *result = &table->results[run];
        int picks[MX_SWEEP_DIMENSIONS];
        char name[MX_SWEEP_NAME_BYTES];
        mx_sweep_pick(sweep, run, picks);
        mx_sweep_name(sweep, run, name);
        for (int d = 0; d < sweep->n_dimensions; d++) {
            mx_buf_csv_field(out, sweep->dimensions[d].values[picks[d]].label);
            mx_buf_puts(out, ",");
        }
        put_csv_number(out, result->accuracy);
        put_csv_number(out, result->f1);
        put_csv_number(out, result->loss);
        put_csv_number(out, result->best_accuracy);
        mx_buf_printf(out, "%" PRIu64 ",%.1f,%s,", result->steps, result->seconds,
                      mx_sweep_state_name(result->state));
        mx_buf_csv_field(out, name);
        mx_buf_puts(out, "\n");
    }
}

static json_t *number_or_null(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

/* {NAME: LABEL} without the dimension `except`. */
static json_t *values_json(const mx_sweep *sweep, const int *picks, int except) {
    json_t *values = json_object();
    for (int d = 0; d < sweep->n_dimensions; d++)
        if (d != except)
            json_object_set_new(values, sweep->dimensions[d].name,
                                json_string(sweep->dimensions[d].values[picks[d]].label));
    return values;
}

static json_t *run_json(const mx_sweep *sweep, int run, const mx_sweep_result *result) {
    int picks[MX_SWEEP_DIMENSIONS];
    char name[MX_SWEEP_NAME_BYTES];
    mx_sweep_pick(sweep, run, picks);
    mx_sweep_name(sweep, run, name);
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:I, s:f}", "folder", name, "values",
                     values_json(sweep, picks, -1), "state", mx_sweep_state_name(result->state),
                     "accuracy", number_or_null(result->accuracy), "f1", number_or_null(result->f1),
                     "loss", number_or_null(result->loss), "best_accuracy",
                     number_or_null(result->best_accuracy), "steps", (json_int_t)result->steps,
                     "seconds", result->seconds);
}

static json_t *statistic_json(const mx_sweep_statistic *s) {
    return json_pack("{s:o, s:o}", "mean", number_or_null(s->mean), "spread",
                     number_or_null(s->spread));
}

static json_t *group_json(const mx_sweep *sweep, const mx_sweep_group *group) {
    return json_pack("{s:o, s:i, s:i, s:o, s:o, s:o, s:o}", "values",
                     values_json(sweep, group->picks, mx_sweep_seeds(sweep)), "runs", group->n_runs,
                     "finished", group->n_finished, "accuracy", statistic_json(&group->accuracy),
                     "f1", statistic_json(&group->f1), "loss", statistic_json(&group->loss),
                     "best_accuracy", statistic_json(&group->best_accuracy));
}

mx_status mx_sweep_table_json(const mx_sweep_table *table, json_t **out) {
    const mx_sweep *sweep = table->sweep;
    json_t *varied = json_array(), *runs = json_array(), *groups = json_array();
    int failed = 0;
    for (int d = 0; d < sweep->n_dimensions; d++)
        failed |= json_array_append_new(varied, json_string(sweep->dimensions[d].name));
    for (int run = 0; run < sweep->n_runs; run++)
        failed |= json_array_append_new(runs, run_json(sweep, run, &table->results[run]));
    for (int g = 0; g < table->n_groups; g++)
        failed |= json_array_append_new(groups, group_json(sweep, &table->groups[g]));
    *out = json_pack("{s:o, s:o, s:o}", "varied", varied, "runs", runs, "groups", groups);
    if (*out && !failed) return MX_OK;
    json_decref(*out);
    *out = NULL;
    return mx_fail(MX_MEMORY, "cannot hold the results of a sweep as JSON");
}
