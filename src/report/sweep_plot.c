#include "report/sweep_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

enum {
    WIDTH = 880,
    HEIGHT = 520,
    EDGE = 16,
    LEFT = 64,
    TOP = 52,
    BOTTOM = 52,
    LEGEND = 240, /* pixels that names take at most, beside the axes */
    LEGEND_LINE = 20,
    SAMPLE = 34, /* of a curve, before its name */
    BAR = 26,    /* from one bar to the next */
    BAR_NAMES = 320
};

mx_axis mx_sweep_x_axis(const mx_sweep_figure *figure) {
    const double first = figure->x[0], last = figure->x[figure->n_x - 1];
    mx_axis axis = {.label = figure->x_label, .log = first > 0 && last > 10 * first};
    if (axis.log) {
        const double room = pow(last / first, 0.06);
        axis.from = first / room;
        axis.to = last * room;
        return axis;
    }
    const double room = last > first ? 0.06 * (last - first) : 1;
    axis.from = first - room;
    axis.to = last + room;
    return axis;
}

mx_axis mx_sweep_y_axis(const mx_sweep_figure *figure) {
    double from = 100, to = 0;
    for (int c = 0; c < figure->n_curves; c++)
        for (int i = 0; i < figure->n_x; i++) {
            const double mean = 100 * figure->curves[c].means[i];
            const double spread = 100 * figure->curves[c].spreads[i];
            if (!isfinite(mean)) continue;
            from = fmin(from, mean - (isfinite(spread) ? spread : 0));
            to = fmax(to, mean + (isfinite(spread) ? spread : 0));
        }
    /* Half a percent keeps what is there off the frame. */
    from = figure->bars ? 0 : fmax(0, 10 * floor((from - 0.5) / 10));
    to = fmin(100, 10 * ceil((to + 0.5) / 10));
    if (to <= from) from = fmax(0, to - 10);
    if (to <= from) to = from + 10;
    return (mx_axis){.from = from, .to = to};
}

/* Beyond the colours there are, dots have holes. */
static void draw_dot(mx_canvas *canvas, mx_point at, int curve) {
    mx_canvas_dot(canvas, at, 4.5, mx_series_colour(curve));
    if (curve >= MX_SERIES_COLOURS) mx_canvas_dot(canvas, at, 2.5, MX_PAPER);
}

/* Takes the points that there are of a curve, in percent; returns how many. */
static int take_points(const mx_sweep_figure *figure, const mx_sweep_curve *curve, double *x,
                       double *y, double *spreads) {
    int count = 0;
    for (int i = 0; i < figure->n_x; i++) {
        if (!isfinite(curve->means[i])) continue;
        x[count] = figure->x[i];
        y[count] = 100 * curve->means[i];
        spreads[count++] = 100 * curve->spreads[i];
    }
    return count;
}

/* Curves stand some pixels apart, since whiskers of the same x would cover each other. */
static mx_plot beside(const mx_plot *plot, int curve, int shown) {
    const double apart = fmin(6, 36.0 / shown);
    mx_plot shifted = *plot;
    shifted.area.x += round((curve - (shown - 1) / 2.0) * apart);
    return shifted;
}

static mx_status draw_curves(const mx_plot *axes, const mx_sweep_figure *figure, int shown) {
    const size_t n = (size_t)figure->n_x;
    double *numbers = NULL;
    MX_TRY(mx_alloc(&numbers, 3 * n, sizeof *numbers));
    double *x = numbers, *y = numbers + n, *spreads = numbers + 2 * n;
    for (int c = 0; c < shown; c++) {
        const int count = take_points(figure, &figure->curves[c], x, y, spreads);
        const mx_plot plot = beside(axes, c, shown);
        mx_plot_whiskers(&plot, x, y, spreads, count, false, mx_series_colour(c));
        mx_plot_curve(&plot, x, y, count, mx_series_colour(c));
        for (int i = 0; i < count; i++)
            draw_dot(plot.canvas, mx_plot_at(&plot, x[i], y[i]), c);
    }
    free(numbers);
    return MX_OK;
}

/* Beside the axes, so that it covers no curve. */
static void draw_legend(const mx_plot *plot, const mx_sweep_figure *figure, int shown) {
    const double left = plot->area.x + plot->area.width + EDGE;
    char more[64];
    mx_point at = {left, plot->area.y + 14};
    for (int c = 0; c < shown; c++, at.y += LEGEND_LINE) {
        const mx_point line[] = {{left, at.y - 4}, {left + SAMPLE - 10, at.y - 4}};
        mx_canvas_lines(plot->canvas, line, 2, 2, mx_series_colour(c));
        draw_dot(plot->canvas, (mx_point){left + (SAMPLE - 10) / 2.0, at.y - 4}, c);
        mx_canvas_text_within(plot->canvas, (mx_point){left + SAMPLE, at.y}, LEGEND - SAMPLE,
                              MX_FONT_BODY, MX_ALIGN_LEFT, MX_INK, figure->curves[c].name);
    }
    if (shown == figure->n_curves) return;
    snprintf(more, sizeof more, "and %d more in sweep.csv", figure->n_curves - shown);
    mx_canvas_text(plot->canvas, at, MX_FONT_BODY, MX_ALIGN_LEFT, MX_INK, more);
}

/* Pixels that the names need. */
static double legend_width(mx_canvas *canvas, const mx_sweep_figure *figure, int shown) {
    double widest = shown < figure->n_curves ? 120 : 0;
    for (int c = 0; c < shown; c++)
        widest = fmax(widest, mx_canvas_text_width(canvas, MX_FONT_BODY, figure->curves[c].name));
    return fmin(widest + SAMPLE, LEGEND);
}

static void draw_title(mx_canvas *canvas, const char *title) {
    mx_canvas_text(canvas, (mx_point){EDGE, 28}, MX_FONT_HEAD, MX_ALIGN_LEFT, MX_INK, title);
}

static mx_status draw_over_numbers(mx_canvas *canvas, const mx_sweep_figure *figure) {
    const int shown = figure->n_curves < MX_SWEEP_CURVES ? figure->n_curves : MX_SWEEP_CURVES;
    /* One curve needs no name. */
    const double names = figure->n_curves > 1 ? legend_width(canvas, figure, shown) + EDGE : 0;
    mx_plot plot = {.canvas = canvas,
                    .area = {LEFT, TOP, WIDTH - LEFT - names - 2 * EDGE, HEIGHT - TOP - BOTTOM},
                    .x = mx_sweep_x_axis(figure),
                    .y = mx_sweep_y_axis(figure)};
    draw_title(canvas, figure->title);
    mx_plot_axes(&plot);
    MX_TRY(draw_curves(&plot, figure, shown));
    if (figure->n_curves > 1) draw_legend(&plot, figure, shown);
    return MX_OK;
}

static void draw_bar(const mx_plot *plot, const mx_sweep_curve *curve, int row) {
    const mx_area a = plot->area;
    const double middle = a.y + (row + 0.5) * BAR;
    const double mean = 100 * curve->means[0], spread = 100 * curve->spreads[0];
    const double place = plot->y.to - (row + 0.5) / a.height * BAR * (plot->y.to - plot->y.from);
    const double right = isfinite(mean) ? mx_plot_at(plot, mean, 0).x : a.x;
    char text[32] = "none finished";
    mx_canvas_text_within(plot->canvas, (mx_point){a.x - 8, middle + 4}, BAR_NAMES, MX_FONT_BODY,
                          MX_ALIGN_RIGHT, MX_INK, curve->name);
    mx_canvas_fill(plot->canvas, (mx_area){a.x, middle - 8, right - a.x, 16}, MX_SKY, 1);
    if (isfinite(mean)) {
        mx_plot_whiskers(plot, &mean, &place, &spread, 1, true, MX_INK);
        snprintf(text, sizeof text, "%.2f", mean);
    }
    mx_canvas_text(plot->canvas, (mx_point){a.x + a.width + 10, middle + 4}, MX_FONT_BODY,
                   MX_ALIGN_LEFT, MX_INK, text);
}

static int bars_shown(const mx_sweep_figure *figure) {
    return figure->n_curves < MX_SWEEP_BARS ? figure->n_curves : MX_SWEEP_BARS;
}

static void draw_bars(mx_canvas *canvas, const mx_sweep_figure *figure) {
    enum { NUMBERS = 100 }; /* pixels right of the axes */
    const int shown = bars_shown(figure);
    double names = 60;
    for (int c = 0; c < shown; c++)
        names = fmax(names, mx_canvas_text_width(canvas, MX_FONT_BODY, figure->curves[c].name));
    const double left = fmin(names, BAR_NAMES) + EDGE + 8;
    mx_plot plot = {.canvas = canvas,
                    .area = {left, TOP, WIDTH - left - NUMBERS, shown * BAR},
                    .x = mx_sweep_y_axis(figure),
                    .y = {.from = 0, .to = 1, .bare = true}};
    draw_title(canvas, figure->title);
    mx_plot_axes(&plot);
    for (int c = 0; c < shown; c++)
        draw_bar(&plot, &figure->curves[c], c);
}

mx_status mx_sweep_plot_write(const mx_sweep_figure *figure, const char *path) {
    const int height = figure->bars ? TOP + bars_shown(figure) * BAR + BOTTOM : HEIGHT;
    mx_canvas *canvas = NULL;
    mx_status status;
    MX_GO(mx_canvas_open(&canvas, path, WIDTH, height));
    if (figure->bars)
        draw_bars(canvas, figure);
    else
        MX_GO(draw_over_numbers(canvas, figure));
    MX_GO(mx_canvas_save(canvas));
done:
    mx_canvas_close(canvas);
    return status;
}
