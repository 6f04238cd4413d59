/* The plots of a report: curves over steps, confusion matrix and reliability diagram. */
#ifndef MX_REPORT_REPORT_PLOTS_H
#define MX_REPORT_REPORT_PLOTS_H

#include "base/buf.h"
#include "report/report.h"

typedef enum mx_report_plot {
    MX_PLOT_LOSS,
    MX_PLOT_ACCURACY,
    MX_PLOT_GUESSES,
    MX_PLOT_LAMBDA_U,
    MX_PLOT_LR,
    MX_PLOT_RELIABILITY,
    MX_PLOT_CONFUSION,
    MX_PLOT_COUNT
} mx_report_plot;

/* The stem of its files: "loss", "accuracy", ... */
const char *mx_report_plot_name(mx_report_plot plot);
/* Appends what it shows, for those who do not see it. */
void mx_report_plot_describe(const mx_report *report, mx_report_plot plot, mx_buf *out);

/* False where the report has nothing for it: no such numbers, or a rate that never varies. */
bool mx_report_has_plot(const mx_report *report, mx_report_plot plot);

/* Appends the plot as SVG, of a size that is legible on a phone. Fails with MX_MEMORY, or MX_USAGE
 * in a build without Cairo. */
mx_status mx_report_plot_svg(const mx_report *report, mx_report_plot plot, mx_buf *out);

/* Writes all there are into `folder`, made when absent, each as .png and .svg. Fails as
 * mx_report_plot_svg, or with MX_WRITE. */
mx_status mx_report_plots_write(const mx_report *report, const char *folder);

/* One column of several runs in one plot, run i in mx_series_colour(i). */
mx_status mx_report_overlay_svg(const mx_report *const *reports, int count, const char *title,
                                mx_history_column column, mx_buf *out);

/* Writes the accuracies of several runs, of the first MX_SERIES_COLOURS, in one plot with their
 * names to `path`. Fails as mx_canvas_open and mx_canvas_save. */
mx_status mx_report_accuracies_write(const mx_report *const *reports, int count, const char *path);

#endif
