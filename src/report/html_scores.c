/* Tables of scores: confusion matrix, classes, calibration, pictures of each class. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "report/html_parts.h"
#include "report/report_confusion.h"

enum {
    WIDE_CLASSES = 20,    /* with counts and shares in their cells */
    TABLE_CLASSES = 100,  /* more are drawn, not written */
    TITLE_NAME = 24,      /* code points of a name in a cell's title */
    MOST_CONFUSIONS = 10, /* that are listed */
    HEAD_NAME = 18        /* code points above a column */
};

static double share_of(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : NAN;
}

static uint64_t cell_of(const mx_report *report, int truth, int guess) {
    const size_t n = (size_t)report->n_classes;
    return report->evaluation->confusion[(size_t)truth * n + (size_t)guess];
}

static void put_cell(mx_buf *out, const mx_report *report, int truth, int guess, bool wide) {
    const uint64_t count = cell_of(report, truth, guess);
    const double share = share_of(count, report->evaluation->classes[truth].support);
    if (count == 0) {
        mx_buf_puts(out, wide ? "<td>0</td>" : "<td></td>");
        return;
    }
    mx_buf_printf(out, "<td class=\"%s%s\" style=\"--a:%.2f\" title=\"", truth == guess ? "r" : "w",
                  truth == guess && share > 0.85 ? " d" : "", 0.08 + 0.92 * share);
    mx_html_text(out, report->class_names[truth], TITLE_NAME);
    mx_buf_puts(out, " taken for ");
    mx_html_text(out, report->class_names[guess], TITLE_NAME);
    mx_buf_printf(out, ": %.1f %%\">", 100 * share);
    mx_buf_printf(out, "%llu", (unsigned long long)count);
    if (wide) mx_buf_printf(out, "<small>%.3g&#8239;%%</small>", round(1000 * share) / 10);
    mx_buf_puts(out, "</td>");
}

static void put_matrix(mx_buf *out, const mx_report *report) {
    const bool wide = report->n_classes <= WIDE_CLASSES;
    mx_buf_printf(out,
                  "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                  "aria-label=\"Confusion matrix\"><table class=\"matrix%s\">\n"
                  "<thead><tr><td></td>",
                  wide ? "" : " dense");
    for (int guess = 0; guess < report->n_classes; guess++) {
        mx_buf_puts(out, "<th scope=\"col\"><span>");
        mx_html_text(out, report->class_names[guess], HEAD_NAME);
        mx_buf_puts(out, "</span></th>");
    }
    mx_buf_puts(out, "</tr></thead>\n<tbody>\n");
    for (int truth = 0; truth < report->n_classes; truth++) {
        mx_buf_puts(out, "<tr><th scope=\"row\">");
        mx_html_text(out, report->class_names[truth], MX_HTML_NAME);
        mx_buf_puts(out, "</th>");
        for (int guess = 0; guess < report->n_classes; guess++)
            put_cell(out, report, truth, guess, wide);
        mx_buf_puts(out, "</tr>\n");
    }
    mx_buf_puts(out, "</tbody></table></div>\n");
}

/* A cell off the diagonal. */
typedef struct confusion {
    int truth, guess;
    uint64_t count;
} confusion;

/* Keeps the most frequent in order; of equal ones those that come first. */
static int find_confusions(const mx_report *report, confusion top[MOST_CONFUSIONS]) {
    int kept = 0;
    for (int truth = 0; truth < report->n_classes; truth++)
        for (int guess = 0; guess < report->n_classes; guess++) {
            const confusion new = {truth, guess, cell_of(report, truth, guess)};
            int place = kept;
            if (truth == guess || new.count == 0) continue;
            while (place > 0 && top[place - 1].count < new.count)
                place--;
            if (place == MOST_CONFUSIONS) continue;
            if (kept < MOST_CONFUSIONS) kept++;
            for (int i = kept - 1; i > place; i--)
                top[i] = top[i - 1];
            top[place] = new;
        }
    return kept;
}

static void put_confusions(mx_buf *out, const mx_report *report) {
    confusion top[MOST_CONFUSIONS];
    const int count = find_confusions(report, top);
    if (count == 0) return;
    mx_buf_puts(out,
                "<div><h3>Most frequent mistakes</h3>\n<div class=\"scroll\"><table>\n<thead><tr>"
                "<th scope=\"col\">Truth</th><th scope=\"col\">Guess</th>"
                "<th scope=\"col\" class=\"n\">Pictures</th><th scope=\"col\" class=\"n\">Of "
                "the class</th></tr></thead>\n<tbody>\n");
    for (int i = 0; i < count; i++) {
        mx_buf_puts(out, "<tr><td class=\"name\">");
        mx_html_text(out, report->class_names[top[i].truth], MX_HTML_NAME);
        mx_buf_puts(out, "</td><td class=\"name\">");
        mx_html_text(out, report->class_names[top[i].guess], MX_HTML_NAME);
        mx_buf_puts(out, "</td><td class=\"n\">");
        mx_html_count(out, top[i].count);
        mx_buf_puts(out, "</td><td class=\"n\">");
        mx_html_percent(
            out, share_of(top[i].count, report->evaluation->classes[top[i].truth].support), 1);
        mx_buf_puts(out, "</td></tr>\n");
    }
    mx_buf_puts(out, "</tbody></table></div></div>\n");
}

mx_status mx_html_confusion(mx_buf *out, const mx_report *report) {
    if (!report->evaluation) return MX_OK;
    mx_html_begin_section(out, "confusion", "What it takes for what");
    mx_buf_printf(out,
                  "<p class=\"soft\">Rows are the truth, columns the guesses; %s shares of the "
                  "row.</p>\n<div class=\"beside\">\n",
                  report->n_classes <= WIDE_CLASSES ? "percents are" : "colours are");
    if (report->n_classes <= TABLE_CLASSES)
        put_matrix(out, report);
    else
        MX_TRY(mx_html_plot(out, report, MX_PLOT_CONFUSION));
    put_confusions(out, report);
    mx_buf_puts(out, "</div>\n");
    mx_html_end_section(out);
    return MX_OK;
}

static void put_score(mx_buf *out, double score, bool bar) {
    mx_buf_puts(out, "<td class=\"n\">");
    if (bar) mx_buf_printf(out, "<span class=\"bar\"><i style=\"--a:%.3f\"></i></span>", score);
    mx_html_percent(out, score, 1);
    mx_buf_puts(out, "</td>");
}

static void put_class(mx_buf *out, const char *name, const mx_report_class *scores) {
    mx_buf_puts(out, "<tr><th scope=\"row\" class=\"name\">");
    mx_html_text(out, name, MX_HTML_NAME);
    mx_buf_puts(out, "</th>");
    put_score(out, scores->precision, false);
    put_score(out, scores->recall, false);
    put_score(out, scores->f1, true);
    mx_buf_puts(out, "<td class=\"n wide\">");
    mx_html_count(out, scores->support);
    mx_buf_puts(out, "</td></tr>\n");
}

void mx_html_classes(mx_buf *out, const mx_report *report) {
    const mx_report_evaluation *scores = report->evaluation;
    if (!scores) return;
    mx_html_begin_section(out, "classes", "Class by class");
    mx_buf_puts(out,
                "<p class=\"soft\">Precision: how many of the pictures that were given the class "
                "are of it. Recall: how many pictures of the class were given it. F1: the "
                "harmonic mean of both.</p>\n"
                "<div class=\"scroll\"><table class=\"full\">\n<thead><tr>"
                "<th scope=\"col\">Class</th><th scope=\"col\" class=\"n\">Precision</th>"
                "<th scope=\"col\" class=\"n\">Recall</th><th scope=\"col\" class=\"n\">F1</th>"
                "<th scope=\"col\" class=\"n wide\">Pictures</th></tr></thead>\n<tbody>\n");
    for (int i = 0; i < report->n_classes; i++)
        put_class(out, report->class_names[i], &scores->classes[i]);
    mx_buf_puts(out, "</tbody></table></div>\n");
    mx_html_end_section(out);
}

static void put_bin(mx_buf *out, const mx_report_evaluation *scores, int i) {
    const mx_report_bin *bin = &scores->bins[i];
    const double width = 100.0 / scores->n_bins;
    if (bin->count == 0) return;
    mx_buf_printf(out, "<tr><th scope=\"row\">%.0f to %.0f&#8239;%%</th><td class=\"n\">",
                  width * i, width * (i + 1));
    mx_html_count(out, bin->count);
    mx_buf_puts(out, "</td><td class=\"n\">");
    mx_html_percent(out, bin->confidence, 1);
    mx_buf_puts(out, "</td><td class=\"n\">");
    mx_html_percent(out, bin->accuracy, 1);
    mx_buf_puts(out, "</td></tr>\n");
}

mx_status mx_html_calibration(mx_buf *out, const mx_report *report) {
    const mx_report_evaluation *scores = report->evaluation;
    if (!scores) return MX_OK;
    mx_html_begin_section(out, "calibration", "How sure, and how right");
    mx_buf_puts(out, "<p>A network is well calibrated where, of the guesses made with 80&#8239;% "
                     "confidence, 80&#8239;% are right. The expected calibration error, the mean "
                     "distance of the two, is <b>");
    mx_html_percent(out, scores->ece, 1);
    mx_buf_puts(out, "</b>.</p>\n<div class=\"plots\">\n");
    MX_TRY(mx_html_plot(out, report, MX_PLOT_RELIABILITY));
    mx_buf_puts(out, "<div class=\"scroll\"><table class=\"full\">\n<thead><tr>"
                     "<th scope=\"col\">Confidence</th><th scope=\"col\" class=\"n\">Pictures</th>"
                     "<th scope=\"col\" class=\"n\">Mean</th>"
                     "<th scope=\"col\" class=\"n\">Accuracy</th></tr></thead>\n<tbody>\n");
    for (int i = 0; i < scores->n_bins; i++)
        put_bin(out, scores, i);
    mx_buf_puts(out, "</tbody></table></div>\n</div>\n");
    mx_html_end_section(out);
    return MX_OK;
}

static void put_counts(mx_buf *out, const uint64_t counts[4]) {
    for (int i = 0; i < 4; i++) {
        mx_buf_puts(out, "<td class=\"n\">");
        mx_html_count(out, counts[i]);
        mx_buf_puts(out, "</td>");
    }
    mx_buf_puts(out, "</tr>\n");
}

void mx_html_balance(mx_buf *out, const mx_report *report) {
    mx_html_begin_section(out, "data", "Pictures");
    if (report->unusable > 0) {
        mx_buf_puts(out, "<p>");
        mx_html_count(out, report->unusable);
        mx_buf_puts(out, " more could not be used.</p>\n");
    }
    mx_buf_puts(out, "<div class=\"scroll\"><table class=\"full\">\n<thead><tr>"
                     "<th scope=\"col\">Class</th><th scope=\"col\" class=\"n\">Labelled</th>"
                     "<th scope=\"col\" class=\"n\">Unlabelled</th>"
                     "<th scope=\"col\" class=\"n\">Validation</th>"
                     "<th scope=\"col\" class=\"n\">Test</th></tr></thead>\n<tbody>\n");
    for (int i = 0; report->classes && i < report->n_classes; i++) {
        const mx_event_class *class = &report->classes[i];
        mx_buf_puts(out, "<tr><th scope=\"row\" class=\"name\">");
        mx_html_text(out, class->name, MX_HTML_NAME);
        mx_buf_puts(out, "</th>");
        put_counts(out, (const uint64_t[]){class->labelled, class->unlabelled, class->validation,
                                           class->test});
    }
    mx_buf_puts(out, "</tbody>\n<tfoot><tr><th scope=\"row\">All</th>");
    put_counts(out, (const uint64_t[]){report->labelled, report->unlabelled, report->validation,
                                       report->test});
    mx_buf_puts(out, "</tfoot></table></div>\n");
    if (report->classes)
        mx_buf_puts(out, "<p class=\"soft\">Unlabelled pictures are counted by their true class "
                         "where that is known; training does not see it.</p>\n");
    mx_html_end_section(out);
}
