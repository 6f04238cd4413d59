#include "report/html.h"

#include <math.h>

#include "report/html_parts.h"

static double value_at(const mx_report *report, mx_history_column column, size_t row) {
    return row < report->history.n_rows ? report->history.values[column][row] : NAN;
}

mx_status mx_html_find_scores(const mx_report *report, mx_html_scores *out) {
    const mx_history *history = &report->history;
    const mx_report_evaluation *scores = report->evaluation;
    const size_t best = mx_history_find(history, (double)report->best_step);
    *out = (mx_html_scores){NAN, NAN, NAN, NAN, NAN, NAN};
    if (report->has_best) {
        out->accuracy = report->best_accuracy;
        out->accuracy_raw = value_at(report, MX_HISTORY_ACCURACY_RAW, best);
        out->f1 = value_at(report, MX_HISTORY_F1, best);
    }
    if (scores) {
        out->accuracy = scores->accuracy;
        out->f1 = scores->f1;
        out->ece = scores->ece;
    }
    if (history->n_rows == 0) return MX_OK;
    out->seconds = mx_history_last(history, MX_HISTORY_ELAPSED);
    return mx_history_median(history, MX_HISTORY_IMAGES_PER_S, &out->images_per_s);
}

static void put_share(mx_buf *out, const char *class, const char *name, double share) {
    mx_buf_printf(out, "<div%s><dt>%s</dt><dd>", class, name);
    mx_html_percent(out, share, 2);
    mx_buf_puts(out, "</dd></div>\n");
}

static mx_status put_headline(mx_buf *out, const mx_report *report) {
    mx_html_scores scores;
    MX_TRY(mx_html_find_scores(report, &scores));
    mx_buf_puts(out, "<dl class=\"numbers\">\n");
    put_share(out, " class=\"first\"", "Accuracy, averaged weights", scores.accuracy);
    put_share(out, "", "Accuracy, raw weights", scores.accuracy_raw);
    put_share(out, "",
              report->n_classes == 2 ? "F1 of the second class" : "F1, mean of the classes",
              scores.f1);
    put_share(out, "", "Calibration error", scores.ece);
    mx_buf_puts(out, "<div><dt>Best step</dt><dd>");
    if (report->has_best)
        mx_html_count(out, report->best_step);
    else
        mx_html_number(out, NAN, 1);
    mx_buf_puts(out, "</dd></div>\n<div><dt>Steps</dt><dd>");
    mx_html_count(out, report->step);
    mx_buf_puts(out, "</dd></div>\n<div><dt>Training time</dt><dd>");
    mx_html_seconds(out, scores.seconds);
    mx_buf_puts(out, "</dd></div>\n<div><dt>Pictures a second</dt><dd>");
    if (scores.images_per_s >= 0 && scores.images_per_s < 1e15)
        mx_html_count(out, (uint64_t)(scores.images_per_s + 0.5));
    else
        mx_html_number(out, NAN, 1);
    mx_buf_puts(out, "</dd></div>\n</dl>\n");
    return MX_OK;
}

static void put_lead(mx_buf *out, const mx_report *report) {
    mx_buf_puts(out, "<header>\n<p class=\"kind\">mixcl training report</p>\n<h1>");
    mx_html_text(out, report->name, MX_HTML_NAME);
    mx_buf_puts(out, "</h1>\n<p class=\"lead\">");
    mx_html_text(out, report->method, MX_HTML_NAME);
    mx_buf_puts(out, " \xC2\xB7 ");
    mx_html_text(out, report->model, MX_HTML_NAME);
    mx_buf_puts(out, " \xC2\xB7 ");
    mx_html_count(out, report->labelled);
    mx_buf_puts(out, " labelled and ");
    mx_html_count(out, report->unlabelled);
    mx_buf_printf(out, " unlabelled pictures of %d classes</p>\n</header>\n", report->n_classes);
}

/* What the scores are of, and what is missing. */
static void put_notes(mx_buf *out, const mx_report *report) {
    const bool on_test = mx_report_on_test(report);
    if (on_test && report->test > 0 && report->n_notes == 0) return;
    mx_buf_puts(out, "<div class=\"note\" role=\"note\"><ul>\n");
    if (!on_test)
        mx_buf_puts(out, "<li>There are no test pictures: all scores are on the validation "
                         "pictures, which also chose the best weights, so expect a little less on "
                         "new pictures.</li>\n");
    else if (report->test == 0)
        mx_buf_puts(out, "<li>There are neither test nor validation pictures, so there are no "
                         "scores.</li>\n");
    for (size_t i = 0; i < report->n_notes; i++) {
        mx_buf_puts(out, "<li>");
        mx_html_text(out, report->notes[i], MX_HTML_LONG);
        mx_buf_puts(out, "</li>\n");
    }
    mx_buf_puts(out, "</ul></div>\n");
}

static void put_basis(mx_buf *out, const mx_report *report) {
    const mx_report_evaluation *scores = report->evaluation;
    if (!scores) return;
    mx_buf_puts(out, "<p class=\"soft basis\">Scores are on ");
    mx_html_count(out, scores->n);
    mx_buf_printf(out, " %s pictures that training never saw, with the weights of best.safetensors",
                  scores->on_test ? "test" : "validation");
    if (*report->best_by) {
        mx_buf_puts(out, ", chosen by the ");
        mx_html_text(out, report->best_by, MX_HTML_NAME);
    }
    mx_buf_puts(out, ".</p>\n");
}

mx_status mx_report_html(const mx_report *report, mx_buf *out) {
    mx_buf title = {0};
    mx_buf_printf(&title, "%s \xE2\x80\x93 training report", report->name);
    mx_html_begin_page(out, mx_buf_text(&title));
    out->failed |= title.failed;
    mx_buf_release(&title);
    put_lead(out, report);
    put_notes(out, report);
    MX_TRY(put_headline(out, report));
    put_basis(out, report);
    MX_TRY(mx_html_curves(out, report));
    MX_TRY(mx_html_confusion(out, report));
    mx_html_classes(out, report);
    MX_TRY(mx_html_calibration(out, report));
    MX_TRY(mx_html_pictures(out, report));
    mx_html_balance(out, report);
    mx_html_settings(out, report);
    mx_html_machine(out, report);
    mx_html_end_page(out);
    return mx_buf_check(out);
}
