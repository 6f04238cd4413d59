/* The pages of reports. */
#include "unit/report_fixture.h"

#include "io/image.h"
#include "report/canvas.h"
#include "report/html.h"
#include "report/html_text.h"
#include "report/report_confusion.h"
#include "report/report_plots.h"

enum { PAGE_LIMIT = 5 << 20, DEPTH = 64 };

/* The name of the tag at `at`, which is after '<'. */
static size_t tag_length(const char *at) {
    return strcspn(at, " >\n");
}

static bool is_void(const char *name, size_t length) {
    static const char *const names[] = {"meta", "link", "img", "!DOCTYPE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && strncmp(name, names[i], length) == 0) return true;
    return false;
}

/* Every tag that is opened is closed in its turn. */
static void assert_well_formed(const char *page) {
    const char *open[DEPTH];
    int depth = 0;
    for (const char *at = strchr(page, '<'); at; at = strchr(at, '<')) {
        const char *name = ++at;
        const bool closes = *name == '/';
        name += closes;
        const size_t length = tag_length(name);
        if (closes) {
            assert_true(depth > 0);
            if (strncmp(open[--depth], name, length) != 0 || tag_length(open[depth]) != length)
                fail_msg("</%.*s> closes <%.*s>", (int)length, name, (int)tag_length(open[depth]),
                         open[depth]);
        } else if (!is_void(name, length)) {
            assert_true(depth < DEPTH);
            open[depth++] = name;
        }
    }
    assert_int_equal(depth, 0);
}

/* What every page is: closed, small, and sufficient to itself. */
static void assert_page(const mx_buf *page) {
    const char *text = mx_buf_text(page);
    assert_int_equal(strncmp(text, "<!DOCTYPE html>\n<html lang=\"en\">", 32), 0);
    assert_non_null(strstr(text, "<title>"));
    assert_true(page->length < PAGE_LIMIT);
    assert_int_equal(strlen(text), page->length);
    assert_null(strstr(text, "http:"));
    assert_null(strstr(text, "https:"));
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "\xFF"));
    assert_null(strstr(text, ">nan"));
    for (const char *at = strstr(text, "src=\""); at; at = strstr(at + 1, "src=\""))
        assert_int_equal(strncmp(at, "src=\"data:", 10), 0);
    for (const char *at = strstr(text, "<img "); at; at = strstr(at + 1, "<img "))
        assert_int_equal(strncmp(at, "<img alt=\"", 10), 0);
    assert_well_formed(text);
}

static void assert_renders(const mx_report *report) {
    mx_buf page = {0};
    assert_int_equal(mx_report_html(report, &page), MX_OK);
    assert_page(&page);
    mx_buf_release(&page);
}

static void texts_from_outside_stay_texts(void **state) {
    (void)state;
    mx_buf out = {0};
    mx_html_text(&out, "a<b>&\"'\x01\xC3(", 80);
    assert_string_equal(mx_buf_text(&out), "a&#60;b&#62;&#38;&#34;&#39;\xEF\xBF\xBD\xEF\xBF\xBD(");
    mx_buf_clear(&out);
    mx_html_text(&out, "abcdefghij", 5);
    assert_string_equal(mx_buf_text(&out), "ab\xE2\x80\xA6ij");
    mx_buf_release(&out);
}

static void base64_is_that_of_rfc_4648(void **state) {
    (void)state;
    static const char *const expected[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE="};
    for (size_t count = 0; count < 6; count++) {
        mx_buf out = {0};
        mx_html_base64(&out, "foobar", count);
        assert_string_equal(mx_buf_text(&out), expected[count]);
        mx_buf_release(&out);
    }
}

static void assert_seconds(double seconds, const char *expected) {
    mx_buf out = {0};
    mx_html_seconds(&out, seconds);
    assert_string_equal(mx_buf_text(&out), expected);
    mx_buf_release(&out);
}

static void numbers_are_written_for_people(void **state) {
    (void)state;
    mx_buf out = {0};
    mx_html_count(&out, 1002003);
    assert_string_equal(mx_buf_text(&out), "1\xE2\x80\xAF"
                                           "002\xE2\x80\xAF"
                                           "003");
    mx_buf_clear(&out);
    mx_html_percent(&out, 0.12345, 1);
    mx_html_percent(&out, NAN, 1);
    assert_string_equal(mx_buf_text(&out), "12.3\xE2\x80\xAF%\xE2\x80\x93");
    mx_buf_release(&out);
    assert_seconds(5.25, "5.2 s");
    assert_seconds(59.97, "1 min 0 s");
    assert_seconds(7500, "2 h 5 min");
    assert_seconds(NAN, "\xE2\x80\x93");
}

static void a_report_is_one_well_formed_page_of_any_number_of_classes(void **state) {
    (void)state;
    static const int numbers[] = {1, 2, 10, 20, 21, 100, 101, 1000};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        report_fixture f;
        report_fixture_init(&f, numbers[i]);
        assert_renders(&f.report);
        report_fixture_release(&f);
    }
}

static void a_report_says_what_it_lacks(void **state) {
    (void)state;
    report_fixture f;
    mx_buf page = {0};
    report_fixture_init(&f, 3);
    f.report.evaluation = NULL;
    f.report.classes = NULL;
    f.report.has_best = false;
    f.report.test = 0;
    f.report.n_settings = 0;
    assert_int_equal(mx_report_html(&f.report, &page), MX_OK);
    assert_page(&page);
    assert_non_null(strstr(mx_buf_text(&page), "neither test nor validation pictures"));
    assert_null(strstr(mx_buf_text(&page), "id=\"confusion\""));
    mx_buf_clear(&page);
    f.report.validation = 30;
    f.report.n_classes = 0;
    assert_int_equal(mx_report_html(&f.report, &page), MX_OK);
    assert_non_null(strstr(mx_buf_text(&page), "all scores are on the validation pictures"));
    mx_buf_release(&page);
    report_fixture_release(&f);
}

static void a_class_without_pictures_has_no_shares(void **state) {
    (void)state;
    report_fixture f;
    report_fixture_init(&f, 3);
    f.classes[1] = (mx_report_class){0};
    f.counts[1] = (mx_event_class){.name = f.names[1]};
    for (int i = 0; i < 3; i++)
        f.confusion[3 + i] = 0;
    assert_renders(&f.report);
    report_fixture_release(&f);
}

static void histories_may_be_short_or_not_finite(void **state) {
    (void)state;
    for (size_t rows = 0; rows < 3; rows++) {
        report_fixture f;
        report_fixture_init(&f, 2);
        mx_history_release(&f.report.history);
        report_fixture_rows(&f.report.history, rows);
        assert_renders(&f.report);
        for (size_t row = 0; row < rows; row++)
            for (int c = MX_HISTORY_LOSS; c < MX_HISTORY_COUNT; c++)
                f.report.history.values[c][row] = c % 2 ? NAN : INFINITY;
        assert_renders(&f.report);
        report_fixture_release(&f);
    }
}

static void perfect_runs_have_no_mistakes(void **state) {
    (void)state;
    report_fixture f;
    mx_buf page = {0};
    report_fixture_init(&f, 2);
    f.confusion[1] = f.confusion[2] = 0;
    f.evaluation.n_mistakes = 0;
    assert_int_equal(mx_report_html(&f.report, &page), MX_OK);
    assert_page(&page);
    assert_non_null(strstr(mx_buf_text(&page), "every guess is right"));
    assert_null(strstr(mx_buf_text(&page), "Most frequent mistakes"));
    mx_buf_release(&page);
    report_fixture_release(&f);
}

static void large_pictures_are_shrunk(void **state) {
    (void)state;
    enum { SIDE = 1024 };
    report_fixture f;
    report_fixture_init(&f, 2);
    uint8_t *noise = malloc((size_t)SIDE * SIDE * 3);
    assert_non_null(noise);
    for (uint32_t i = 0, x = 1; i < (uint32_t)SIDE * SIDE * 3; i++)
        noise[i] = (uint8_t)((x = x * 1664525u + 1013904223u) >> 24);
    f.evaluation.height = f.evaluation.width = SIDE;
    for (int i = 0; i < REPORT_PICTURES; i++)
        f.pictures[i].pixels = noise;
    assert_renders(&f.report);
    free(noise);
    report_fixture_release(&f);
}

static void runs_are_compared_in_one_page(void **state) {
    (void)state;
    report_fixture f[9];
    const mx_report *reports[9];
    mx_buf page = {0};
    for (int i = 0; i < 9; i++) {
        report_fixture_init(&f[i], 2);
        reports[i] = &f[i].report;
    }
    f[1].report.has_best = false;
    f[1].report.evaluation = NULL;
    f[2].settings[1].value = "32";
    f[3].report.n_settings = 0;
    mx_history_release(&f[4].report.history);
    for (int count = 1; count <= 9; count += 4) {
        mx_buf_clear(&page);
        assert_int_equal(mx_report_compare_html(reports, count, &page), MX_OK);
        assert_page(&page);
        assert_int_equal(strstr(mx_buf_text(&page), "train.batch") != NULL, count > 2);
    }
    mx_buf_release(&page);
    for (int i = 0; i < 9; i++)
        report_fixture_release(&f[i]);
}

static void pictures_survive_the_encoder(void **state) {
    (void)state;
    for (int channels = 1; channels <= 3; channels += 2) {
        uint8_t pixels[5 * 3 * 3];
        mx_buf png = {0};
        mx_image out = {0};
        for (size_t i = 0; i < sizeof pixels; i++)
            pixels[i] = (uint8_t)(i * 37);
        const mx_image in = {5, 3, channels, pixels};
        assert_int_equal(mx_image_encode_png(&png, &in), MX_OK);
        const mx_image_input input = {.name = "x", .bytes = png.data, .count = png.length};
        assert_int_equal(mx_image_decode(&out, &input, channels), MX_OK);
        assert_true(out.height == 5 && out.width == 3);
        assert_memory_equal(out.pixels, pixels, (size_t)(15 * channels));
        mx_image_release(&out);
        mx_buf_release(&png);
    }
}

static void the_matrix_fits_its_page(void **state) {
    (void)state;
    for (int n = 1; n <= MX_CONFUSION_PLOT_CLASSES; n++) {
        const mx_confusion_layout l = mx_confusion_lay_out(n);
        assert_true(l.cell >= 5 && l.left + n * l.cell <= l.page_width &&
                    l.top + n * l.cell <= l.page_height);
        assert_true(l.page_width <= MX_CANVAS_MOST && l.page_height <= MX_CANVAS_MOST);
        assert_true(!l.has_counts || l.names);
    }
}

static void plots_are_there_for_what_there_is(void **state) {
    (void)state;
    report_fixture f;
    report_fixture_init(&f, 2);
    for (int i = 0; i < MX_PLOT_COUNT; i++)
        assert_true(mx_report_has_plot(&f.report, (mx_report_plot)i));
    for (size_t row = 0; row < REPORT_ROWS; row++) {
        f.report.history.values[MX_HISTORY_LR][row] = 0.002;
        f.report.history.values[MX_HISTORY_CONFIDENCE][row] = NAN;
        f.report.history.values[MX_HISTORY_GUESS_ACCURACY][row] = NAN;
        f.report.history.values[MX_HISTORY_BALANCE][row] = NAN;
    }
    f.report.evaluation = NULL;
    assert_false(mx_report_has_plot(&f.report, MX_PLOT_LR));
    assert_false(mx_report_has_plot(&f.report, MX_PLOT_GUESSES));
    assert_false(mx_report_has_plot(&f.report, MX_PLOT_RELIABILITY));
    assert_false(mx_report_has_plot(&f.report, MX_PLOT_CONFUSION));
    report_fixture_release(&f);
}

static void plots_are_written_as_png_and_svg(void **state) {
    char path[FIXTURE_PATH];
    report_fixture f;
    report_fixture_init(&f, 2);
    const mx_status status =
        mx_report_plots_write(&f.report, fixture_path(path, *state, "run/plots"));
    if (!mx_canvas_is_there()) {
        assert_int_equal(status, MX_USAGE);
    } else {
        assert_int_equal(status, MX_OK);
        for (int i = 0; i < MX_PLOT_COUNT; i++) {
            char name[64];
            snprintf(name, sizeof name, "run/plots/%s.png", mx_report_plot_name((mx_report_plot)i));
            assert_true(mx_file_exists(fixture_path(path, *state, name)));
            snprintf(name, sizeof name, "run/plots/%s.svg", mx_report_plot_name((mx_report_plot)i));
            assert_true(mx_file_exists(fixture_path(path, *state, name)));
        }
    }
    report_fixture_release(&f);
}

static void accuracies_of_runs_are_written_as_png_or_svg(void **state) {
    static const char *const names[] = {"runs.png", "runs.svg"};
    char path[FIXTURE_PATH];
    report_fixture f[9];
    const mx_report *reports[9];
    for (int i = 0; i < 9; i++) {
        report_fixture_init(&f[i], 2);
        reports[i] = &f[i].report;
    }
    f[1].report.name = "";
    mx_history_release(&f[2].report.history);
    for (int count = 1; count <= 9; count += 4)
        for (int i = 0; i < 2; i++) {
            const mx_status status =
                mx_report_accuracies_write(reports, count, fixture_path(path, *state, names[i]));
            assert_int_equal(status, mx_canvas_is_there() ? MX_OK : MX_USAGE);
            assert_int_equal(mx_file_exists(path), status == MX_OK);
        }
    assert_int_equal(mx_report_accuracies_write(&reports[2], 1, path),
                     mx_canvas_is_there() ? MX_OK : MX_USAGE);
    for (int i = 0; i < 9; i++)
        report_fixture_release(&f[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_from_outside_stay_texts),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(numbers_are_written_for_people),
        cmocka_unit_test(a_report_is_one_well_formed_page_of_any_number_of_classes),
        cmocka_unit_test(a_report_says_what_it_lacks),
        cmocka_unit_test(a_class_without_pictures_has_no_shares),
        cmocka_unit_test(histories_may_be_short_or_not_finite),
        cmocka_unit_test(perfect_runs_have_no_mistakes),
        cmocka_unit_test(large_pictures_are_shrunk),
        cmocka_unit_test(runs_are_compared_in_one_page),
        cmocka_unit_test(pictures_survive_the_encoder),
        cmocka_unit_test(the_matrix_fits_its_page),
        cmocka_unit_test(plots_are_there_for_what_there_is),
        cmocka_unit_test(plots_are_written_as_png_and_svg),
        cmocka_unit_test(accuracies_of_runs_are_written_as_png_or_svg),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
