/* The confusion matrix as a picture. Inner header of report/report_plots. */
#ifndef MX_REPORT_REPORT_CONFUSION_H
#define MX_REPORT_REPORT_CONFUSION_H

#include "report/canvas.h"
#include "report/report.h"

enum { MX_CONFUSION_PLOT_CLASSES = 200 }; /* at most */

/* Where the matrix goes, in pixels. */
typedef struct mx_confusion_layout {
    int cell, left, top; /* side of a cell; corner of the first */
    int page_width, page_height;
    bool names;      /* of classes beside the matrix, else every tenth number */
    bool has_counts; /* in the cells */
} mx_confusion_layout;

mx_confusion_layout mx_confusion_lay_out(int n_classes);

/* Draws it for the file `path`; the caller closes *out also on failure. Fails as mx_canvas_open. */
mx_status mx_report_draw_confusion(const mx_report *report, const char *path, mx_canvas **out);

#endif
