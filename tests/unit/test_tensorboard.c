/* A run's events as TensorBoard finds them. */
#include "unit/fixture.h"

#include "report/sinks.h"

#ifdef MIXCL_WITH_TENSORBOARD

#include "io/image.h"
#include "unit/tfevents_fixture.h"

static const mx_event_layer layers[] = {
    {.type = "conv", .name = "conv1", .inputs = {0}, .n_inputs = 1, .h = 8, .w = 8, .c = 4},
    {.type = "conv", .name = "block1.conv1", .inputs = {1}, .n_inputs = 1, .h = 8, .w = 8, .c = 4},
    {.type = "add", .name = "", .inputs = {2, 1}, .n_inputs = 2, .h = 8, .w = 8, .c = 4},
    {.type = "linear", .name = "fc", .inputs = {3}, .n_inputs = 1, .h = 1, .w = 1, .c = 2}};
static const mx_event_setting settings[] = {
    {.name = "optimizer.lr", .type = MX_SETTING_NUMBER, .number = 0.002},
    {.name = "train.method", .type = MX_SETTING_TEXT, .text = "mixmatch"}};
static const mx_event_start start = {.layers = layers,
                                     .n_layers = 4,
                                     .settings = settings,
                                     .n_settings = 2,
                                     .height = 8,
                                     .width = 8,
                                     .channels = 1};
static const mx_event_step full = {.step = 50,
                                   .loss = 2.5,
                                   .loss_x = 1.75,
                                   .loss_u = 0.01,
                                   .lambda_u = 75,
                                   .lr = 0.002,
                                   .images_per_s = 1234.5,
                                   .has_losses = true,
                                   .has_scores = true,
                                   .scores = {0.5, 0.75, 0.625, 0.7},
                                   .has_guesses = true,
                                   .guesses = {0.9, 0.8, 0.95, true}};

static mx_sink open_in(char *folder, void **state, const char *name) {
    mx_sink sink;
    assert_int_equal(mx_make_folders(fixture_path(folder, *state, name)), MX_OK);
    assert_int_equal(mx_tensorboard_sink_open(&sink, folder), MX_OK);
    return sink;
}

static void a_row_is_a_point_of_every_chart(void **state) {
    static const struct {
        const char *tag;
        double value;
    } expected[] = {
        {"loss/total", 2.5},        {"loss/labelled", 1.75},   {"loss/unlabelled", 0.01},
        {"schedule/lambda_u", 75},  {"schedule/lr", 0.002},    {"speed/images_per_s", 1234.5},
        {"test/loss", 0.5},         {"test/accuracy", 0.75},   {"test/f1", 0.625},
        {"test/accuracy_raw", 0.7}, {"guess/confidence", 0.9}, {"guess/accuracy", 0.8},
        {"guess/balance", 0.95}};
    char folder[FIXTURE_PATH];
    mx_sink sink = open_in(folder, state, "row");
    assert_int_equal(sink.row(sink.self, &full), MX_OK);
    fixture_events *all = fixture_events_read(folder);
    assert_int_equal(all->events[1]->summary->n_value, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const Tb__Summary__Value *value = fixture_value(all, 50, expected[i].tag);
        assert_non_null(value);
        assert_true(value->simple_value == (float)expected[i].value);
    }
    fixture_events_free(all);
    sink.release(sink.self);
}

static void what_a_row_does_not_know_is_no_point(void **state) {
    char folder[FIXTURE_PATH];
    mx_sink sink = open_in(folder, state, "partial");
    mx_event_step event = full;
    event.has_losses = event.has_scores = event.guesses.has_accuracy = false;
    event.images_per_s = 0;
    assert_int_equal(sink.row(sink.self, &event), MX_OK);
    sink.release(sink.self);
    fixture_events *all = fixture_events_read(folder);
    assert_int_equal(all->events[1]->summary->n_value, 4);
    assert_non_null(fixture_value(all, 50, "schedule/lambda_u"));
    assert_non_null(fixture_value(all, 50, "schedule/lr"));
    assert_non_null(fixture_value(all, 50, "guess/confidence"));
    assert_non_null(fixture_value(all, 50, "guess/balance"));
    fixture_events_free(all);
}

static void modules_are_boxes_of_the_graph(void **state) {
    static const char *const names[] = {"input", "conv1", "block1/conv1", "block1/add_2", "fc"};
    char folder[FIXTURE_PATH];
    mx_sink sink = open_in(folder, state, "graph");
    assert_int_equal(sink.start(sink.self, &start), MX_OK);
    sink.release(sink.self);
    fixture_events *all = fixture_events_read(folder);
    Tb__GraphDef *graph = fixture_graph(all);
    assert_int_equal(graph->n_node, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(graph->node[i]->name, names[i]);
    assert_string_equal(graph->node[3]->input[0], "block1/conv1");
    assert_string_equal(graph->node[3]->input[1], "conv1");
    tb__graph_def__free_unpacked(graph, NULL);
    Tb__HParamsPluginData *data = fixture_hparams(all, "_hparams_/session_start_info");
    assert_int_equal(data->session_start_info->n_hparams, 2);
    tb__hparams_plugin_data__free_unpacked(data, NULL);
    fixture_events_free(all);
}

static void pictures_are_a_grid_with_white_between(void **state) {
    char folder[FIXTURE_PATH];
    uint8_t pixels[6 * 2 * 3];
    mx_image grid;
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)i;
    const mx_event_pictures event = {.name = "views",
                                     .height = 2,
                                     .width = 3,
                                     .channels = 1,
                                     .rows = 2,
                                     .columns = 3,
                                     .pixels = pixels};
    mx_sink sink = open_in(folder, state, "grid");
    assert_int_equal(sink.pictures(sink.self, &event), MX_OK);
    sink.release(sink.self);
    fixture_events *all = fixture_events_read(folder);
    const Tb__Summary__Image *stored = fixture_value(all, 0, "pictures/views")->image;
    const mx_image_input in = {.name = "grid",
                               .bytes = stored->encoded_image_string.data,
                               .count = stored->encoded_image_string.len};
    assert_int_equal(mx_image_decode(&grid, &in, 1), MX_OK);
    assert_int_equal(grid.height, 6);
    assert_int_equal(grid.width, 13);
    for (int y = 0; y < 6; y++)
        for (int x = 0; x < 13; x++) {
            const bool gap = y % 4 >= 2 || x % 5 >= 3;
            const int cell = y / 4 * 3 + x / 5;
            assert_int_equal(grid.pixels[y * 13 + x], gap ? 255 : cell * 6 + y % 4 * 3 + x % 5);
        }
    mx_image_release(&grid);
    fixture_events_free(all);
}

static void weights_are_histograms(void **state) {
    const float values[] = {1, 2, 3};
    const mx_event_weights event = {
        .step = 9, .name = "conv1.weight", .values = values, .count = 3};
    char folder[FIXTURE_PATH];
    mx_sink sink = open_in(folder, state, "weights");
    assert_int_equal(sink.weights(sink.self, &event), MX_OK);
    sink.release(sink.self);
    fixture_events *all = fixture_events_read(folder);
    assert_true(fixture_value(all, 9, "weights/conv1.weight")->histo->sum == 6);
    fixture_events_free(all);
}

/* How a run that ended with `status` is listed; -1: as one that has not ended. */
static int status_of(void **state, const char *name, mx_status status) {
    char folder[FIXTURE_PATH];
    mx_sink sink = open_in(folder, state, name);
    assert_int_equal(sink.end(sink.self, &(mx_event_end){.status = status}), MX_OK);
    sink.release(sink.self);
    fixture_events *all = fixture_events_read(folder);
    Tb__HParamsPluginData *data = fixture_hparams(all, "_hparams_/session_end_info");
    const int found = data ? (int)data->session_end_info->status : -1;
    if (data) tb__hparams_plugin_data__free_unpacked(data, NULL);
    fixture_events_free(all);
    return found;
}

static void a_run_that_was_stopped_has_not_ended(void **state) {
    assert_int_equal(status_of(state, "ok", MX_OK), TB__STATUS__STATUS_SUCCESS);
    assert_int_equal(status_of(state, "diverged", MX_DIVERGED), TB__STATUS__STATUS_FAILURE);
    assert_int_equal(status_of(state, "stopped", MX_SIGINT), -1);
}

static void a_run_that_goes_on_has_one_graph_and_no_void_rows(void **state) {
    char folder[FIXTURE_PATH];
    mx_sink sink = open_in(folder, state, "resumed");
    mx_event_step row = full;
    assert_int_equal(sink.start(sink.self, &start), MX_OK);
    for (row.step = 1; row.step <= 3; row.step++)
        assert_int_equal(sink.row(sink.self, &row), MX_OK);
    sink.release(sink.self);
    assert_int_equal(mx_tensorboard_sink_reopen(&sink, folder, 2), MX_OK);
    assert_int_equal(sink.start(sink.self, &start), MX_OK);
    sink.release(sink.self);
    fixture_events *all = fixture_events_read(folder);
    int graphs = 0;
    for (size_t i = 0; i < all->count; i++)
        graphs += all->events[i]->what_case == TB__EVENT__WHAT_GRAPH_DEF;
    assert_int_equal(graphs, 1);
    assert_non_null(fixture_value(all, 2, "loss/total"));
    assert_null(fixture_value(all, 3, "loss/total"));
    fixture_events_free(all);
}

static void a_run_that_begins_anew_has_nothing_of_before(void **state) {
    char folder[FIXTURE_PATH];
    mx_sink sink = open_in(folder, state, "anew");
    assert_int_equal(sink.start(sink.self, &start), MX_OK);
    assert_int_equal(sink.row(sink.self, &full), MX_OK);
    sink.release(sink.self);
    assert_int_equal(mx_tensorboard_sink_reopen(&sink, folder, 0), MX_OK);
    assert_int_equal(sink.start(sink.self, &start), MX_OK);
    sink.release(sink.self);
    fixture_events *all = fixture_events_read(folder);
    Tb__GraphDef *graph = fixture_graph(all);
    assert_non_null(graph);
    tb__graph_def__free_unpacked(graph, NULL);
    assert_null(fixture_value(all, 50, "loss/total"));
    fixture_events_free(all);
}

#else

static void without_protobuf_c_the_message_names_the_remedy(void **state) {
    (void)state;
    mx_sink sink;
    assert_int_equal(mx_tensorboard_sink_open(&sink, "runs/exp"), MX_USAGE);
    assert_non_null(strstr(mx_error(), "MIXCL_TENSORBOARD=ON"));
    assert_int_equal(mx_tensorboard_sink_reopen(&sink, "runs/exp", 1), MX_USAGE);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef MIXCL_WITH_TENSORBOARD
        cmocka_unit_test(a_row_is_a_point_of_every_chart),
        cmocka_unit_test(what_a_row_does_not_know_is_no_point),
        cmocka_unit_test(modules_are_boxes_of_the_graph),
        cmocka_unit_test(pictures_are_a_grid_with_white_between),
        cmocka_unit_test(weights_are_histograms),
        cmocka_unit_test(a_run_that_was_stopped_has_not_ended),
        cmocka_unit_test(a_run_that_goes_on_has_one_graph_and_no_void_rows),
        cmocka_unit_test(a_run_that_begins_anew_has_nothing_of_before),
#else
        cmocka_unit_test(without_protobuf_c_the_message_names_the_remedy),
#endif
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
