/* Shared by the report_*.c files only. */
#ifndef MX_TRAIN_REPORT_INTERNAL_H
#define MX_TRAIN_REPORT_INTERNAL_H

#include "train/metrics.h"
#include "train/report_data.h"

enum { MX_REPORT_MISTAKES = 24, MX_REPORT_UNSURE = 12, MX_REPORT_NOTES = 4 };

struct mx_report_data {
    mx_report report;
    char *folder;
    mx_config *config;
    mx_arena texts; /* and whatever else the report points to */
    const char *notes[MX_REPORT_NOTES];
    mx_dataset pictures; /* of mx_report_data_evaluate_anew */
    mx_metrics metrics;
    mx_report_evaluation evaluation;
    mx_report_picture mistakes[MX_REPORT_MISTAKES], unsure[MX_REPORT_UNSURE];
};

/* `bytes` zeroed bytes that live as long as the report. Fails with MX_MEMORY. */
mx_status mx_report_keep(mx_report_data *data, void *out, size_t bytes);

/* Adds the sentence "WHAT: REASON" to the notes, the reason being this thread's message. Fails with
 * MX_MEMORY. */
mx_status mx_report_note(mx_report_data *data, const char *what);

/* Fills report.settings. Fails with MX_MEMORY. */
mx_status mx_report_list_settings(mx_report_data *data);

/* Fills what run.json knows. Fails with MX_DATA or MX_MEMORY. */
mx_status mx_report_read_facts(mx_report_data *data);

#endif
