/* The rows of a metrics.csv, column by column. */
#ifndef MX_REPORT_HISTORY_H
#define MX_REPORT_HISTORY_H

#include <stddef.h>

#include "base/status.h"

/* The columns of metrics.csv that are read, and what they are called there. */
#define MX_HISTORY_COLUMNS(X)                                                                      \
    X(MX_HISTORY_STEP, "step")                                                                     \
    X(MX_HISTORY_EPOCH, "epoch")                                                                   \
    X(MX_HISTORY_ELAPSED, "elapsed_s")                                                             \
    X(MX_HISTORY_LOSS, "loss")                                                                     \
    X(MX_HISTORY_LOSS_X, "loss_x")                                                                 \
    X(MX_HISTORY_LOSS_U, "loss_u")                                                                 \
    X(MX_HISTORY_LAMBDA_U, "lambda_u")                                                             \
    X(MX_HISTORY_LR, "lr")                                                                         \
    X(MX_HISTORY_IMAGES_PER_S, "images_per_s")                                                     \
    X(MX_HISTORY_TEST_LOSS, "test_loss")                                                           \
    X(MX_HISTORY_ACCURACY, "test_acc")                                                             \
    X(MX_HISTORY_F1, "test_f1")                                                                    \
    X(MX_HISTORY_ACCURACY_RAW, "test_acc_raw")                                                     \
    X(MX_HISTORY_CONFIDENCE, "guess_confidence")                                                   \
    X(MX_HISTORY_GUESS_ACCURACY, "guess_accuracy")                                                 \
    X(MX_HISTORY_BALANCE, "guess_balance")

#define MX_HISTORY_ENUM(id, name) id,
typedef enum mx_history_column {
    MX_HISTORY_COLUMNS(MX_HISTORY_ENUM) MX_HISTORY_COUNT
} mx_history_column;

typedef struct mx_history {
    size_t n_rows;
    double *values[MX_HISTORY_COUNT]; /* n_rows each; NaN where a row has none */
} mx_history;

/* Reads a metrics.csv; columns may be missing, but for the step, others are left out. Fails with
 * MX_DATA (file and line in the message) when it is no such file or damaged, with MX_MEMORY, and
 * with MX_USAGE in a build without libcsv. */
mx_status mx_history_read(mx_history *out, const char *path);
void mx_history_release(mx_history *history);

/* The row of step number `step`, or n_rows. */
size_t mx_history_find(const mx_history *history, double step);
/* The last value of a column that is a number, or NaN. */
double mx_history_last(const mx_history *history, mx_history_column column);
/* The median of a column's numbers, or NaN. Fails with MX_MEMORY. */
mx_status mx_history_median(const mx_history *history, mx_history_column column, double *out);

/* The numbers of a column and the steps they belong to, at most `most` of them: where there are
 * more, each is the mean of equally many neighbours. Returns how many. */
int mx_history_curve(const mx_history *history, mx_history_column column, int most, double *steps,
                     double *values);

#endif
