/* Grids, names of their folders, and what is averaged and drawn. */
#include "unit/fixture.h"

#include <math.h>

#include "train/sweep_results.h"

/* An INI file of the test's folder with these lines of [sweep]. */
static mx_config *open_config(void **state, const char *lines) {
    char text[2048], path[FIXTURE_PATH];
    mx_config *config = NULL;
    snprintf(text, sizeof text,
             "[source.a]\nkind = folder\nimages = pictures\n[train]\nsteps = 5\n[sweep]\n%s",
             lines);
    fixture_write(*state, "exp.ini", text, strlen(text));
    if (mx_config_open(&config, fixture_path(path, *state, "exp.ini"), NULL, 0) != MX_OK)
        fail_msg("%s", mx_error());
    return config;
}

/* Opens the sweep of `lines` and of --vary `vary` (NULL ends them). */
static mx_status open_sweep(void **state, mx_sweep *sweep, const char *lines,
                            const char *const *vary) {
    mx_config *config = open_config(state, lines);
    int n_vary = 0;
    while (vary && vary[n_vary])
        n_vary++;
    const mx_status status = mx_sweep_open(sweep, config, vary, n_vary);
    mx_config_close(config);
    return status;
}

static void assert_opens(void **state, mx_sweep *sweep, const char *const *vary) {
    if (open_sweep(state, sweep, "", vary) != MX_OK) fail_msg("%s", mx_error());
}

static void assert_refused(void **state, const char *vary, const char *message) {
    mx_sweep sweep;
    assert_int_equal(open_sweep(state, &sweep, "", (const char *[]){vary, NULL}), MX_USAGE);
    if (!strstr(mx_error(), message)) fail_msg("'%s' lacks '%s'", mx_error(), message);
    mx_sweep_release(&sweep);
}

static void runs_are_numbered_with_the_last_dimension_fastest(void **state) {
    mx_sweep sweep;
    int picks[MX_SWEEP_DIMENSIONS];
    assert_opens(state, &sweep, (const char *[]){"data.labelled=10, 20 ,30", "run.seed=1,2", NULL});
    assert_int_equal(sweep.n_runs, 6);
    mx_sweep_pick(&sweep, 3, picks);
    assert_int_equal(picks[0], 1);
    assert_int_equal(picks[1], 1);
    for (int run = 0; run < 6; run++) {
        mx_sweep_pick(&sweep, run, picks);
        assert_int_equal(mx_sweep_run(&sweep, picks), run);
    }
    assert_string_equal(sweep.dimensions[0].values[1].label, "20");
    assert_string_equal(sweep.dimensions[0].values[1].sets[0], "data.labelled=20");
    assert_int_equal(mx_sweep_seeds(&sweep), 1);
    mx_sweep_release(&sweep);
}

static void bars_part_values_that_hold_commas(void **state) {
    mx_sweep sweep;
    assert_opens(state, &sweep,
                 (const char *[]){"augment.unlabelled_ops=flip, blur | rotate", NULL});
    assert_int_equal(sweep.n_runs, 2);
    assert_string_equal(sweep.dimensions[0].values[0].sets[0], "augment.unlabelled_ops=flip, blur");
    mx_sweep_release(&sweep);
}

static void a_label_sets_several_keys_or_none(void **state) {
    mx_sweep sweep;
    assert_opens(state, &sweep,
                 (const char *[]){"m=two keys: train.method=supervised "
                                  "augment.labelled_ops=flip:0.5, blur train.batch=4 | none:",
                                  NULL});
    const mx_sweep_value *values = sweep.dimensions[0].values;
    assert_int_equal(sweep.n_runs, 2);
    assert_string_equal(values[0].label, "two keys");
    assert_int_equal(values[0].n_sets, 3);
    assert_string_equal(values[0].sets[0], "train.method=supervised");
    assert_string_equal(values[0].sets[1], "augment.labelled_ops=flip:0.5, blur");
    assert_string_equal(values[0].sets[2], "train.batch=4");
    assert_string_equal(values[1].label, "none");
    assert_int_equal(values[1].n_sets, 0);
    mx_sweep_release(&sweep);
}

static void the_command_line_replaces_a_line_of_the_file(void **state) {
    mx_sweep sweep;
    const char *const vary[] = {"run.seed=7", "mixmatch.k=2,3", NULL};
    if (open_sweep(state, &sweep, "run.seed = 1, 2\ndata.labelled = 5, 6\n", vary) != MX_OK)
        fail_msg("%s", mx_error());
    assert_int_equal(sweep.n_dimensions, 3);
    assert_int_equal(sweep.n_runs, 4);
    assert_string_equal(sweep.dimensions[0].values[0].sets[0], "run.seed=7");
    assert_string_equal(sweep.dimensions[1].values[0].sets[0], "data.labelled=5");
    assert_string_equal(sweep.dimensions[2].values[1].sets[0], "mixmatch.k=3");
    mx_sweep_release(&sweep);
}

static void paths_of_the_file_start_at_its_folder(void **state) {
    mx_sweep sweep;
    char expected[FIXTURE_PATH + 32], *real = realpath(*state, NULL);
    if (open_sweep(state, &sweep, "source.a.images = x, /y\ndata.cache = off, z\n", NULL) != MX_OK)
        fail_msg("%s", mx_error());
    snprintf(expected, sizeof expected, "source.a.images=%s/x", real);
    assert_string_equal(sweep.dimensions[0].values[0].sets[0], expected);
    assert_string_equal(sweep.dimensions[0].values[1].sets[0], "source.a.images=/y");
    assert_string_equal(sweep.dimensions[1].values[0].sets[0], "data.cache=off");
    free(real);
    mx_sweep_release(&sweep);
}

static void names_are_safe_for_every_file_system(void **state) {
    mx_sweep sweep;
    char name[MX_SWEEP_NAME_BYTES], other[MX_SWEEP_NAME_BYTES], vary[512];
    assert_opens(state, &sweep,
                 (const char *[]){"data.labelled=10", "m=a/b \"c\":|d:", "run.seed=1", NULL});
    mx_sweep_name(&sweep, 0, name);
    assert_string_equal(name, "data.labelled=10,m=a-b--c-,run.seed=1");
    mx_sweep_release(&sweep);

    memset(vary, 'x', 300);
    memcpy(vary, "model.weights=", 14);
    strcpy(vary + 300, "1,");
    memset(vary + 302, 'x', 150);
    strcpy(vary + 452, "2");
    assert_opens(state, &sweep, (const char *[]){vary, NULL});
    mx_sweep_name(&sweep, 0, name);
    mx_sweep_name(&sweep, 1, other);
    assert_int_equal(strlen(name), MX_SWEEP_NAME_BYTES - 1);
    assert_string_not_equal(name, other);
    mx_sweep_release(&sweep);
}

static void what_makes_no_grid_is_refused(void **state) {
    assert_refused(state, "data.labelled", "expected SECTION.KEY=VALUE");
    assert_refused(state, "data.labelled=", "has an empty value");
    assert_refused(state, "data.labelled=1,,2", "has an empty value");
    assert_refused(state, "data.labelled=1,2, 1", "has the value '1' twice");
    assert_refused(state, "=1", "is neither SECTION.KEY nor a name");
    assert_refused(state, "a b=x:", "is neither SECTION.KEY nor a name");
    assert_refused(state, "m=x", "is not 'LABEL: SECTION.KEY=VALUE ...'");
    assert_refused(state, "m=: data.labelled=1", "is not 'LABEL: SECTION.KEY=VALUE ...'");
    assert_refused(state, "m=x: labelled", "is not SECTION.KEY=VALUE");
    assert_refused(state, "m=x: =1", "is not SECTION.KEY=VALUE");
    assert_refused(state, "run.name=a,b", "cannot be varied");
    assert_refused(state, "m=a b: | a-b:", "two runs would have the folder 'm=a-b'");
}

static void too_many_runs_are_refused(void **state) {
    static const char *const vary[] = {
        "a=1:|2:|3:|4:|5:|6:|7:|8:|9:", "b=1:|2:|3:|4:|5:|6:|7:|8:", "c=1:|2:|3:|4:|5:|6:|7:|8:",
        "d=1:|2:|3:|4:|5:|6:|7:|8:", NULL};
    static const char *const many[] = {
        "a=1:", "b=1:", "c=1:", "d=1:", "e=1:", "f=1:", "g=1:", "h=1:", "i=1:", NULL};
    mx_sweep sweep;
    assert_int_equal(open_sweep(state, &sweep, "", vary), MX_USAGE);
    assert_non_null(strstr(mx_error(), "at most 4096 runs"));
    mx_sweep_release(&sweep);
    assert_int_equal(open_sweep(state, &sweep, "", many), MX_USAGE);
    assert_non_null(strstr(mx_error(), "at most 8 things"));
    mx_sweep_release(&sweep);
    assert_int_equal(open_sweep(state, &sweep, "", NULL), MX_USAGE);
    assert_non_null(strstr(mx_error(), "say what varies"));
    mx_sweep_release(&sweep);
}

static void the_spread_is_the_sample_standard_deviation(void **state) {
    (void)state;
    const double values[] = {0.2, (double)NAN, 0.4, 0.9};
    const mx_sweep_statistic all = mx_sweep_statistic_of(values, 4),
                             one = mx_sweep_statistic_of(values, 2),
                             none = mx_sweep_statistic_of(values + 1, 1);
    assert_int_equal(all.n, 3);
    assert_true(fabs(all.mean - 0.5) < 1e-12 && fabs(all.spread - sqrt(0.13)) < 1e-12);
    assert_true(one.n == 1 && one.mean == 0.2 && isnan(one.spread));
    assert_true(none.n == 0 && isnan(none.mean) && isnan(none.spread));
}

/* A sweep of 2 x 2 x 2 runs with results: run r has accuracy r / 10, and run 5 failed. */
static const char *const small[] = {"method=plain:|a method with a name that takes much more room "
                                    "than any table of eighty columns has:",
                                    "run.seed=1,2", "data.labelled=500,20", NULL};

static void fill_results(mx_sweep_result *results) {
    for (int run = 0; run < 8; run++)
        results[run] = (mx_sweep_result){.state = MX_SWEEP_FINISHED,
                                         .accuracy = run / 10.0,
                                         .f1 = 0.5,
                                         .loss = (double)NAN,
                                         .best_accuracy = 0.75,
                                         .steps = 5,
                                         .seconds = 1.25};
    results[5].state = MX_SWEEP_FAILED;
}

static void tables_average_over_seeds_and_fit_80_columns(void **state) {
    mx_sweep sweep;
    mx_sweep_result results[8];
    mx_sweep_table table;
    mx_buf text = {0};
    assert_opens(state, &sweep, small);
    fill_results(results);
    assert_int_equal(mx_sweep_table_init(&table, &sweep, results), MX_OK);
    assert_int_equal(table.n_groups, 4);
    /* Runs 0 and 2, then 5 (failed) and 7. */
    assert_true(fabs(table.groups[0].accuracy.mean - 0.1) < 1e-12);
    assert_true(fabs(table.groups[0].accuracy.spread - sqrt(0.02)) < 1e-12);
    assert_true(table.groups[3].accuracy.mean == 0.7 && isnan(table.groups[3].accuracy.spread));
    assert_int_equal(table.groups[3].n_finished, 1);
    mx_sweep_table_print(&table, &text);
    assert_int_equal(mx_buf_check(&text), MX_OK);
    for (const char *line = mx_buf_text(&text); *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80 + 2 /* bytes of an ellipsis */);
    assert_non_null(strstr(mx_buf_text(&text), "0.1000  0.1414  0.5000  0.7500     2/2\n"));
    assert_non_null(strstr(mx_buf_text(&text), "0.7000       -  0.5000  0.7500     1/2\n"));
    mx_buf_release(&text);
    mx_sweep_table_csv(&table, &text);
    assert_non_null(strstr(mx_buf_text(&text),
                           "method,run.seed,data.labelled,accuracy,f1,loss,best_accuracy,steps,"
                           "seconds,state,folder\n"
                           "plain,1,500,0,0.5,,0.75,5,1.2,finished,"
                           "\"method=plain,run.seed=1,data.labelled=500\"\n"));
    mx_buf_release(&text);
    mx_sweep_table_release(&table);
    mx_sweep_release(&sweep);
}

static void numbers_are_drawn_over_a_growing_axis(void **state) {
    mx_sweep sweep;
    mx_sweep_result results[8];
    mx_sweep_table table;
    mx_sweep_figure figure;
    mx_arena arena = {0};
    assert_opens(state, &sweep, small);
    fill_results(results);
    assert_int_equal(mx_sweep_table_init(&table, &sweep, results), MX_OK);
    assert_int_equal(mx_sweep_table_figure(&table, &arena, &figure), MX_OK);
    assert_false(figure.bars);
    assert_int_equal(figure.n_x, 2);
    assert_true(figure.x[0] == 20 && figure.x[1] == 500);
    assert_string_equal(figure.x_label, "data.labelled");
    assert_int_equal(figure.n_curves, 2);
    assert_string_equal(figure.curves[0].name, "plain");
    /* Of 20 labels runs 1 and 3, of 500 runs 0 and 2. */
    assert_true(fabs(figure.curves[0].means[0] - 0.2) < 1e-12);
    assert_true(fabs(figure.curves[0].means[1] - 0.1) < 1e-12);
    const mx_axis x = mx_sweep_x_axis(&figure), y = mx_sweep_y_axis(&figure);
    assert_true(x.log && x.from < 20 && x.to > 500);
    assert_true(y.from == 0 && y.to == 80);
    mx_arena_release(&arena);
    mx_sweep_table_release(&table);
    mx_sweep_release(&sweep);
}

static void words_are_drawn_as_bars_with_the_keys_of_numbers(void **state) {
    mx_sweep sweep;
    mx_sweep_result results[4];
    mx_sweep_table table;
    mx_sweep_figure figure;
    mx_arena arena = {0};
    assert_opens(
        state, &sweep,
        (const char *[]){"model.name=wrn-10-1,wrn-16-1", "mixmatch.mixup=true,false", NULL});
    for (int run = 0; run < 4; run++)
        results[run] = (mx_sweep_result){.state = MX_SWEEP_FINISHED, .accuracy = 0.7};
    assert_int_equal(mx_sweep_table_init(&table, &sweep, results), MX_OK);
    assert_int_equal(mx_sweep_table_figure(&table, &arena, &figure), MX_OK);
    assert_true(figure.bars && figure.n_curves == 4 && figure.n_x == 1);
    assert_string_equal(figure.curves[1].name, "wrn-10-1, mixup false");
    const mx_axis axis = mx_sweep_y_axis(&figure);
    assert_true(axis.from == 0 && axis.to == 80);
    mx_arena_release(&arena);
    mx_sweep_table_release(&table);
    mx_sweep_release(&sweep);
}

static void folders_tell_what_became_of_their_runs(void **state) {
    static const char finished[] = "{\"state\": \"finished\", \"step\": 9, \"elapsed_s\": 2.5, "
                                   "\"scores\": {\"test_accuracy\": 0.5, \"test_f1\": 0.25, "
                                   "\"test_loss\": null, \"best_test_accuracy\": 1}}";
    mx_sweep_result result;
    char path[FIXTURE_PATH];
    fixture_path(path, *state, "run");
    assert_int_equal(mx_sweep_result_read(&result, path), MX_OK);
    assert_int_equal(result.state, MX_SWEEP_WAITING);
    fixture_write(*state, "run/metrics.csv", "", 0);
    assert_int_equal(mx_sweep_result_read(&result, path), MX_OK);
    assert_int_equal(result.state, MX_SWEEP_BEGUN);
    assert_true(isnan(result.accuracy));
    fixture_write(*state, "run/run.json", finished, sizeof finished - 1);
    assert_int_equal(mx_sweep_result_read(&result, path), MX_OK);
    assert_int_equal(result.state, MX_SWEEP_FINISHED);
    assert_true(result.accuracy == 0.5 && result.f1 == 0.25 && isnan(result.loss));
    assert_true(result.best_accuracy == 1 && result.steps == 9 && result.seconds == 2.5);
    fixture_write(*state, "run/run.json", "{", 1);
    assert_int_equal(mx_sweep_result_read(&result, path), MX_DATA);
    assert_non_null(strstr(mx_error(), "is damaged"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_numbered_with_the_last_dimension_fastest),
        cmocka_unit_test(bars_part_values_that_hold_commas),
        cmocka_unit_test(a_label_sets_several_keys_or_none),
        cmocka_unit_test(the_command_line_replaces_a_line_of_the_file),
        cmocka_unit_test(paths_of_the_file_start_at_its_folder),
        cmocka_unit_test(names_are_safe_for_every_file_system),
        cmocka_unit_test(what_makes_no_grid_is_refused),
        cmocka_unit_test(too_many_runs_are_refused),
        cmocka_unit_test(the_spread_is_the_sample_standard_deviation),
        cmocka_unit_test(tables_average_over_seeds_and_fit_80_columns),
        cmocka_unit_test(numbers_are_drawn_over_a_growing_axis),
        cmocka_unit_test(words_are_drawn_as_bars_with_the_keys_of_numbers),
        cmocka_unit_test(folders_tell_what_became_of_their_runs),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
