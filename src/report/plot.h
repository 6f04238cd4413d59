/* Axes on a canvas, and what is drawn between them. */
#ifndef MX_REPORT_PLOT_H
#define MX_REPORT_PLOT_H

#include "report/canvas.h"

typedef struct mx_axis {
    double from, to;
    bool log;          /* ticks at 1, 2 and 5 times the powers of ten; from > 0 */
    bool bare;         /* neither ticks nor grid */
    const char *label; /* or NULL */
} mx_axis;

typedef struct mx_plot {
    mx_canvas *canvas;
    mx_area area; /* between the axes; ticks and labels are outside */
    mx_axis x, y;
    const char *title; /* above, or NULL */
} mx_plot;

enum { MX_MOST_TICKS = 32 };

/* Multiples of 1, 2 or 5 times a power of ten within from..to, so many that there are at most
 * `most` (2..MX_MOST_TICKS); of a logarithmic axis at most MX_MOST_TICKS. Returns how many. */
int mx_plot_ticks(const mx_axis *axis, int most, double ticks[MX_MOST_TICKS]);

/* Where a place of the axes is on the canvas. */
mx_point mx_plot_at(const mx_plot *plot, double x, double y);

/* Frame, grid, ticks, labels and title. */
void mx_plot_axes(const mx_plot *plot);

/* What leaves the area is not drawn. At most 1024 points. */
void mx_plot_curve(const mx_plot *plot, const double *x, const double *y, int count,
                   mx_colour colour);
void mx_plot_dots(const mx_plot *plot, const double *x, const double *y, int count,
                  mx_colour colour);
/* A line of 2 x spreads[i] through each point, across a short bar at either end; none where the
 * spread is not a number. With `lying` it is x that is spread. */
void mx_plot_whiskers(const mx_plot *plot, const double *x, const double *y, const double *spreads,
                      int count, bool lying, mx_colour colour);
/* A histogram: `count` bars of equal width from `from` to `to`. */
void mx_plot_bars(const mx_plot *plot, const double *heights, int count, double from, double to,
                  mx_colour colour);

/* Names with a piece of their line, one below another; `at` is the upper left corner. */
void mx_plot_legend(const mx_plot *plot, mx_point at, const char *const *names,
                    const mx_colour *series, int count);

#endif
