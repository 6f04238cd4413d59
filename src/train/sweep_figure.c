/* What there is to draw of a sweep. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/text.h"
#include "train/config_internal.h"
#include "train/sweep_results.h"

static mx_status no_memory(void) {
    return mx_fail(MX_MEMORY, "cannot hold the plot of a sweep");
}

/* Whether every value of a dimension of one key is another number. */
static bool is_numeric(const mx_sweep_dimension *dimension) {
    double number, other;
    if (!strchr(dimension->name, '.') || dimension->n_values < 2) return false;
    for (int v = 0; v < dimension->n_values; v++) {
        if (!mx_parse_real(dimension->values[v].label, &number)) return false;
        for (int w = 0; w < v; w++)
            if (mx_parse_real(dimension->values[w].label, &other) && other == number) return false;
    }
    return true;
}

/* The dimension of the x axis, or -1. */
static int choose_x(const mx_sweep *sweep) {
    const int seeds = mx_sweep_seeds(sweep);
    int best = -1;
    for (int d = 0; d < sweep->n_dimensions; d++) {
        const bool more =
            best < 0 || sweep->dimensions[d].n_values > sweep->dimensions[best].n_values;
        if (d != seeds && more && is_numeric(&sweep->dimensions[d])) best = d;
    }
    return best;
}

/* A number or a yes says nothing without its key. */
static bool needs_key(const char *label) {
    static const char bools[] = "|true|false|yes|no|on|off";
    double number;
    return mx_parse_real(label, &number) || mx_is_choice(bools, label);
}

/* "k 4, MixMatch": the values of a group but for those of two dimensions and of lone ones. */
static const char *name_of(const mx_sweep *sweep, const int *picks, int x, mx_arena *arena) {
    const int seeds = mx_sweep_seeds(sweep);
    mx_buf name = {0};
    for (int d = 0; d < sweep->n_dimensions; d++) {
        const mx_sweep_dimension *dimension = &sweep->dimensions[d];
        if (d == x || d == seeds || dimension->n_values < 2) continue;
        const char *label = dimension->values[picks[d]].label, *dot = strrchr(dimension->name, '.');
        if (name.length) mx_buf_puts(&name, ", ");
        if (needs_key(label)) mx_buf_printf(&name, "%s ", dot ? dot + 1 : dimension->name);
        mx_text_clean(&name, label);
    }
    char *kept = name.failed ? NULL : mx_arena_strdup(arena, mx_buf_text(&name));
    mx_buf_release(&name);
    return kept;
}

static int compare_numbers(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int index_of(const mx_sweep_figure *figure, double number) {
    int i = 0;
    while (i + 1 < figure->n_x && figure->x[i] != number)
        i++;
    return i;
}

static mx_status take_x(const mx_sweep_dimension *dimension, mx_arena *arena,
                        mx_sweep_figure *out) {
    out->n_x = dimension ? dimension->n_values : 1;
    out->x = mx_arena_alloc(arena, (size_t)out->n_x * sizeof *out->x);
    if (!out->x) return no_memory();
    for (int i = 0; dimension && i < out->n_x; i++)
        mx_parse_real(dimension->values[i].label, &out->x[i]);
    qsort(out->x, (size_t)out->n_x, sizeof *out->x, compare_numbers);
    return MX_OK;
}

/* Adds a curve without points; `picks` are the values that it is of. */
static mx_status add_curve(const mx_sweep *sweep, const int *picks, int x, mx_arena *arena,
                           mx_sweep_figure *out) {
    const size_t bytes = (size_t)out->n_x * sizeof(double);
    mx_sweep_curve *curve = &out->curves[out->n_curves++];
    *curve = (mx_sweep_curve){.name = name_of(sweep, picks, x, arena),
                              .means = mx_arena_alloc(arena, bytes),
                              .spreads = mx_arena_alloc(arena, bytes)};
    if (!curve->name || !curve->means || !curve->spreads) return no_memory();
    for (int i = 0; i < out->n_x; i++)
        curve->means[i] = curve->spreads[i] = (double)NAN;
    return MX_OK;
}

static mx_status take_title(const mx_sweep *sweep, mx_arena *arena, mx_sweep_figure *out) {
    const int seeds = mx_sweep_seeds(sweep);
    char title[128] = "Test accuracy, %";
    if (seeds >= 0 && sweep->dimensions[seeds].n_values > 1)
        snprintf(title, sizeof title,
                 "Test accuracy, %%: mean and standard deviation over %d seeds",
                 sweep->dimensions[seeds].n_values);
    out->title = mx_arena_strdup(arena, title);
    return out->title ? MX_OK : no_memory();
}

mx_status mx_sweep_table_figure(const mx_sweep_table *table, mx_arena *arena,
                                mx_sweep_figure *out) {
    const mx_sweep *sweep = table->sweep;
    const int x = choose_x(sweep);
    const mx_sweep_dimension *dimension = x < 0 ? NULL : &sweep->dimensions[x];
    *out = (mx_sweep_figure){.bars = x < 0, .x_label = dimension ? dimension->name : NULL};
    MX_TRY(take_title(sweep, arena, out));
    MX_TRY(take_x(dimension, arena, out));
    /* The curve of each run whose x is the first value; 0: none yet. */
    int *curve_of = mx_arena_alloc(arena, (size_t)sweep->n_runs * sizeof *curve_of);
    out->curves = mx_arena_alloc(arena, (size_t)table->n_groups * sizeof *out->curves);
    if (!curve_of || !out->curves) return no_memory();
    for (int g = 0; g < table->n_groups; g++) {
        const mx_sweep_group *group = &table->groups[g];
        int picks[MX_SWEEP_DIMENSIONS], place = 0;
        memcpy(picks, group->picks, sizeof picks);
        if (dimension) {
            double number = 0;
            mx_parse_real(dimension->values[picks[x]].label, &number);
            place = index_of(out, number);
            picks[x] = 0;
        }
        int *curve = &curve_of[mx_sweep_run(sweep, picks)];
        if (*curve == 0) {
            MX_TRY(add_curve(sweep, picks, x, arena, out));
            *curve = out->n_curves;
        }
        out->curves[*curve - 1].means[place] = group->accuracy.mean;
        out->curves[*curve - 1].spreads[place] = group->accuracy.spread;
    }
    return MX_OK;
}
