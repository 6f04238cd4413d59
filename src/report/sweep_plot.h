/* The plot of a sweep: a score against a number that was varied, with a curve for each of the other
 * combinations; or where no number was varied, a bar for each combination. Plain data. */
#ifndef MX_REPORT_SWEEP_PLOT_H
#define MX_REPORT_SWEEP_PLOT_H

#include "report/plot.h"

typedef struct mx_sweep_curve {
    const char *name; /* UTF-8 without control characters */
    /* n_x numbers each; means and spreads 0..1, NaN where there is none */
    double *means, *spreads;
} mx_sweep_curve;

typedef struct mx_sweep_figure {
    const char *title, *x_label;
    double *x; /* growing; n_x of them. Bars: n_x is 1 */
    int n_x;
    mx_sweep_curve *curves;
    int n_curves;
    bool bars;
} mx_sweep_figure;

enum {
    MX_SWEEP_CURVES = 14, /* those after them are left out, and their number is said */
    MX_SWEEP_BARS = 400   /* the same of bars */
};

/* The axis that holds the numbers with some room: logarithmic where the largest is more than ten
 * times the smallest, and that is above 0. */
mx_axis mx_sweep_x_axis(const mx_sweep_figure *figure);
/* Percents between whole tens, with the whiskers of all curves; of bars from 0. */
mx_axis mx_sweep_y_axis(const mx_sweep_figure *figure);

/* Draws the file `path`, .png or .svg. Fails with MX_USAGE, without Cairo too, MX_WRITE or
 * MX_MEMORY. */
mx_status mx_sweep_plot_write(const mx_sweep_figure *figure, const char *path);

#endif
