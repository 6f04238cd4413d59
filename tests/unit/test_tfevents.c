/* Event files: records, checksums and the messages in them. */
#include "unit/fixture.h"

#ifdef MIXCL_WITH_TENSORBOARD

#include <float.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

#include "io/tfevents.h"
#include "unit/tfevents_fixture.h"

static void crc32c_of_the_examples_of_rfc_3720(void **state) {
    (void)state;
    static const uint8_t read_command[48] = {
        0x01, 0xc0, 0, 0, 0, 0, 0,    0, 0,    0, 0, 0,    0, 0, 0, 0,
        0x14, 0,    0, 0, 0, 0, 0x04, 0, 0,    0, 0, 0x14, 0, 0, 0, 0x18,
        0x28, 0,    0, 0, 0, 0, 0,    0, 0x02, 0, 0, 0,    0, 0, 0, 0};
    uint8_t bytes[4][32];
    for (int i = 0; i < 32; i++) {
        bytes[0][i] = 0;
        bytes[1][i] = 0xff;
        bytes[2][i] = (uint8_t)i;
        bytes[3][i] = (uint8_t)(31 - i);
    }
    assert_int_equal(mx_crc32c(bytes[0], 32), 0x8a9136aa);
    assert_int_equal(mx_crc32c(bytes[1], 32), 0x62a8ab43);
    assert_int_equal(mx_crc32c(bytes[2], 32), 0x46dd794e);
    assert_int_equal(mx_crc32c(bytes[3], 32), 0x113fdb5c);
    assert_int_equal(mx_crc32c(read_command, 48), 0xd9963a56);
    assert_int_equal(mx_crc32c("123456789", 9), 0xe3069283);
    assert_int_equal(mx_crc32c("", 0), 0);
}

/* What tensorboard's RecordWriter makes of "mixcl" and of nothing. */
static void records_are_framed_as_tensorflow_frames_them(void **state) {
    (void)state;
    static const uint8_t expected[] = {0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xea, 0xb2,
                                       0x04, 0x3e, 0x6d, 0x69, 0x78, 0x63, 0x6c, 0x04, 0x95, 0x3c,
                                       0xd4, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x29,
                                       0x03, 0x98, 0x07, 0xd8, 0xea, 0x82, 0xa2};
    mx_buf out = {0};
    mx_tfrecord_append(&out, "mixcl", 5);
    mx_tfrecord_append(&out, "", 0);
    assert_int_equal(out.length, sizeof expected);
    assert_memory_equal(out.data, expected, sizeof expected);
    mx_buf_release(&out);
}

/* A folder of its own for a test. */
static const char *new_folder(char *path, void **state, const char *name) {
    assert_int_equal(mx_make_folders(fixture_path(path, *state, name)), MX_OK);
    return path;
}

static mx_tfevents *open_in(const char *folder) {
    mx_tfevents *file = NULL;
    assert_int_equal(mx_tfevents_open(&file, folder), MX_OK);
    return file;
}

static void a_file_begins_with_its_version(void **state) {
    char folder[FIXTURE_PATH];
    mx_tfevents *file = open_in(new_folder(folder, state, "version"));
    fixture_events *all = fixture_events_read(folder);
    assert_int_equal(all->count, 1);
    assert_int_equal(all->events[0]->what_case, TB__EVENT__WHAT_FILE_VERSION);
    assert_string_equal(all->events[0]->file_version, "brain.Event:2");
    assert_true(all->events[0]->wall_time > 1e9);
    fixture_events_free(all);
    mx_tfevents_close(file);
}

static void scalars_can_be_read_before_the_file_is_closed(void **state) {
    char folder[FIXTURE_PATH];
    mx_tfevents *file = open_in(new_folder(folder, state, "scalars"));
    const mx_tfscalar scalars[] = {{"loss/total", 0.1}, {"loss/unlabelled", 0}};
    assert_int_equal(mx_tfevents_scalars(file, UINT64_C(1) << 40, scalars, 2), MX_OK);
    fixture_events *all = fixture_events_read(folder);
    const Tb__Summary__Value *loss = fixture_value(all, INT64_C(1) << 40, "loss/total"),
                             *zero = fixture_value(all, INT64_C(1) << 40, "loss/unlabelled");
    assert_non_null(loss);
    assert_true(loss->simple_value == 0.1f);
    assert_non_null(zero);
    assert_int_equal(zero->value_case, TB__SUMMARY__VALUE__VALUE_SIMPLE_VALUE);
    assert_true(zero->simple_value == 0);
    fixture_events_free(all);
    mx_tfevents_close(file);
}

static void pictures_come_back_bit_for_bit(void **state) {
    char folder[FIXTURE_PATH];
    uint8_t pixels[5 * 7 * 3];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 37);
    mx_tfevents *file = open_in(new_folder(folder, state, "pictures"));
    for (int channels = 1; channels <= 3; channels += 2) {
        const mx_image image = {.height = 5, .width = 7, .channels = channels, .pixels = pixels};
        assert_int_equal(mx_tfevents_image(file, (uint64_t)channels, "pictures/x", &image), MX_OK);
    }
    fixture_events *all = fixture_events_read(folder);
    for (int channels = 1; channels <= 3; channels += 2) {
        const Tb__Summary__Image *stored = fixture_value(all, channels, "pictures/x")->image;
        const mx_image_input in = {.name = "stored",
                                   .bytes = stored->encoded_image_string.data,
                                   .count = stored->encoded_image_string.len};
        mx_image image;
        assert_int_equal(stored->height, 5);
        assert_int_equal(stored->width, 7);
        assert_int_equal(stored->colorspace, channels);
        assert_int_equal(mx_image_decode(&image, &in, channels), MX_OK);
        assert_memory_equal(image.pixels, pixels, 5 * 7 * (size_t)channels);
        mx_image_release(&image);
    }
    fixture_events_free(all);
    mx_tfevents_close(file);
}

/* Writes a histogram of `values`; what is read back lives with *all. */
static const Tb__Histogram *histogram_of(void **state, const char *name, const float *values,
                                         size_t count, fixture_events **all) {
    char folder[FIXTURE_PATH];
    mx_tfevents *file = open_in(new_folder(folder, state, name));
    assert_int_equal(mx_tfevents_histogram(file, 7, "weights/x", values, count), MX_OK);
    mx_tfevents_close(file);
    *all = fixture_events_read(folder);
    const Tb__Summary__Value *value = fixture_value(*all, 7, "weights/x");
    assert_non_null(value);
    assert_int_equal(value->value_case, TB__SUMMARY__VALUE__VALUE_HISTO);
    assert_int_equal(value->histo->n_bucket, value->histo->n_bucket_limit);
    return value->histo;
}

static void histograms_have_the_totals_of_their_values(void **state) {
    float values[1000];
    double sum = 0, squares = 0, counted = 0;
    fixture_events *all = NULL;
    for (int i = 0; i < 1000; i++) {
        values[i] = (float)((i % 2 ? -1 : 1) * pow(10, -0.03 * i));
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
    }
    const Tb__Histogram *histogram = histogram_of(state, "totals", values, 1000, &all);
    assert_true(histogram->num == 1000);
    assert_true(histogram->min == (double)values[1] && histogram->max == (double)values[0]);
    assert_true(fabs(histogram->sum - sum) < 1e-12);
    assert_true(fabs(histogram->sum_squares - squares) < 1e-12);
    for (size_t i = 0; i < histogram->n_bucket; i++)
        counted += histogram->bucket[i];
    assert_true(counted == 1000);
    fixture_events_free(all);
}

/* From the end of the bucket before it to its own. */
static void every_value_is_in_its_bucket(void **state) {
    static const float values[] = {0,     1e-13f, -1e-13f, 1,      1,       -1,      0.5f,
                                   1e-6f, 1e19f,  1e25f,   -1e25f, FLT_MAX, -FLT_MAX};
    enum { COUNT = sizeof values / sizeof *values };
    fixture_events *all = NULL;
    const Tb__Histogram *histogram = histogram_of(state, "buckets", values, COUNT, &all);
    for (size_t i = 0; i < histogram->n_bucket; i++) {
        const double from = i ? histogram->bucket_limit[i - 1] : -DBL_MAX;
        const double to = histogram->bucket_limit[i];
        double inside = 0;
        assert_true(to > from || i == 0);
        for (int j = 0; j < COUNT; j++)
            inside += (double)values[j] >= from && (double)values[j] < to;
        assert_true(inside == histogram->bucket[i]);
        /* Narrow: a tenth of where it is. */
        if (from > 1e-12 && to < 1e20 && inside > 0) assert_true(to < from * 1.101);
    }
    fixture_events_free(all);
}

static void what_is_not_finite_does_not_count(void **state) {
    const float values[] = {NAN, 1, INFINITY, -INFINITY, 3};
    fixture_events *all = NULL;
    const Tb__Histogram *histogram = histogram_of(state, "finite", values, 5, &all);
    assert_true(histogram->num == 2 && histogram->sum == 4 && histogram->sum_squares == 10);
    assert_true(histogram->min == 1 && histogram->max == 3);
    fixture_events_free(all);
    assert_true(histogram_of(state, "nothing", values, 1, &all)->num == 0);
    fixture_events_free(all);
}

static void the_graph_has_nodes_edges_and_shapes(void **state) {
    char folder[FIXTURE_PATH];
    const mx_tfnode nodes[] = {{.name = "input", .op = "Placeholder", .h = 8, .w = 9, .c = 3},
                               {.name = "block/conv",
                                .op = "conv",
                                .inputs = {"input"},
                                .h = 4,
                                .w = 5,
                                .c = 16,
                                .parameters = 432},
                               {.name = "add", .op = "add", .inputs = {"block/conv", "input"}}};
    mx_tfevents *file = open_in(new_folder(folder, state, "graph"));
    assert_int_equal(mx_tfevents_graph(file, nodes, 3), MX_OK);
    mx_tfevents_close(file);
    fixture_events *all = fixture_events_read(folder);
    Tb__GraphDef *graph = fixture_graph(all);
    assert_non_null(graph);
    assert_int_equal(graph->n_node, 3);
    const Tb__NodeDef *conv = graph->node[1];
    assert_string_equal(conv->name, "block/conv");
    assert_string_equal(conv->op, "conv");
    assert_int_equal(conv->n_input, 1);
    assert_string_equal(conv->input[0], "input");
    assert_int_equal(conv->n_attr, 2);
    assert_string_equal(conv->attr[0]->key, "_output_shapes");
    const Tb__TensorShape *shape = conv->attr[0]->value->list->shape[0];
    const int64_t sizes[] = {-1, 4, 5, 16};
    assert_int_equal(shape->n_dim, 4);
    for (int i = 0; i < 4; i++)
        assert_true(shape->dim[i]->size == sizes[i]);
    assert_string_equal(conv->attr[1]->key, "parameters");
    assert_int_equal(conv->attr[1]->value->i, 432);
    assert_int_equal(graph->node[2]->n_input, 2);
    tb__graph_def__free_unpacked(graph, NULL);
    fixture_events_free(all);
}

static void hyper_parameters_keep_their_types(void **state) {
    char folder[FIXTURE_PATH];
    const mx_tfhparam hparams[] = {
        {.name = "optimizer.lr", .type = MX_TFHPARAM_NUMBER, .number = 0.002, .differs = true},
        {.name = "mixmatch.mixup", .type = MX_TFHPARAM_BOOL, .number = 1},
        {.name = "model.name", .type = MX_TFHPARAM_TEXT, .text = "wrn-10-1"}};
    const char *const metrics[] = {"test/accuracy"};
    mx_tfevents *file = open_in(new_folder(folder, state, "hparams"));
    assert_int_equal(mx_tfevents_hparams(file, hparams, 3, metrics, 1), MX_OK);
    assert_int_equal(mx_tfevents_finish(file, false), MX_OK);
    mx_tfevents_close(file);
    fixture_events *all = fixture_events_read(folder);

    Tb__HParamsPluginData *data = fixture_hparams(all, "_hparams_/experiment");
    assert_int_equal(data->experiment->n_hparam_infos, 3);
    assert_true(data->experiment->hparam_infos[0]->differs);
    assert_false(data->experiment->hparam_infos[1]->differs);
    assert_string_equal(data->experiment->hparam_infos[1]->name, "mixmatch.mixup");
    assert_int_equal(data->experiment->hparam_infos[1]->type, TB__DATA_TYPE__DATA_TYPE_BOOL);
    assert_string_equal(data->experiment->metric_infos[0]->name->tag, "test/accuracy");
    tb__hparams_plugin_data__free_unpacked(data, NULL);

    data = fixture_hparams(all, "_hparams_/session_start_info");
    Tb__SessionStartInfo__HParam **found = data->session_start_info->hparams;
    assert_int_equal(data->session_start_info->n_hparams, 3);
    assert_true(found[0]->value->number_value == 0.002);
    assert_int_equal(found[1]->value->kind_case, TB__VALUE__KIND_BOOL_VALUE);
    assert_true(found[1]->value->bool_value);
    assert_string_equal(found[2]->key, "model.name");
    assert_string_equal(found[2]->value->string_value, "wrn-10-1");
    tb__hparams_plugin_data__free_unpacked(data, NULL);

    data = fixture_hparams(all, "_hparams_/session_end_info");
    assert_int_equal(data->session_end_info->status, TB__STATUS__STATUS_FAILURE);
    tb__hparams_plugin_data__free_unpacked(data, NULL);
    fixture_events_free(all);
}

static void write_rows(mx_tfevents *file, uint64_t from, uint64_t to, double value) {
    for (uint64_t step = from; step <= to; step++)
        assert_int_equal(mx_tfevents_scalars(file, step, &(mx_tfscalar){"x", value}, 1), MX_OK);
}

static void a_run_that_goes_on_voids_the_steps_after_its_checkpoint(void **state) {
    char folder[FIXTURE_PATH];
    mx_tfevents *file = open_in(new_folder(folder, state, "restart"));
    assert_true(mx_tfevents_is_first(file));
    write_rows(file, 1, 5, 1);
    mx_tfevents_close(file);
    file = open_in(folder);
    assert_false(mx_tfevents_is_first(file));
    assert_int_equal(mx_tfevents_restart(file, 4), MX_OK);
    write_rows(file, 4, 4, 2);
    mx_tfevents_close(file);
    fixture_events *all = fixture_events_read(folder);
    assert_true(fixture_value(all, 3, "x")->simple_value == 1);
    assert_true(fixture_value(all, 4, "x")->simple_value == 2);
    assert_null(fixture_value(all, 5, "x"));
    fixture_events_free(all);
}

/* Whatever the clock says, and whatever number the process has. */
static void later_files_come_later_by_their_names(void **state) {
    char folder[FIXTURE_PATH];
    struct dirent **entries = NULL;
    new_folder(folder, state, "names");
    fixture_write(folder, "events.out.tfevents.5000000000.zebra.99999", "", 0);
    for (int i = 0; i < 3; i++)
        mx_tfevents_close(open_in(folder));
    assert_int_equal(scandir(folder, &entries, fixture_is_event_file, alphasort), 4);
    for (int i = 0; i < 4; i++) {
        char start[40];
        snprintf(start, sizeof start, "events.out.tfevents.500000000%d.", i);
        assert_memory_equal(entries[i]->d_name, start, strlen(start));
        free(entries[i]);
    }
    free(entries);
}

static void a_disk_that_fills_up_is_a_write_error(void **state) {
    char folder[FIXTURE_PATH];
    struct rlimit before;
    mx_tfevents *file = open_in(new_folder(folder, state, "full"));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit narrow = {.rlim_cur = 60, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &narrow), 0);
    const mx_status status = mx_tfevents_scalars(file, 1, &(mx_tfscalar){"loss/total", 1}, 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, MX_WRITE);
    assert_non_null(strstr(mx_error(), "events.out.tfevents."));
    mx_tfevents_close(file);
}

static void a_folder_that_is_not_there_is_a_write_error(void **state) {
    char folder[FIXTURE_PATH];
    mx_tfevents *file = NULL;
    assert_int_equal(mx_tfevents_open(&file, fixture_path(folder, *state, "none")), MX_WRITE);
    assert_non_null(strstr(mx_error(), "cannot create '"));
    assert_null(file);
}

#endif

int main(void) {
#ifdef MIXCL_WITH_TENSORBOARD
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc32c_of_the_examples_of_rfc_3720),
        cmocka_unit_test(records_are_framed_as_tensorflow_frames_them),
        cmocka_unit_test(a_file_begins_with_its_version),
        cmocka_unit_test(scalars_can_be_read_before_the_file_is_closed),
        cmocka_unit_test(pictures_come_back_bit_for_bit),
        cmocka_unit_test(histograms_have_the_totals_of_their_values),
        cmocka_unit_test(every_value_is_in_its_bucket),
        cmocka_unit_test(what_is_not_finite_does_not_count),
        cmocka_unit_test(the_graph_has_nodes_edges_and_shapes),
        cmocka_unit_test(hyper_parameters_keep_their_types),
        cmocka_unit_test(a_run_that_goes_on_voids_the_steps_after_its_checkpoint),
        cmocka_unit_test(later_files_come_later_by_their_names),
        cmocka_unit_test(a_disk_that_fills_up_is_a_write_error),
        cmocka_unit_test(a_folder_that_is_not_there_is_a_write_error),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
#else
    return 0;
#endif
}
