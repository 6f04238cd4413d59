/* What the runs of a sweep came to, one by one and averaged over seeds. */
#ifndef MX_TRAIN_SWEEP_RESULTS_H
#define MX_TRAIN_SWEEP_RESULTS_H

#include <jansson.h>

#include "report/sweep_plot.h"
#include "train/sweep.h"

typedef enum mx_sweep_state {
    MX_SWEEP_WAITING, /* not begun */
    MX_SWEEP_BEGUN,
    MX_SWEEP_FINISHED,
    MX_SWEEP_FAILED
} mx_sweep_state;

/* "waiting", "begun", "finished" or "failed". */
const char *mx_sweep_state_name(mx_sweep_state state);

/* One run. Scores are NaN where it has none. */
typedef struct mx_sweep_result {
    mx_sweep_state state;
    double accuracy, f1, loss, best_accuracy;
    uint64_t steps;
    double seconds;
} mx_sweep_result;

/* Reads the folder of a run, which need not be there. Fails with MX_DATA (a damaged run.json) or
 * MX_MEMORY. */
mx_status mx_sweep_result_read(mx_sweep_result *out, const char *run);

/* Of the finite ones among `count` numbers. */
typedef struct mx_sweep_statistic {
    int n;
    double mean;   /* NaN of none */
    double spread; /* sample standard deviation; NaN of fewer than two */
} mx_sweep_statistic;
mx_sweep_statistic mx_sweep_statistic_of(const double *values, int count);

/* Runs that differ in run.seed alone. The statistics are of the finished ones. */
typedef struct mx_sweep_group {
    int picks[MX_SWEEP_DIMENSIONS]; /* that of the seeds is 0 */
    int n_runs, n_finished;
    mx_sweep_statistic accuracy, f1, loss, best_accuracy;
} mx_sweep_group;

/* A sweep with a result for each of its runs, put into groups. */
typedef struct mx_sweep_table {
    const mx_sweep *sweep;
    const mx_sweep_result *results; /* n_runs */
    mx_sweep_group *groups;         /* in the order of their first runs */
    int n_groups;
} mx_sweep_table;

/* `sweep` and `results` must outlive it. Fails with MX_MEMORY. */
mx_status mx_sweep_table_init(mx_sweep_table *out, const mx_sweep *sweep,
                              const mx_sweep_result *results);
void mx_sweep_table_release(mx_sweep_table *table);

/* Appends a line for each group, for people, within 80 columns. */
void mx_sweep_table_print(const mx_sweep_table *table, mx_buf *out);
/* Appends a row for each run: values, accuracy, f1, loss, best_accuracy, steps, seconds, state and
 * its folder in that of the sweep. */
void mx_sweep_table_csv(const mx_sweep_table *table, mx_buf *out);
/* {"varied", "runs", "groups"}. Fails with MX_MEMORY. */
mx_status mx_sweep_table_json(const mx_sweep_table *table, json_t **out);

/* What there is to draw: over the numbers of a key, else a bar for each group. The x axis is the
 * dimension with the most values of those that are numbers. Texts live in `arena`. Fails with
 * MX_MEMORY. */
mx_status mx_sweep_table_figure(const mx_sweep_table *table, mx_arena *arena, mx_sweep_figure *out);

#endif
