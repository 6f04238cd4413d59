/* The sinks of a run: metrics.csv, train.log and the terminal. */
#include "unit/fixture.h"

#include <signal.h>
#include <sys/resource.h>

#include "base/log.h"
#include "report/lines.h"
#include "report/sinks.h"

#define HEADER                                                                                     \
    "step,epoch,elapsed_s,loss,loss_x,loss_u,lambda_u,lr,images_per_s,test_loss,test_acc,test_f1," \
    "test_acc_raw,guess_confidence,guess_accuracy,guess_balance\n"

static const mx_event_class classes[] = {{"cat", 6, 40, 0, 11}, {"dog", 4, 50, 0, 9}};
static const mx_event_start start = {.run_name = "exp",
                                     .run_folder = "runs/exp",
                                     .method = "mixmatch",
                                     .model = "wrn-10-1",
                                     .device = "some device",
                                     .driver = "1.2",
                                     .n_classes = 2,
                                     .classes = classes,
                                     .labelled = 10,
                                     .unlabelled = 90,
                                     .test = 20,
                                     .steps = 100,
                                     .steps_per_epoch = 9,
                                     .parameters = 77850,
                                     .memory_bytes = 3 << 20,
                                     .batch = 10,
                                     .k = 2};
static const mx_event_step full = {.step = 50,
                                   .epoch = 50.0 / 9.0,
                                   .elapsed_s = 12.3456,
                                   .loss = 2.5,
                                   .loss_x = 1.75,
                                   .loss_u = 0.01,
                                   .lambda_u = 75,
                                   .lr = 0.002,
                                   .images_per_s = 1234.56,
                                   .has_losses = true,
                                   .has_scores = true,
                                   .scores = {0.5, 0.75, 0.625, 0.7},
                                   .is_epoch_end = true,
                                   .has_guesses = true,
                                   .guesses = {0.9, 0.8, 0.95, true}};
static const mx_event_end end = {.status = MX_OK,
                                 .step = 100,
                                 .elapsed_s = 61,
                                 .has_scores = true,
                                 .last = {0.5, 0.75, 0.625, 0.7},
                                 .best = {0.4, 0.8, 0.6, 0.7},
                                 .best_step = 80};

static void release(const mx_sink *sink) {
    sink->release(sink->self);
}

/* The file's text; release it. */
static mx_buf text_of(const char *path) {
    mx_buf text = {0};
    assert_int_equal(mx_read_file(&text, path, 1 << 20), MX_OK);
    return text;
}

static void assert_file(const char *path, const char *expected) {
    mx_buf text = text_of(path);
    assert_string_equal(mx_buf_text(&text), expected);
    mx_buf_release(&text);
}

static void csv_has_exactly_these_columns(void **state) {
    char path[FIXTURE_PATH];
    mx_sink sink;
    assert_int_equal(mx_csv_sink_open(&sink, fixture_path(path, *state, "a.csv")), MX_OK);
    assert_file(path, HEADER);
    assert_int_equal(sink.row(sink.self, &full), MX_OK);
    assert_file(
        path,
        HEADER "50,5.55556,12.346,2.5,1.75,0.01,75,0.002,1234.6,0.5,0.75,0.625,0.7,0.9,0.8,0.95\n");
    release(&sink);
}

static void csv_fields_without_a_value_are_empty(void **state) {
    char path[FIXTURE_PATH];
    mx_sink sink;
    mx_event_step losses = full, scores = full, neither = full;
    losses.has_scores = scores.has_losses = neither.has_scores = neither.has_losses = false;
    scores.images_per_s = 0;
    scores.has_guesses = neither.has_guesses = losses.guesses.has_accuracy = false;
    assert_int_equal(mx_csv_sink_open(&sink, fixture_path(path, *state, "b.csv")), MX_OK);
    assert_int_equal(sink.row(sink.self, &losses), MX_OK);
    assert_int_equal(sink.row(sink.self, &scores), MX_OK);
    assert_int_equal(sink.row(sink.self, &neither), MX_OK);
    release(&sink);
    assert_file(path, HEADER "50,5.55556,12.346,2.5,1.75,0.01,75,0.002,1234.6,,,,,0.9,,0.95\n"
                             "50,5.55556,12.346,,,,75,0.002,,0.5,0.75,0.625,0.7,,,\n"
                             "50,5.55556,12.346,,,,75,0.002,1234.6,,,,,,,\n");
}

static void csv_numbers_bring_a_float_back_whole(void **state) {
    char path[FIXTURE_PATH];
    mx_sink sink;
    mx_event_step event = full;
    event.loss_x = (double)1.2345678e-5f;
    event.step = UINT64_C(1) << 60;
    assert_int_equal(mx_csv_sink_open(&sink, fixture_path(path, *state, "c.csv")), MX_OK);
    assert_int_equal(sink.row(sink.self, &event), MX_OK);
    release(&sink);
    mx_buf text = text_of(path);
    unsigned long long step = 0;
    double loss_x = 0;
    assert_int_equal(
        sscanf(mx_buf_text(&text) + strlen(HEADER), "%llu,%*g,%*g,%*g,%lg", &step, &loss_x), 2);
    assert_true(step == event.step && (float)loss_x == 1.2345678e-5f);
    mx_buf_release(&text);
}

static void a_full_disk_is_a_write_error(void **state) {
    (void)state;
    mx_sink sink;
    if (access("/dev/full", W_OK) != 0) skip();
    assert_int_equal(mx_csv_sink_open(&sink, "/dev/full"), MX_WRITE);
    assert_string_equal(mx_error(), "cannot write '/dev/full': No space left on device");
    assert_int_equal(mx_log_sink_open(&sink, "/dev/full"), MX_OK);
    assert_int_equal(sink.start(sink.self, &start), MX_WRITE);
    release(&sink);
}

static void a_disk_that_fills_up_stops_the_rows(void **state) {
    char path[FIXTURE_PATH];
    mx_sink sink;
    struct rlimit before;
    assert_int_equal(mx_csv_sink_open(&sink, fixture_path(path, *state, "d.csv")), MX_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit narrow = {.rlim_cur = sizeof HEADER + 20, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &narrow), 0);
    const mx_status status = sink.row(sink.self, &full);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, MX_WRITE);
    release(&sink);
}

static void a_file_that_cannot_be_made_is_a_write_error(void **state) {
    char path[FIXTURE_PATH];
    mx_sink sink;
    fixture_path(path, *state, "no/such/folder/file");
    assert_int_equal(mx_csv_sink_open(&sink, path), MX_WRITE);
    assert_int_equal(mx_log_sink_open(&sink, path), MX_WRITE);
}

static void the_log_tells_start_rows_and_end_with_the_time(void **state) {
    char path[FIXTURE_PATH];
    mx_sink sink;
    assert_int_equal(mx_log_sink_open(&sink, fixture_path(path, *state, "train.log")), MX_OK);
    assert_int_equal(sink.start(sink.self, &start), MX_OK);
    assert_int_equal(sink.row(sink.self, &full), MX_OK);
    assert_int_equal(sink.end(sink.self, &end), MX_OK);
    release(&sink);
    mx_buf text = text_of(path);
    const char *const parts[] = {"runs/exp (mixmatch, wrn-10-1)",
                                 "some device, driver 1.2",
                                 "10 labelled, 90 unlabelled",
                                 "cat, dog",
                                 "step 50: test loss",
                                 "accuracy 0.7500",
                                 "guesses: confidence 0.9000  accuracy 0.8000  balance 0.9500",
                                 "done after 100 steps, 1:01",
                                 "best 0.8000 at step 80"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_non_null(strstr(mx_buf_text(&text), parts[i]));
    for (const char *line = mx_buf_text(&text); *line; line = strchr(line, '\n') + 1) {
        int year = 0, used = 0;
        assert_int_equal(sscanf(line, "%4d-%*2d-%*2d %*2d:%*2d:%*2d  %n", &year, &used), 1);
        assert_true(year >= 2000 && used >= 21);
    }
    mx_buf_release(&text);
}

/* What a run of two events writes to a stream that is no terminal. */
static mx_buf progress_text(const char *folder, mx_log_level level) {
    char path[FIXTURE_PATH];
    mx_sink sink;
    const mx_log_level before = mx_log_get_level();
    FILE *stream = fopen(fixture_path(path, folder, "progress"), "w");
    assert_non_null(stream);
    mx_log_set_level(level);
    assert_int_equal(mx_progress_sink_open(&sink, stream), MX_OK);
    assert_int_equal(sink.start(sink.self, &start), MX_OK);
    assert_int_equal(sink.step(sink.self, &full), MX_OK);
    assert_int_equal(sink.row(sink.self, &full), MX_OK);
    assert_int_equal(sink.end(sink.self, &end), MX_OK);
    release(&sink);
    mx_log_set_level(before);
    fclose(stream);
    return text_of(path);
}

static void progress_is_plain_lines_where_there_is_no_terminal(void **state) {
    mx_buf text = progress_text(*state, MX_LOG_NORMAL);
    assert_non_null(strstr(mx_buf_text(&text), "step 50: test loss"));
    assert_null(strchr(mx_buf_text(&text), '\r'));
    assert_null(strchr(mx_buf_text(&text), '\033'));
    mx_buf_release(&text);
}

static void quiet_progress_says_nothing(void **state) {
    mx_buf text = progress_text(*state, MX_LOG_QUIET);
    assert_int_equal(text.length, 0);
    mx_buf_release(&text);
}

static void durations_read_as_clocks_do(void **state) {
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {{0, "0:00"},  {-5, "0:00"},    {59.9, "0:59"},
                 {61, "1:01"}, {3599, "59:59"}, {3723, "1:02:03"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mx_buf text = {0};
        mx_lines_duration(&text, cases[i].seconds);
        assert_string_equal(mx_buf_text(&text), cases[i].text);
        mx_buf_release(&text);
    }
}

static void the_classes_are_counted_up_to_twenty(void **state) {
    (void)state;
    mx_event_class many[25];
    mx_event_start event = start;
    mx_buf text = {0};
    mx_lines_start(&text, &event);
    assert_non_null(strstr(mx_buf_text(&text),
                           "class  labelled  unlabelled  validation  test\n"
                           "cat           6          40           0    11\n"
                           "dog           4          50           0     9\n"));
    for (int i = 0; i < 25; i++)
        many[i] = (mx_event_class){.name = i < 20 ? "listed" : "hidden"};
    event.classes = many;
    event.n_classes = 25;
    mx_buf_clear(&text);
    mx_lines_start(&text, &event);
    assert_null(strstr(mx_buf_text(&text), "hidden"));
    assert_non_null(strstr(mx_buf_text(&text), "... and 5 more\n"));
    mx_buf_release(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_has_exactly_these_columns),
        cmocka_unit_test(csv_fields_without_a_value_are_empty),
        cmocka_unit_test(csv_numbers_bring_a_float_back_whole),
        cmocka_unit_test(a_full_disk_is_a_write_error),
        cmocka_unit_test(a_disk_that_fills_up_stops_the_rows),
        cmocka_unit_test(a_file_that_cannot_be_made_is_a_write_error),
        cmocka_unit_test(the_log_tells_start_rows_and_end_with_the_time),
        cmocka_unit_test(progress_is_plain_lines_where_there_is_no_terminal),
        cmocka_unit_test(quiet_progress_says_nothing),
        cmocka_unit_test(the_classes_are_counted_up_to_twenty),
        cmocka_unit_test(durations_read_as_clocks_do),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
