/* The sections of a report. Inner header of report/html*.c. */
#ifndef MX_REPORT_HTML_PARTS_H
#define MX_REPORT_HTML_PARTS_H

#include "report/html_text.h"
#include "report/report.h"
#include "report/report_plots.h"

/* An SVG picture as <figure>; `alt` says what it shows. */
void mx_html_svg(mx_buf *out, const mx_buf *svg, const char *alt);
/* The plot of one run. Fails with MX_MEMORY. */
mx_status mx_html_plot(mx_buf *out, const mx_report *report, mx_report_plot plot);

/* Each appends nothing where the report has nothing for it. Fail with MX_MEMORY. */
mx_status mx_html_curves(mx_buf *out, const mx_report *report);
mx_status mx_html_confusion(mx_buf *out, const mx_report *report);
mx_status mx_html_calibration(mx_buf *out, const mx_report *report);
mx_status mx_html_pictures(mx_buf *out, const mx_report *report);
void mx_html_classes(mx_buf *out, const mx_report *report);
void mx_html_balance(mx_buf *out, const mx_report *report);
void mx_html_settings(mx_buf *out, const mx_report *report);
void mx_html_machine(mx_buf *out, const mx_report *report);

/* The headline numbers of a run, where they are known; NaN else. */
typedef struct mx_html_scores {
    double accuracy, accuracy_raw, f1, ece; /* of the best weights; raw: of the same step */
    double seconds, images_per_s;
} mx_html_scores;
mx_status mx_html_find_scores(const mx_report *report, mx_html_scores *out);

/* <tr><th>NAME</th><td>VALUE</td></tr>; nothing for an empty value. */
void mx_html_fact(mx_buf *out, const char *name, const char *value);

#endif
