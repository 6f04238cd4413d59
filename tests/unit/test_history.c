/* metrics.csv, read back. */
#include "unit/fixture.h"

#include <math.h>

#include "report/history.h"

static mx_status read_text(const char *folder, const char *text, mx_history *out) {
    char path[FIXTURE_PATH];
    fixture_write(folder, "metrics.csv", text, strlen(text));
    return mx_history_read(out, fixture_path(path, folder, "metrics.csv"));
}

#ifdef MIXCL_WITH_CSV
static void columns_are_found_by_their_names(void **state) {
    mx_history h;
    assert_int_equal(read_text(*state, "loss,unheard_of,step\n1.5,x,10\n,y,20\nnan,z,30\n", &h),
                     MX_OK);
    assert_int_equal(h.n_rows, 3);
    assert_true(h.values[MX_HISTORY_STEP][2] == 30 && h.values[MX_HISTORY_LOSS][0] == 1.5);
    assert_true(isnan(h.values[MX_HISTORY_LOSS][1]) && isnan(h.values[MX_HISTORY_LOSS][2]));
    assert_true(isnan(h.values[MX_HISTORY_F1][0]));
    assert_true(mx_history_last(&h, MX_HISTORY_LOSS) == 1.5);
    assert_int_equal(mx_history_find(&h, 20), 1);
    assert_int_equal(mx_history_find(&h, 25), 3);
    mx_history_release(&h);
}

static void a_header_alone_is_a_history_without_rows(void **state) {
    mx_history h;
    double median = 0;
    assert_int_equal(read_text(*state, "step,loss\n", &h), MX_OK);
    assert_int_equal(h.n_rows, 0);
    assert_true(isnan(mx_history_last(&h, MX_HISTORY_LOSS)));
    assert_int_equal(mx_history_median(&h, MX_HISTORY_LOSS, &median), MX_OK);
    assert_true(isnan(median));
    mx_history_release(&h);
}

static void assert_refused(const char *folder, const char *text, const char *message) {
    mx_history h;
    assert_int_equal(read_text(folder, text, &h), MX_DATA);
    if (!strstr(mx_error(), message)) fail_msg("'%s' lacks '%s'", mx_error(), message);
    assert_int_equal(h.n_rows, 0);
}

static void damage_is_named_with_its_line(void **state) {
    assert_refused(*state, "step,loss\n10,1\n20,1x\n", "line 3: '1x' in column 'loss'");
    assert_refused(*state, "step,loss\n20,1\n10,1\n", "line 3: steps must grow");
    assert_refused(*state, "step,loss\n,1\n", "line 2: steps must grow");
    assert_refused(*state, "step,loss\n-1,1\n", "line 2: steps must grow");
    assert_refused(*state, "step,loss\n10,1\n20\n", "line 3");
    assert_refused(*state, "a,b\n1,2\n", "no column 'step'");
    assert_refused(*state, "", "metrics.csv");
    assert_refused(*state, "\xFF\xFE\n", "metrics.csv");
}

static void long_curves_are_thinned_by_means(void **state) {
    enum { ROWS = 1001, MOST = 100 };
    mx_buf text = {0};
    mx_history h;
    double steps[MOST], values[MOST];
    mx_buf_puts(&text, "step,loss,test_acc\n");
    for (int i = 0; i < ROWS; i++)
        mx_buf_printf(&text, "%d,%d,%s\n", i, 2 * i, i % 500 == 0 ? "0.5" : "");
    assert_int_equal(read_text(*state, mx_buf_text(&text), &h), MX_OK);
    const int count = mx_history_curve(&h, MX_HISTORY_LOSS, MOST, steps, values);
    assert_int_equal(count, 91);
    for (int i = 0; i < count; i++)
        assert_true(fabs(values[i] - 2 * steps[i]) < 1e-9);
    assert_true(steps[0] == 5 && steps[90] == 995);
    assert_int_equal(mx_history_curve(&h, MX_HISTORY_ACCURACY, MOST, steps, values), 3);
    assert_true(steps[1] == 500 && values[1] == 0.5);
    assert_int_equal(mx_history_curve(&h, MX_HISTORY_F1, MOST, steps, values), 0);
    mx_history_release(&h);
    mx_buf_release(&text);
}

#else
static void without_libcsv_it_says_so(void **state) {
    mx_history h;
    assert_int_equal(read_text(*state, "step,loss\n10,1\n", &h), MX_USAGE);
    assert_non_null(strstr(mx_error(), "-DMIXCL_CSV=ON"));
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef MIXCL_WITH_CSV
        cmocka_unit_test(columns_are_found_by_their_names),
        cmocka_unit_test(a_header_alone_is_a_history_without_rows),
        cmocka_unit_test(damage_is_named_with_its_line),
        cmocka_unit_test(long_curves_are_thinned_by_means),
#else
        cmocka_unit_test(without_libcsv_it_says_so),
#endif
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
