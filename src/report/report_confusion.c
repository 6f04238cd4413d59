#include "report/report_confusion.h"

#include <stdio.h>

#include "report/text.h"

enum { NAME_WIDTH = 150, NAMED_CLASSES = 40, COUNTED_CLASSES = 20, MARGIN = 20 };

mx_confusion_layout mx_confusion_lay_out(int n_classes) {
    const bool names = n_classes <= NAMED_CLASSES;
    mx_confusion_layout l = {.names = names, .has_counts = n_classes <= COUNTED_CLASSES};
    l.cell = l.has_counts ? 44 : names ? 18 : n_classes <= 100 ? 8 : 5;
    l.left = names ? NAME_WIDTH + 2 * MARGIN : 76;
    l.top = names ? NAME_WIDTH / 2 + 3 * MARGIN : 76;
    const int side = n_classes * l.cell;
    l.page_width = l.left + (side < 260 ? 260 : side) + MARGIN;
    l.page_height = l.top + side + MARGIN + 8;
    return l;
}

static mx_area cell_area(const mx_confusion_layout *l, int truth, int guess) {
    return (mx_area){l->left + guess * l->cell, l->top + truth * l->cell, l->cell, l->cell};
}

/* The share of its row's pictures as strength of the colour: blue where right, else vermillion. */
static void draw_cell(mx_canvas *canvas, const mx_confusion_layout *l, int truth, int guess,
                      uint64_t count, uint64_t total) {
    const mx_area area = cell_area(l, truth, guess);
    const double share = total ? (double)count / (double)total : 0;
    char text[32];
    if (count == 0) return;
    mx_canvas_fill(canvas, area, truth == guess ? MX_BLUE : MX_VERMILLION, 0.08 + 0.92 * share);
    if (!l->has_counts) return;
    snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    mx_canvas_text_within(canvas, (mx_point){area.x + area.width / 2, area.y + area.height / 2 + 4},
                          area.width - 2, MX_FONT_BODY, MX_ALIGN_CENTRE,
                          truth == guess && share > 0.85 ? MX_PAPER : MX_INK, text);
}

static mx_status draw_name(mx_canvas *canvas, const mx_confusion_layout *l, int class,
                           const char *name) {
    const mx_area row = cell_area(l, class, 0), column = cell_area(l, 0, class);
    mx_buf text = {0};
    char cut[64];
    mx_text_clean(&text, name);
    const mx_status status = mx_buf_check(&text);
    if (status == MX_OK) {
        mx_text_cut(cut, sizeof cut, mx_buf_text(&text), 12);
        mx_canvas_text_within(canvas, (mx_point){row.x - 8, row.y + row.height / 2 + 4}, NAME_WIDTH,
                              MX_FONT_BODY, MX_ALIGN_RIGHT, MX_INK, mx_buf_text(&text));
        const double half = mx_canvas_text_width(canvas, MX_FONT_BODY, cut) / 2;
        mx_canvas_text_upwards(canvas,
                               (mx_point){column.x + column.width / 2 + 4, l->top - 8 - half}, cut);
    }
    mx_buf_release(&text);
    return status;
}

static void draw_number(mx_canvas *canvas, const mx_confusion_layout *l, int class) {
    const mx_area row = cell_area(l, class, 0), column = cell_area(l, 0, class);
    char text[16];
    snprintf(text, sizeof text, "%d", class);
    mx_canvas_text(canvas, (mx_point){row.x - 8, row.y + 8}, MX_FONT_BODY, MX_ALIGN_RIGHT, MX_INK,
                   text);
    mx_canvas_text(canvas, (mx_point){column.x + l->cell / 2.0, l->top - 8}, MX_FONT_BODY,
                   MX_ALIGN_CENTRE, MX_INK, text);
}

static void draw_cells(mx_canvas *canvas, const mx_confusion_layout *l, const mx_report *report) {
    const int n = report->n_classes;
    for (int truth = 0; truth < n; truth++)
        for (int guess = 0; guess < n; guess++)
            draw_cell(canvas, l, truth, guess,
                      report->evaluation->confusion[(size_t)truth * (size_t)n + (size_t)guess],
                      report->evaluation->classes[truth].support);
    mx_canvas_frame(canvas, (mx_area){l->left, l->top, n * l->cell, n * l->cell}, MX_GREY);
}

mx_status mx_report_draw_confusion(const mx_report *report, const char *path, mx_canvas **out) {
    const mx_confusion_layout l = mx_confusion_lay_out(report->n_classes);
    MX_TRY(mx_canvas_open(out, path, l.page_width, l.page_height));
    mx_canvas_text(*out, (mx_point){MARGIN, 26}, MX_FONT_HEAD, MX_ALIGN_LEFT, MX_INK,
                   "Confusion matrix: rows are the truth, columns the guesses");
    for (int class = 0; class < report->n_classes; class ++) {
        if (l.names)
            MX_TRY(draw_name(*out, &l, class, report->class_names[class]));
        else if (class % 10 == 0)
            draw_number(*out, &l, class);
    }
    draw_cells(*out, &l, report);
    return MX_OK;
}
