#include "report/report_plots.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/mem.h"
#include "report/plot.h"
#include "report/report_confusion.h"
#include "report/text.h"

enum {
    MOST_POINTS = 400,
    FEW_POINTS = 12, /* that are shown as dots too */
    MOST_CURVES = 4,
    SMALL_WIDTH = 440, /* of a plot in the page */
    SMALL_HEIGHT = 290,
    LARGE_WIDTH = 880, /* of one in a file */
    LARGE_HEIGHT = 520,
    EDGE = 8,  /* of the title */
    LEFT = 48, /* around the axes */
    RIGHT = 18,
    TOP = 58,
    BOTTOM = 44,
    LEGEND_LINE = 24
};

typedef struct curve_spec {
    mx_history_column column;
    const char *name; /* NULL ends the curves */
    mx_colour colour;
    bool without_x; /* less the labelled loss: what the unlabelled one adds */
} curve_spec;

typedef struct figure_spec {
    const char *stem, *title;
    bool percent;
    curve_spec curves[MOST_CURVES + 1];
} figure_spec;

static const figure_spec figures[MX_PLOT_COUNT] = {
    [MX_PLOT_LOSS] = {"loss",
                      "Loss",
                      false,
                      {{MX_HISTORY_LOSS, "total", MX_BLUE, false},
                       {MX_HISTORY_LOSS_X, "labelled", MX_VERMILLION, false},
                       {MX_HISTORY_LOSS, "unlabelled", MX_GREEN, true},
                       {MX_HISTORY_TEST_LOSS, "held out", MX_PURPLE, false}}},
    [MX_PLOT_ACCURACY] = {"accuracy",
                          "Accuracy and F1, %",
                          true,
                          {{MX_HISTORY_ACCURACY, "averaged weights", MX_BLUE, false},
                           {MX_HISTORY_ACCURACY_RAW, "raw weights", MX_ORANGE, false},
                           {MX_HISTORY_F1, "F1", MX_GREEN, false}}},
    [MX_PLOT_GUESSES] = {"guesses",
                         "Guessed labels, %",
                         true,
                         {{MX_HISTORY_CONFIDENCE, "confidence", MX_ORANGE, false},
                          {MX_HISTORY_GUESS_ACCURACY, "accuracy", MX_BLUE, false},
                          {MX_HISTORY_BALANCE, "balance", MX_GREEN, false}}},
    [MX_PLOT_LAMBDA_U] = {"lambda_u",
                          "Weight of the unlabelled loss",
                          false,
                          {{MX_HISTORY_LAMBDA_U, "lambda_u", MX_BLUE, false}}},
    [MX_PLOT_LR] = {"lr", "Learning rate", false, {{MX_HISTORY_LR, "lr", MX_BLUE, false}}},
    [MX_PLOT_RELIABILITY] = {"reliability", "Accuracy by confidence, %", true, {{0}}},
    [MX_PLOT_CONFUSION] = {"confusion", "Confusion matrix", false, {{0}}},
};

const char *mx_report_plot_name(mx_report_plot plot) {
    return figures[plot].stem;
}

void mx_report_plot_describe(const mx_report *report, mx_report_plot plot, mx_buf *out) {
    const figure_spec *figure = &figures[plot];
    mx_buf_printf(out, "Plot: %s", figure->title);
    if (!figure->curves[0].name) return;
    mx_buf_printf(out, " over %.0f steps", mx_history_last(&report->history, MX_HISTORY_STEP));
    for (const curve_spec *c = figure->curves; c->name; c++) {
        const double last = mx_history_last(&report->history, c->column);
        if (isfinite(last) && !c->without_x)
            mx_buf_printf(out, "; %s ends at %.4g", c->name, figure->percent ? 100 * last : last);
    }
}

static bool varies(const mx_history *history, mx_history_column column) {
    const double last = mx_history_last(history, column);
    for (size_t row = 0; row < history->n_rows; row++) {
        const double value = history->values[column][row];
        if (isfinite(value) && value != last) return true;
    }
    return false;
}

bool mx_report_has_plot(const mx_report *report, mx_report_plot plot) {
    if (plot == MX_PLOT_RELIABILITY) return report->evaluation != NULL;
    if (plot == MX_PLOT_CONFUSION)
        return report->evaluation && report->n_classes <= MX_CONFUSION_PLOT_CLASSES;
    if (report->history.n_rows == 0) return false;
    if (plot == MX_PLOT_LAMBDA_U || plot == MX_PLOT_LR)
        return varies(&report->history, figures[plot].curves[0].column);
    for (const curve_spec *c = figures[plot].curves; c->name; c++)
        if (isfinite(mx_history_last(&report->history, c->column))) return true;
    return false;
}

/* A curve's points. */
typedef struct points {
    int count;
    double x[MOST_POINTS], y[MOST_POINTS];
} points;

static void take_points(const mx_history *history, const curve_spec *from, double scale,
                        points *out) {
    out->count = mx_history_curve(history, from->column, MOST_POINTS, out->x, out->y);
    if (from->without_x) {
        double steps[MOST_POINTS], loss_x[MOST_POINTS];
        const int count = mx_history_curve(history, MX_HISTORY_LOSS_X, MOST_POINTS, steps, loss_x);
        if (count != out->count || isnan(mx_history_last(history, MX_HISTORY_CONFIDENCE)))
            out->count = 0;
        for (int i = 0; i < out->count; i++)
            out->y[i] -= loss_x[i];
    }
    for (int i = 0; i < out->count; i++)
        out->y[i] *= scale;
}

static mx_axis step_axis(const mx_history *history) {
    const double last = mx_history_last(history, MX_HISTORY_STEP);
    return (mx_axis){.from = 0, .to = last > 0 ? last : 1, .label = "steps"};
}

/* Widens `axis` so that it holds the points. */
static void hold_points(mx_axis *axis, const points *p) {
    for (int i = 0; i < p->count; i++) {
        axis->from = fmin(axis->from, p->y[i]);
        axis->to = fmax(axis->to, p->y[i]);
    }
}

/* Percents between whole tens; anything else from 0 or below to a little above. */
static mx_axis value_axis(const points *curves, int count, bool percent) {
    mx_axis axis = {.from = percent ? 100 : 0, .to = percent ? 0 : 1e-12};
    for (int i = 0; i < count; i++)
        hold_points(&axis, &curves[i]);
    if (!percent) {
        axis.to += 0.05 * (axis.to - axis.from);
        return axis;
    }
    axis.from = fmax(0, 10 * floor(axis.from / 10));
    axis.to = fmin(100, 10 * ceil(axis.to / 10));
    if (axis.to - axis.from < 10) axis.from = fmax(0, axis.to - 10);
    if (axis.to <= axis.from) axis.to = axis.from + 10;
    return axis;
}

static void draw_points(const mx_plot *plot, const points *p, mx_colour colour) {
    mx_plot_curve(plot, p->x, p->y, p->count, colour);
    if (p->count <= FEW_POINTS) mx_plot_dots(plot, p->x, p->y, p->count, colour);
}

/* The title at the left upper corner, and the frame of the plot below it. */
static mx_plot begin_plot(mx_canvas *canvas, int width, int height, const char *title) {
    mx_canvas_text(canvas, (mx_point){EDGE, 22}, MX_FONT_HEAD, MX_ALIGN_LEFT, MX_INK, title);
    return (mx_plot){.canvas = canvas,
                     .area = {LEFT, TOP, width - LEFT - RIGHT, height - TOP - BOTTOM}};
}

static void draw_names(const mx_plot *plot, const figure_spec *figure, const points *curves) {
    mx_point at = {EDGE, 28};
    for (int i = 0; figure->curves[i].name; i++) {
        const curve_spec *c = &figure->curves[i];
        if (curves[i].count == 0) continue;
        mx_plot_legend(plot, at, &c->name, &c->colour, 1);
        at.x += 42 + mx_canvas_text_width(plot->canvas, MX_FONT_BODY, c->name);
    }
}

static mx_status draw_curves(mx_canvas *canvas, const mx_report *report, const figure_spec *figure,
                             int width, int height) {
    points *curves = NULL;
    int count = 0;
    mx_plot plot = begin_plot(canvas, width, height, figure->title);
    MX_TRY(mx_alloc(&curves, MOST_CURVES, sizeof *curves));
    for (; figure->curves[count].name; count++)
        take_points(&report->history, &figure->curves[count], figure->percent ? 100 : 1,
                    &curves[count]);
    plot.x = step_axis(&report->history);
    plot.y = value_axis(curves, count, figure->percent);
    mx_plot_axes(&plot);
    for (int i = 0; i < count; i++)
        draw_points(&plot, &curves[i], figure->curves[i].colour);
    draw_names(&plot, figure, curves);
    free(curves);
    return MX_OK;
}

static void draw_reliability(mx_canvas *canvas, const mx_report *report, int width, int height) {
    enum { MOST_BINS = 64 };
    static const char *const names[] = {"accuracy of the bin", "as sure as right"};
    static const mx_colour colours[] = {MX_SKY, MX_VERMILLION};
    static const double ends[] = {0, 100};
    const mx_report_evaluation *scores = report->evaluation;
    const int count = scores->n_bins < MOST_BINS ? scores->n_bins : MOST_BINS;
    double heights[MOST_BINS];
    mx_plot plot = begin_plot(canvas, width, height, figures[MX_PLOT_RELIABILITY].title);
    plot.x = (mx_axis){.from = 0, .to = 100, .label = "confidence, %"};
    plot.y = (mx_axis){.from = 0, .to = 100};
    for (int i = 0; i < count; i++)
        heights[i] = 100 * scores->bins[i].accuracy;
    mx_plot_axes(&plot);
    mx_plot_bars(&plot, heights, count, 0, 100, MX_SKY);
    mx_plot_curve(&plot, ends, ends, 2, MX_VERMILLION);
    for (int i = 0; i < 2; i++)
        mx_plot_legend(&plot, (mx_point){EDGE + i * 180, 28}, &names[i], &colours[i], 1);
}

/* Draws one plot for the file `path`, whose extension decides. */
static mx_status draw(const mx_report *report, mx_report_plot which, const char *path, int width,
                      int height, mx_canvas **out) {
    if (which == MX_PLOT_CONFUSION) return mx_report_draw_confusion(report, path, out);
    MX_TRY(mx_canvas_open(out, path, width, height));
    if (which != MX_PLOT_RELIABILITY)
        return draw_curves(*out, report, &figures[which], width, height);
    draw_reliability(*out, report, width, height);
    return MX_OK;
}

mx_status mx_report_plot_svg(const mx_report *report, mx_report_plot plot, mx_buf *out) {
    mx_canvas *canvas = NULL;
    mx_status status;
    MX_GO(draw(report, plot, "plot.svg", SMALL_WIDTH, SMALL_HEIGHT, &canvas));
    MX_GO(mx_canvas_encode(canvas, out));
done:
    mx_canvas_close(canvas);
    return status;
}

static mx_status write_plot(const mx_report *report, mx_report_plot which, const char *folder,
                            const char *extension) {
    mx_buf name = {0};
    mx_canvas *canvas = NULL;
    mx_status status;
    mx_buf_printf(&name, "%s/%s.%s", folder, figures[which].stem, extension);
    MX_GO(mx_buf_check(&name));
    MX_GO(draw(report, which, mx_buf_text(&name), LARGE_WIDTH, LARGE_HEIGHT, &canvas));
    MX_GO(mx_canvas_save(canvas));
done:
    mx_canvas_close(canvas);
    mx_buf_release(&name);
    return status;
}

mx_status mx_report_plots_write(const mx_report *report, const char *folder) {
    MX_TRY(mx_make_folders(folder));
    for (int i = 0; i < MX_PLOT_COUNT; i++) {
        if (!mx_report_has_plot(report, (mx_report_plot)i)) continue;
        MX_TRY(write_plot(report, (mx_report_plot)i, folder, "png"));
        MX_TRY(write_plot(report, (mx_report_plot)i, folder, "svg"));
    }
    return MX_OK;
}

/* The axis of steps that holds the longest run. */
static mx_axis longest_axis(const mx_report *const *reports, int count) {
    mx_axis longest = step_axis(&reports[0]->history);
    for (int i = 1; i < count; i++)
        longest.to = fmax(longest.to, step_axis(&reports[i]->history).to);
    return longest;
}

static bool is_share(mx_history_column column) {
    return column == MX_HISTORY_ACCURACY || column == MX_HISTORY_F1 ||
           column == MX_HISTORY_GUESS_ACCURACY;
}

/* The curves of a column on the axes that hold them all. */
static mx_status draw_overlay(mx_plot *plot, const mx_report *const *reports, int count,
                              mx_history_column column) {
    const curve_spec curve = {column, "", MX_BLUE, false};
    const bool percent = is_share(column);
    points *curves = NULL;
    MX_TRY(mx_alloc(&curves, (size_t)count, sizeof *curves));
    for (int i = 0; i < count; i++)
        take_points(&reports[i]->history, &curve, percent ? 100 : 1, &curves[i]);
    plot->x = longest_axis(reports, count);
    plot->y = value_axis(curves, count, percent);
    mx_plot_axes(plot);
    for (int i = 0; i < count; i++)
        draw_points(plot, &curves[i], mx_series_colour(i));
    free(curves);
    return MX_OK;
}

mx_status mx_report_overlay_svg(const mx_report *const *reports, int count, const char *title,
                                mx_history_column column, mx_buf *out) {
    mx_canvas *canvas = NULL;
    mx_status status;
    MX_GO(mx_canvas_open(&canvas, "overlay.svg", SMALL_WIDTH, SMALL_HEIGHT - LEGEND_LINE));
    mx_plot plot = begin_plot(canvas, SMALL_WIDTH, SMALL_HEIGHT - LEGEND_LINE, title);
    plot.area.y -= LEGEND_LINE;
    plot.area.height += LEGEND_LINE;
    MX_GO(draw_overlay(&plot, reports, count, column));
    MX_GO(mx_canvas_encode(canvas, out));
done:
    mx_canvas_close(canvas);
    return status;
}

/* A run's name and what its accuracy ends at, beside a piece of its curve. */
static mx_status draw_run_name(const mx_plot *plot, const mx_report *report, int run) {
    const double last = mx_history_last(&report->history, MX_HISTORY_ACCURACY);
    const mx_colour colour = mx_series_colour(run);
    mx_buf name = {0};
    mx_text_clean(&name, report->name);
    if (isfinite(last)) mx_buf_printf(&name, ": %.1f", 100 * last);
    const mx_status status = mx_buf_check(&name);
    const char *text = mx_buf_text(&name);
    if (status == MX_OK)
        mx_plot_legend(plot, (mx_point){EDGE, 28 + run * LEGEND_LINE}, &text, &colour, 1);
    mx_buf_release(&name);
    return status;
}

mx_status mx_report_accuracies_write(const mx_report *const *reports, int count, const char *path) {
    const int shown = count < MX_SERIES_COLOURS ? count : MX_SERIES_COLOURS;
    const int more = (shown - 1) * LEGEND_LINE; /* than one name */
    mx_canvas *canvas = NULL;
    mx_status status;
    MX_GO(mx_canvas_open(&canvas, path, LARGE_WIDTH, LARGE_HEIGHT + more));
    mx_plot plot = begin_plot(canvas, LARGE_WIDTH, LARGE_HEIGHT + more, "Accuracy, %");
    plot.area.y += more;
    plot.area.height -= more;
    MX_GO(draw_overlay(&plot, reports, shown, MX_HISTORY_ACCURACY));
    for (int i = 0; i < shown; i++)
        MX_GO(draw_run_name(&plot, reports[i], i));
    MX_GO(mx_canvas_save(canvas));
done:
    mx_canvas_close(canvas);
    return status;
}
