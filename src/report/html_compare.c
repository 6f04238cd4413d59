/* Several runs in one page. */
#include <math.h>
#include <string.h>

#include "report/canvas.h"
#include "report/html.h"
#include "report/html_parts.h"

/* The colours of the canvas, in mx_series_colour's order. */
static const char *const colours[MX_SERIES_COLOURS] = {"#0072b2", "#d55e00", "#009e73", "#e69f00",
                                                       "#56b4e9", "#cc79a7", "#f0e442"};

static void put_name(mx_buf *out, const mx_report *report, int run) {
    if (run < MX_SERIES_COLOURS)
        mx_buf_printf(out, "<span class=\"key\" style=\"background:%s\"></span>", colours[run]);
    mx_html_text(out, report->name, MX_HTML_NAME);
}

static void put_share(mx_buf *out, double share, double best) {
    mx_buf_puts(out, share == best ? "<td class=\"n\"><b>" : "<td class=\"n\">");
    mx_html_percent(out, share, 2);
    mx_buf_puts(out, share == best ? "</b></td>" : "</td>");
}

static mx_status put_run(mx_buf *out, const mx_report *report, int run,
                         const mx_html_scores *best) {
    mx_html_scores scores;
    MX_TRY(mx_html_find_scores(report, &scores));
    mx_buf_puts(out, "<tr><th scope=\"row\" class=\"name\">");
    put_name(out, report, run);
    mx_buf_puts(out, "</th>");
    put_share(out, scores.accuracy, best->accuracy);
    put_share(out, scores.f1, best->f1);
    mx_buf_puts(out, "<td>");
    mx_html_text(out, report->method, MX_HTML_NAME);
    mx_buf_puts(out, "</td><td class=\"n\">");
    mx_html_count(out, report->labelled);
    mx_buf_puts(out, "</td>");
    mx_buf_puts(out, "<td>");
    mx_buf_puts(out, mx_report_on_test(report) ? "test" : "validation");
    mx_buf_puts(out, "</td><td class=\"n\">");
    if (report->has_best)
        mx_html_count(out, report->best_step);
    else
        mx_html_number(out, NAN, 1);
    mx_buf_puts(out, "</td><td class=\"n\">");
    mx_html_seconds(out, scores.seconds);
    mx_buf_puts(out, "</td></tr>\n");
    return MX_OK;
}

static mx_status find_best(const mx_report *const *reports, int count, mx_html_scores *best) {
    *best = (mx_html_scores){.accuracy = NAN, .f1 = NAN};
    for (int i = 0; i < count; i++) {
        mx_html_scores scores;
        MX_TRY(mx_html_find_scores(reports[i], &scores));
        best->accuracy = fmax(best->accuracy, scores.accuracy);
        best->f1 = fmax(best->f1, scores.f1);
    }
    return MX_OK;
}

static mx_status put_table(mx_buf *out, const mx_report *const *reports, int count) {
    mx_html_scores best;
    MX_TRY(find_best(reports, count, &best));
    mx_html_begin_section(out, "runs", "Results");
    mx_buf_puts(out, "<div class=\"scroll\"><table class=\"full\">\n<thead><tr>"
                     "<th scope=\"col\">Run</th><th scope=\"col\" class=\"n\">Accuracy</th>"
                     "<th scope=\"col\" class=\"n\">F1</th><th scope=\"col\">Method</th>"
                     "<th scope=\"col\" class=\"n\">Labelled</th>"
                     "<th scope=\"col\">Scored on</th>"
                     "<th scope=\"col\" class=\"n\">Best step</th>"
                     "<th scope=\"col\" class=\"n\">Time</th></tr></thead>\n<tbody>\n");
    for (int i = 0; i < count; i++)
        MX_TRY(put_run(out, reports[i], i, &best));
    mx_buf_puts(out, "</tbody></table></div>\n");
    mx_html_end_section(out);
    return MX_OK;
}

static bool any_has(const mx_report *const *reports, int count, mx_history_column column) {
    for (int i = 0; i < count; i++)
        if (reports[i]->history.n_rows > 0 &&
            isfinite(mx_history_last(&reports[i]->history, column)))
            return true;
    return false;
}

static mx_status put_overlays(mx_buf *out, const mx_report *const *reports, int count) {
    static const struct {
        mx_history_column column;
        const char *title;
    } plots[] = {{MX_HISTORY_ACCURACY, "Accuracy, %"},
                 {MX_HISTORY_F1, "F1, %"},
                 {MX_HISTORY_LOSS, "Training loss"},
                 {MX_HISTORY_GUESS_ACCURACY, "Accuracy of guessed labels, %"}};
    for (size_t i = 0; i < sizeof plots / sizeof *plots; i++) {
        mx_buf svg = {0};
        if (!any_has(reports, count, plots[i].column)) continue;
        const mx_status status =
            mx_report_overlay_svg(reports, count, plots[i].title, plots[i].column, &svg);
        if (status == MX_OK) mx_html_svg(out, &svg, plots[i].title);
        mx_buf_release(&svg);
        MX_TRY(status);
    }
    return MX_OK;
}

static mx_status put_curves(mx_buf *out, const mx_report *const *reports, int count) {
    const int shown = count < MX_SERIES_COLOURS ? count : MX_SERIES_COLOURS;
    mx_html_begin_section(out, "curves", "How they learned");
    if (!mx_canvas_is_there()) {
        mx_buf_puts(out, "<p>There are no plots: this mixcl was built without Cairo.</p>\n");
        mx_html_end_section(out);
        return MX_OK;
    }
    mx_buf_puts(out, "<p>");
    for (int i = 0; i < shown; i++) {
        mx_buf_puts(out, "<span class=\"legend\">");
        put_name(out, reports[i], i);
        mx_buf_puts(out, "</span> ");
    }
    if (shown < count) mx_buf_printf(out, "(the first %d runs)", shown);
    mx_buf_puts(out, "</p>\n<div class=\"plots\">\n");
    MX_TRY(put_overlays(out, reports, shown));
    mx_buf_puts(out, "</div>\n");
    mx_html_end_section(out);
    return MX_OK;
}

/* The value of the same key in another run, or NULL. */
static const char *value_in(const mx_report *report, const mx_report_setting *setting) {
    for (size_t i = 0; i < report->n_settings; i++)
        if (strcmp(report->settings[i].section, setting->section) == 0 &&
            strcmp(report->settings[i].key, setting->key) == 0)
            return report->settings[i].value;
    return NULL;
}

static bool differs(const mx_report *const *reports, int count, const mx_report_setting *setting) {
    for (int i = 0; i < count; i++) {
        const char *value = value_in(reports[i], setting);
        if (!value || strcmp(value, setting->value) != 0) return true;
    }
    return false;
}

/* True where a run before `run` has the key too. */
static bool was_listed(const mx_report *const *reports, int run, const mx_report_setting *setting) {
    for (int i = 0; i < run; i++)
        if (value_in(reports[i], setting)) return true;
    return false;
}

static void put_difference(mx_buf *out, const mx_report *const *reports, int count,
                           const mx_report_setting *setting) {
    mx_buf_puts(out, "<tr><th scope=\"row\"><code>");
    mx_html_text(out, setting->section, MX_HTML_NAME);
    mx_buf_puts(out, ".");
    mx_html_text(out, setting->key, MX_HTML_NAME);
    mx_buf_puts(out, "</code></th>");
    for (int i = 0; i < count; i++) {
        const char *value = value_in(reports[i], setting);
        mx_buf_puts(out, "<td><code>");
        mx_html_text(out, value ? value : "\xE2\x80\x93", MX_HTML_LONG);
        mx_buf_puts(out, "</code></td>");
    }
    mx_buf_puts(out, "</tr>\n");
}

static void put_differences(mx_buf *out, const mx_report *const *reports, int count) {
    mx_html_begin_section(out, "differences", "What differs in their configurations");
    mx_buf_puts(out, "<div class=\"scroll\"><table class=\"full\">\n<thead><tr>"
                     "<th scope=\"col\">Key</th>");
    for (int i = 0; i < count; i++) {
        mx_buf_puts(out, "<th scope=\"col\">");
        put_name(out, reports[i], i);
        mx_buf_puts(out, "</th>");
    }
    mx_buf_puts(out, "</tr></thead>\n<tbody>\n");
    for (int run = 0; run < count; run++)
        for (size_t i = 0; i < reports[run]->n_settings; i++) {
            const mx_report_setting *setting = &reports[run]->settings[i];
            if (!was_listed(reports, run, setting) && differs(reports, count, setting))
                put_difference(out, reports, count, setting);
        }
    mx_buf_puts(out, "</tbody></table></div>\n");
    mx_html_end_section(out);
}

static void put_notes(mx_buf *out, const mx_report *const *reports, int count) {
    for (int run = 0; run < count; run++)
        for (size_t i = 0; i < reports[run]->n_notes; i++) {
            mx_buf_puts(out, "<div class=\"note\" role=\"note\"><p><b>");
            mx_html_text(out, reports[run]->name, MX_HTML_NAME);
            mx_buf_puts(out, "</b>: ");
            mx_html_text(out, reports[run]->notes[i], MX_HTML_LONG);
            mx_buf_puts(out, "</p></div>\n");
        }
}

mx_status mx_report_compare_html(const mx_report *const *reports, int count, mx_buf *out) {
    mx_html_begin_page(out, "Comparison of training runs");
    mx_buf_printf(
        out,
        "<header>\n<p class=\"kind\">mixcl training report</p>\n<h1>%d runs compared</h1>\n"
        "</header>\n",
        count);
    put_notes(out, reports, count);
    MX_TRY(put_table(out, reports, count));
    MX_TRY(put_curves(out, reports, count));
    put_differences(out, reports, count);
    mx_html_end_page(out);
    return mx_buf_check(out);
}
