/* The report of a run, gathered from its folder. */
#ifndef MX_TRAIN_REPORT_DATA_H
#define MX_TRAIN_REPORT_DATA_H

#include "report/report.h"
#include "train/config.h"
#include "train/evaluate.h"

typedef struct mx_report_data mx_report_data;

/* Reads config.ini, run.json and metrics.csv of the folder `run`. Where one of the latter two is
 * not there, a note of the report says so. Fails with MX_DATA (no run folder, a damaged file),
 * MX_USAGE (its configuration) or MX_MEMORY. */
mx_status mx_report_data_open(mx_report_data **out, const char *run);
void mx_report_data_close(mx_report_data *data);

/* The report; lives as long as `data`. */
const mx_report *mx_report_data_get(const mx_report_data *data);

/* What best.safetensors is evaluated with; its weights go to the network's moving average. The
 * pictures are named, and live as long as the report. */
typedef struct mx_report_bench {
    const mx_dataset *pictures;
    mx_evaluator *evaluator;
    mx_feed *feed;
} mx_report_bench;

/* Adds the pictures of each class, and the evaluation where there are rows for one. Fails with
 * MX_DATA, MX_OPENCL or MX_MEMORY; the report is then without an evaluation. */
mx_status mx_report_data_evaluate(mx_report_data *data, const mx_report_bench *bench);

/* The same with the data set and device of `config`. Where that fails, a note says why, and all
 * else stays. Fails with MX_MEMORY. */
mx_status mx_report_data_evaluate_anew(mx_report_data *data, const mx_config *config);

/* Writes report.html and the folder plots into the run folder, or with `path` only the page, there.
 * Fails with MX_WRITE or MX_MEMORY. */
mx_status mx_report_data_write(const mx_report_data *data, const char *path);

#endif
