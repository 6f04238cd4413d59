#include "report/plot.h"

#include <math.h>
#include <stdio.h>

enum { MOST_POINTS = 1024, LEGEND_LINE = 18 };

/* The largest of 1, 2 and 5 times a power of ten comes first that leaves few enough steps. */
static double tick_step(double span, int most) {
    double step = pow(10, floor(log10(span / most)));
    for (int i = 0; span / step > most - 1 && i < 3; i++)
        step *= i == 1 ? 2.5 : 2;
    return step;
}

static int linear_ticks(const mx_axis *axis, int most, double *ticks) {
    const double step = tick_step(axis->to - axis->from, most);
    const double first = ceil(axis->from / step - 1e-9);
    int count = 0;
    while (count < most && (first + count) * step <= axis->to + step * 1e-9) {
        ticks[count] = (first + count) * step;
        count++;
    }
    return count;
}

static int log_ticks(const mx_axis *axis, double *ticks) {
    static const double factors[] = {1, 2, 5};
    int count = 0;
    for (int power = (int)floor(log10(axis->from)); count < MX_MOST_TICKS; power++)
        for (int i = 0; i < 3 && count < MX_MOST_TICKS; i++) {
            const double tick = factors[i] * pow(10, power);
            if (tick > axis->to * (1 + 1e-9)) return count;
            if (tick >= axis->from * (1 - 1e-9)) ticks[count++] = tick;
        }
    return count;
}

int mx_plot_ticks(const mx_axis *axis, int most, double ticks[MX_MOST_TICKS]) {
    return axis->log ? log_ticks(axis, ticks) : linear_ticks(axis, most, ticks);
}

/* 0 at axis->from, 1 at axis->to. */
static double share(const mx_axis *axis, double value) {
    if (axis->log) return log(value / axis->from) / log(axis->to / axis->from);
    return (value - axis->from) / (axis->to - axis->from);
}

mx_point mx_plot_at(const mx_plot *plot, double x, double y) {
    return (mx_point){plot->area.x + share(&plot->x, x) * plot->area.width,
                      plot->area.y + (1 - share(&plot->y, y)) * plot->area.height};
}

/* A line across the area and a number outside it. */
static void draw_tick(const mx_plot *plot, bool horizontal, double value) {
    char text[32];
    const mx_area a = plot->area;
    const mx_point on =
        horizontal ? mx_plot_at(plot, value, plot->y.from) : mx_plot_at(plot, plot->x.from, value);
    const double x = floor(on.x) + 0.5, y = floor(on.y) + 0.5;
    const mx_point line[] = {{horizontal ? x : a.x, horizontal ? a.y : y},
                             {horizontal ? x : a.x + a.width, horizontal ? a.y + a.height : y}};
    snprintf(text, sizeof text, "%.4g", fabs(value) < 1e-12 ? 0.0 : value);
    mx_canvas_lines(plot->canvas, line, 2, 1, MX_FAINT);
    if (horizontal)
        mx_canvas_text(plot->canvas, (mx_point){on.x, a.y + a.height + 16}, MX_FONT_BODY,
                       MX_ALIGN_CENTRE, MX_INK, text);
    else
        mx_canvas_text(plot->canvas, (mx_point){a.x - 6, on.y + 4}, MX_FONT_BODY, MX_ALIGN_RIGHT,
                       MX_INK, text);
}

static void draw_ticks(const mx_plot *plot, bool horizontal) {
    double ticks[MX_MOST_TICKS];
    if (horizontal ? plot->x.bare : plot->y.bare) return;
    const double room = horizontal ? plot->area.width / 40 : plot->area.height / 30;
    const int most = room < 2 ? 2 : room > 10 ? 10 : (int)room;
    const int count = mx_plot_ticks(horizontal ? &plot->x : &plot->y, most, ticks);
    for (int i = 0; i < count; i++)
        draw_tick(plot, horizontal, ticks[i]);
}

void mx_plot_axes(const mx_plot *plot) {
    const mx_area a = plot->area;
    const double middle = a.x + a.width / 2;
    draw_ticks(plot, true);
    draw_ticks(plot, false);
    mx_canvas_frame(plot->canvas, a, MX_GREY);
    if (plot->title)
        mx_canvas_text(plot->canvas, (mx_point){middle, a.y - 9}, MX_FONT_HEAD, MX_ALIGN_CENTRE,
                       MX_INK, plot->title);
    if (plot->x.label)
        mx_canvas_text(plot->canvas, (mx_point){middle, a.y + a.height + 35}, MX_FONT_BODY,
                       MX_ALIGN_CENTRE, MX_INK, plot->x.label);
    if (plot->y.label)
        mx_canvas_text_upwards(plot->canvas, (mx_point){a.x - 42, a.y + a.height / 2},
                               plot->y.label);
}

void mx_plot_curve(const mx_plot *plot, const double *x, const double *y, int count,
                   mx_colour colour) {
    mx_point points[MOST_POINTS];
    if (count > MOST_POINTS) count = MOST_POINTS;
    for (int i = 0; i < count; i++) {
        points[i] = mx_plot_at(plot, x[i], y[i]);
        /* Far outside is as good as just outside, and fits the canvas's fixed point. */
        const double top = plot->area.y - plot->area.height;
        if (!(points[i].y > top)) points[i].y = top;
    }
    mx_canvas_clip(plot->canvas, plot->area);
    mx_canvas_lines(plot->canvas, points, count, 2, colour);
    mx_canvas_unclip(plot->canvas);
}

void mx_plot_dots(const mx_plot *plot, const double *x, const double *y, int count,
                  mx_colour colour) {
    for (int i = 0; i < count; i++)
        mx_canvas_dot(plot->canvas, mx_plot_at(plot, x[i], y[i]), 4, colour);
}

static double within(double value, double from, double to) {
    return value < from ? from : value > to ? to : value;
}

/* Ends that leave the axis are drawn at its edge, without their bar. */
static void draw_whisker(const mx_plot *plot, mx_point at, double spread, bool lying,
                         mx_colour colour) {
    enum { HALF = 4 };
    const mx_axis *axis = lying ? &plot->x : &plot->y;
    const double middle = lying ? at.x : at.y, ends[] = {middle - spread, middle + spread};
    mx_point line[2];
    for (int i = 0; i < 2; i++) {
        const double end = within(ends[i], axis->from, axis->to);
        line[i] = lying ? mx_plot_at(plot, end, at.y) : mx_plot_at(plot, at.x, end);
        const mx_point bar[] = {{line[i].x - (lying ? 0 : HALF), line[i].y - (lying ? HALF : 0)},
                                {line[i].x + (lying ? 0 : HALF), line[i].y + (lying ? HALF : 0)}};
        if (end == ends[i]) mx_canvas_lines(plot->canvas, bar, 2, 1.5, colour);
    }
    mx_canvas_lines(plot->canvas, line, 2, 1.5, colour);
}

void mx_plot_whiskers(const mx_plot *plot, const double *x, const double *y, const double *spreads,
                      int count, bool lying, mx_colour colour) {
    for (int i = 0; i < count; i++)
        if (isfinite(spreads[i]))
            draw_whisker(plot, (mx_point){x[i], y[i]}, spreads[i], lying, colour);
}

void mx_plot_bars(const mx_plot *plot, const double *heights, int count, double from, double to,
                  mx_colour colour) {
    mx_canvas_clip(plot->canvas, plot->area);
    for (int i = 0; i < count; i++) {
        const double left = from + (to - from) * i / count;
        const double right = from + (to - from) * (i + 1) / count;
        const mx_point a = mx_plot_at(plot, left, heights[i]);
        const mx_point b = mx_plot_at(plot, right, plot->y.from);
        mx_canvas_fill(plot->canvas, (mx_area){a.x, a.y, b.x - a.x - 1, b.y - a.y}, colour, 0.75);
    }
    mx_canvas_unclip(plot->canvas);
}

void mx_plot_legend(const mx_plot *plot, mx_point at, const char *const *names,
                    const mx_colour *series, int count) {
    for (int i = 0; i < count; i++, at.y += LEGEND_LINE) {
        const mx_point line[] = {{at.x, at.y + LEGEND_LINE / 2.0},
                                 {at.x + 20, at.y + LEGEND_LINE / 2.0}};
        mx_canvas_lines(plot->canvas, line, 2, 3, series[i]);
        mx_canvas_text(plot->canvas, (mx_point){at.x + 28, at.y + 13}, MX_FONT_BODY, MX_ALIGN_LEFT,
                       MX_INK, names[i]);
    }
}
