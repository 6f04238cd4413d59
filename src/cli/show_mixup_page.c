/* The page of `show mixup`: histograms, distances, sharpening, and pairs of pictures. */
#include <math.h>
#include <stdio.h>

#include "base/buf.h"
#include "cli/show_mixup.h"
#include "report/plot.h"
#include "report/text.h"

enum {
    WIDTH = 1240,
    LEFT = 68,
    PANEL_PITCH = 166, /* of the histograms */
    PANEL_WIDTH = 122,
    PANEL_HEIGHT = 120,
    HISTOGRAMS = 92, /* y of their areas */
    LARGER = 282,    /* of those of lambda' */
    CURVES = 478,    /* of the two plots below */
    CURVE_WIDTH = 470,
    CURVE_HEIGHT = 220,
    PAIRS = 776, /* of the line above the pairs */
    PAIR_GAP = 10,
    PAIR_SIDE = 120, /* that pictures are scaled up to */
    PAIR_PITCH = 166,
    BOTTOM = 20
};

static void title(mx_canvas *canvas, double y, const char *text) {
    mx_canvas_text(canvas, (mx_point){LEFT, y}, MX_FONT_TITLE, MX_ALIGN_LEFT, MX_INK, text);
}

static double highest(const double *values, int count) {
    double most = 0;
    for (int i = 0; i < count; i++)
        if (values[i] > most) most = values[i];
    return most;
}

/* Bars of what was drawn, and the density over them: of lambda, or of lambda' from 0.5 on. */
static void draw_histogram(mx_canvas *canvas, const mx_mixup_facts *facts, int i, bool larger) {
    const double *bins = larger ? facts->lambdas[i].larger_bins : facts->lambdas[i].bins;
    const double from = larger ? 0.5 : 0, alpha = mx_mixup_alphas[i];
    char text[32];
    snprintf(text, sizeof text, "alpha %g", alpha);
    const mx_plot plot = {
        .canvas = canvas,
        .area = {LEFT + i * PANEL_PITCH, larger ? LARGER : HISTOGRAMS, PANEL_WIDTH, PANEL_HEIGHT},
        .x = {.from = from, .to = 1, .label = larger ? "lambda'" : "lambda"},
        .y = {.from = 0,
              .to = 1.15 * highest(bins, MX_MIXUP_BINS),
              .label = i == 0 ? "density" : NULL},
        .title = larger ? NULL : text};
    double x[MX_MIXUP_CURVE], y[MX_MIXUP_CURVE];
    for (int j = 0; j < MX_MIXUP_CURVE; j++) {
        /* Close together at the ends, where the density may be steep, and infinite at 0 and 1. */
        const double at = 0.5 - 0.5 * cos(3.14159265 * (j + 0.5) / MX_MIXUP_CURVE);
        x[j] = from + (1 - from) * at;
        y[j] = (larger ? 2 : 1) * mx_beta_density(alpha, x[j]);
    }
    mx_plot_axes(&plot);
    mx_plot_bars(&plot, bins, MX_MIXUP_BINS, from, 1, MX_SKY);
    mx_plot_curve(&plot, x, y, MX_MIXUP_CURVE, MX_VERMILLION);
}

static void draw_key(mx_canvas *canvas) {
    const mx_plot plot = {.canvas = canvas};
    static const char *const names[] = {"drawn by the kernel", "Beta density"};
    static const mx_colour colours[] = {MX_SKY, MX_VERMILLION};
    for (int i = 0; i < 2; i++)
        mx_plot_legend(&plot, (mx_point){WIDTH - 360 + i * 190, 22}, &names[i], &colours[i], 1);
}

/* How far mixed pictures are from their own: in grey levels, or as a share of the other picture. */
static void draw_distances(mx_canvas *canvas, const mx_mixup_facts *facts) {
    const bool levels = facts->n_pictures > 0;
    const double unit = levels ? facts->picture_distance : 1;
    double x[MX_MIXUP_CURVE], y[MX_MIXUP_CURVE], measured[MX_MIXUP_ALPHAS];
    const double low = 0.08, high = 20;
    for (int i = 0; i < MX_MIXUP_ALPHAS; i++)
        measured[i] = levels ? facts->lambdas[i].distance : 1 - facts->lambdas[i].larger_mean;
    for (int i = 0; i < MX_MIXUP_CURVE; i++) {
        x[i] = low * pow(high / low, i / (MX_MIXUP_CURVE - 1.0));
        y[i] = unit * (1 - mx_beta_larger_mean(x[i]));
    }
    const mx_plot plot = {
        .canvas = canvas,
        .area = {LEFT, CURVES, CURVE_WIDTH, CURVE_HEIGHT},
        .x = {.from = low, .to = high, .log = true, .label = "alpha"},
        .y = {.from = 0,
              .to = 0.5 * unit,
              .label = levels ? "RMS, grey levels of 255" : "share of the other picture"},
        .title = "Mean distance of mixed pictures from their own"};
    static const char *const names[] = {"measured", "expected"};
    static const mx_colour colours[] = {MX_BLUE, MX_VERMILLION};
    mx_plot_axes(&plot);
    mx_plot_curve(&plot, x, y, MX_MIXUP_CURVE, MX_VERMILLION);
    mx_plot_dots(&plot, mx_mixup_alphas, measured, MX_MIXUP_ALPHAS, MX_BLUE);
    mx_plot_legend(&plot, (mx_point){LEFT + 12, CURVES + 8}, names, colours, 2);
}

static void draw_sharpening(mx_canvas *canvas, const mx_mixup_facts *facts) {
    const double left = LEFT + 4 * PANEL_PITCH;
    const mx_plot plot = {.canvas = canvas,
                          .area = {left, CURVES, CURVE_WIDTH - 110, CURVE_HEIGHT},
                          .x = {.from = 0, .to = 1, .label = "guess of one of two classes"},
                          .y = {.from = 0, .to = 1, .label = "sharpened guess"},
                          .title = "Sharpening"};
    char texts[MX_MIXUP_TEMPERATURES][24];
    const char *names[MX_MIXUP_TEMPERATURES];
    mx_colour colours[MX_MIXUP_TEMPERATURES];
    double p[MX_MIXUP_CURVE];
    for (int i = 0; i < MX_MIXUP_CURVE; i++)
        p[i] = (double)i / (MX_MIXUP_CURVE - 1);
    mx_plot_axes(&plot);
    for (int t = 0; t < MX_MIXUP_TEMPERATURES; t++) {
        snprintf(texts[t], sizeof texts[t], "T = %g", mx_mixup_temperatures[t]);
        names[t] = texts[t];
        colours[t] = mx_series_colour(t);
        mx_plot_curve(&plot, p, facts->sharpened[t], MX_MIXUP_CURVE, colours[t]);
    }
    mx_plot_legend(&plot, (mx_point){left + CURVE_WIDTH - 96, CURVES + 4}, names, colours,
                   MX_MIXUP_TEMPERATURES);
}

static int pair_scale(const mx_dataset *data) {
    const int side = data->height > data->width ? data->height : data->width;
    return PAIR_SIDE / side > 1 ? PAIR_SIDE / side : 1;
}

static int pair_height(const mx_dataset *data) {
    return data->height * pair_scale(data) + 2 * MX_LINE_HEIGHT + 20;
}

/* "0.70 coat", "+ 0.30 bag"; one of them where the other has no share. */
static mx_status draw_label(mx_canvas *canvas, const mx_dataset *data, uint32_t picture,
                            double share, const char *before, mx_point *at) {
    const int32_t label = data->labels[picture];
    mx_buf text = {0};
    if (share <= 0) return MX_OK;
    mx_buf_printf(&text, "%s%.1f ", before, share);
    mx_text_clean(&text, label >= 0 ? data->class_names[label] : "guess");
    const mx_status status = mx_buf_check(&text);
    if (status == MX_OK)
        mx_canvas_text_within(canvas, *at, PAIR_PITCH - 12, MX_FONT_BODY, MX_ALIGN_CENTRE, MX_INK,
                              mx_buf_text(&text));
    at->y += MX_LINE_HEIGHT;
    mx_buf_release(&text);
    return status;
}

static mx_status draw_pair(mx_canvas *canvas, const mx_mixup_facts *facts, const mx_dataset *data,
                           int pair, int shown, double pitch) {
    const int scale = pair_scale(data);
    const size_t plane = mx_dataset_bytes(data) / data->n_pictures;
    const double share = mx_mixup_shares[shown];
    const mx_bitmap picture = {data->height, data->width, data->channels,
                               facts->mixed + (size_t)(pair * MX_MIXUP_SHARES + shown) * plane};
    const mx_area area = {LEFT + shown * pitch, PAIRS + PAIR_GAP + pair * pair_height(data),
                          data->width * scale, data->height * scale};
    mx_point at = {area.x + area.width / 2, area.y + area.height + 15};
    mx_canvas_picture(canvas, (mx_point){area.x, area.y}, scale, &picture);
    mx_canvas_frame(canvas, area, MX_FAINT);
    MX_TRY(draw_label(canvas, data, facts->pairs[pair][0], share, "", &at));
    return draw_label(canvas, data, facts->pairs[pair][1], 1 - share, share > 0 ? "+ " : "", &at);
}

static double pair_pitch(const mx_dataset *data) {
    const double wide = data->width * pair_scale(data) + 12;
    return wide > PAIR_PITCH ? wide : PAIR_PITCH;
}

static mx_status draw_pairs(mx_canvas *canvas, const mx_mixup_facts *facts,
                            const mx_dataset *data) {
    title(canvas, PAIRS - 6, "Mixed pairs and their labels");
    for (int pair = 0; pair < MX_MIXUP_PAIRS; pair++)
        for (int shown = 0; shown < MX_MIXUP_SHARES; shown++)
            MX_TRY(draw_pair(canvas, facts, data, pair, shown, pair_pitch(data)));
    return MX_OK;
}

mx_status mx_mixup_page_write(const mx_mixup_facts *facts, const mx_dataset *data,
                              const char *path) {
    const double pairs = data ? LEFT + MX_MIXUP_SHARES * pair_pitch(data) : 0;
    const int width = pairs > WIDTH ? (int)pairs : WIDTH;
    const int height = data ? PAIRS + PAIR_GAP + MX_MIXUP_PAIRS * pair_height(data) + BOTTOM
                            : CURVES + CURVE_HEIGHT + 44 + BOTTOM;
    mx_canvas *canvas = NULL;
    mx_status status;
    MX_GO(mx_canvas_open(&canvas, path, width, height));
    title(canvas, 36, "How much mixup mixes");
    draw_key(canvas);
    for (int i = 0; i < MX_MIXUP_ALPHAS; i++) {
        draw_histogram(canvas, facts, i, false);
        draw_histogram(canvas, facts, i, true);
    }
    draw_distances(canvas, facts);
    draw_sharpening(canvas, facts);
    if (data) MX_GO(draw_pairs(canvas, facts, data));
    MX_GO(mx_canvas_save(canvas));
done:
    mx_canvas_close(canvas);
    return status;
}
