#include "report/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/table.h"

static const char *const names[] = {
#define MX_HISTORY_NAME(id, name) name,
    MX_HISTORY_COLUMNS(MX_HISTORY_NAME)};

/* The column of the table called `name`, or n_columns. */
static size_t find_column(const mx_table *table, const char *name) {
    size_t column = 0;
    while (column < table->n_columns && strcmp(table->columns[column], name) != 0)
        column++;
    return column;
}

static mx_status read_number(const mx_table *table, size_t row, size_t column, double *out) {
    const char *text = mx_table_cell(table, row, column);
    char *end = NULL;
    *out = NAN;
    if (*text == '\0') return MX_OK;
    *out = strtod(text, &end);
    if (*end == '\0') return MX_OK;
    return mx_fail(MX_DATA, "'%s', line %d: '%.40s' in column '%s' is not a number", table->path,
                   table->lines[row], text, table->columns[column]);
}

static mx_status take_column(mx_history *out, const mx_table *table, int which) {
    const size_t column = find_column(table, names[which]);
    MX_TRY(mx_alloc(&out->values[which], table->n_rows, sizeof **out->values));
    for (size_t row = 0; row < table->n_rows; row++) {
        double *value = &out->values[which][row];
        *value = NAN;
        if (column < table->n_columns) MX_TRY(read_number(table, row, column, value));
    }
    return MX_OK;
}

static mx_status check_steps(const mx_history *history, const mx_table *table) {
    const double *steps = history->values[MX_HISTORY_STEP];
    for (size_t row = 0; row < history->n_rows; row++)
        if (!isfinite(steps[row]) || steps[row] < 0 || (row > 0 && steps[row] < steps[row - 1]))
            return mx_fail(MX_DATA, "'%s', line %d: steps must grow from line to line", table->path,
                           table->lines[row]);
    return MX_OK;
}

static mx_status read_table(mx_table *out, const char *path) {
#ifdef MIXCL_WITH_CSV
    const mx_table_options options = {.delimiter = ',', .header = true};
    return mx_table_read(out, path, &options);
#else
    *out = (mx_table){0};
    return mx_fail(MX_USAGE,
                   "cannot read '%s': this mixcl was built without libcsv; build with "
                   "-DMIXCL_CSV=ON",
                   path);
#endif
}

mx_status mx_history_read(mx_history *out, const char *path) {
    mx_table table;
    mx_status status;
    *out = (mx_history){0};
    MX_TRY(read_table(&table, path));
    if (find_column(&table, names[MX_HISTORY_STEP]) == table.n_columns) {
        status = mx_fail(MX_DATA, "'%s' has no column 'step': it is no metrics.csv", path);
        goto done;
    }
    out->n_rows = table.n_rows;
    for (int i = 0; i < MX_HISTORY_COUNT; i++)
        MX_GO(take_column(out, &table, i));
    MX_GO(check_steps(out, &table));
done:
    mx_table_release(&table);
    if (status != MX_OK) mx_history_release(out);
    return status;
}

void mx_history_release(mx_history *history) {
    for (int i = 0; i < MX_HISTORY_COUNT; i++)
        free(history->values[i]);
    *history = (mx_history){0};
}

size_t mx_history_find(const mx_history *history, double step) {
    size_t row = 0;
    while (row < history->n_rows && history->values[MX_HISTORY_STEP][row] != step)
        row++;
    return row;
}

double mx_history_last(const mx_history *history, mx_history_column column) {
    for (size_t row = history->n_rows; row-- > 0;)
        if (isfinite(history->values[column][row])) return history->values[column][row];
    return NAN;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

mx_status mx_history_median(const mx_history *history, mx_history_column column, double *out) {
    double *sorted = NULL;
    size_t count = 0;
    *out = NAN;
    if (history->n_rows == 0) return MX_OK;
    MX_TRY(mx_alloc(&sorted, history->n_rows, sizeof *sorted));
    for (size_t row = 0; row < history->n_rows; row++)
        if (isfinite(history->values[column][row])) sorted[count++] = history->values[column][row];
    qsort(sorted, count, sizeof *sorted, by_value);
    if (count > 0) *out = sorted[count / 2];
    free(sorted);
    return MX_OK;
}

static size_t count_numbers(const mx_history *history, mx_history_column column) {
    size_t count = 0;
    for (size_t row = 0; row < history->n_rows; row++)
        count += isfinite(history->values[column][row]) != 0;
    return count;
}

int mx_history_curve(const mx_history *history, mx_history_column column, int most, double *steps,
                     double *values) {
    const size_t total = count_numbers(history, column),
                 width = (total + (size_t)most - 1) / (size_t)most;
    size_t in_group = 0;
    int count = 0;
    for (size_t row = 0; row < history->n_rows; row++) {
        const double value = history->values[column][row];
        if (!isfinite(value)) continue;
        if (in_group == 0) steps[count] = values[count] = 0;
        steps[count] += history->values[MX_HISTORY_STEP][row];
        values[count] += value;
        if (++in_group < width) continue;
        steps[count] /= (double)width;
        values[count++] /= (double)width;
        in_group = 0;
    }
    if (in_group == 0) return count;
    steps[count] /= (double)in_group;
    values[count] /= (double)in_group;
    return count + 1;
}
