#include "fixture.h"

#include <math.h>

#include <jansson.h>

#include "base/log.h"
#include "ops/conv_algorithms.h"
#include "ops/conv_tune_internal.h"

enum { MOST_FLOATS = 1 << 14 };
static const mx_conv_shape shape_3x3 = {
    .n = 4, .h = 7, .w = 6, .c = 16, .k = 32, .r = 3, .s = 3, .stride = 1, .pad = 1};

typedef struct bench {
    mx_device *device;
    char *folder; /* of the cache */
} bench;

static void ok(mx_status status) {
    if (status != MX_OK) fail_msg("%s", mx_error());
}

static int setup(void **state) {
    static bench b;
    void *folder = NULL;
    mx_log_set_level(MX_LOG_QUIET);
    fixture_setup(&folder);
    b.folder = folder;
    ok(mx_device_open_selected(&b.device, "auto", false));
    setenv("MIXCL_CACHE_DIR", b.folder, 1);
    *state = &b;
    return 0;
}

static int teardown(void **state) {
    bench *b = *state;
    void *folder = b->folder;
    mx_device_close(b->device);
    return fixture_teardown(&folder);
}

/* Every test begins with an empty cache. */
static int empty_cache(void **state) {
    bench *b = *state;
    fixture_remove(b->folder);
    setenv("MIXCL_CACHE_DIR", b->folder, 1);
    return mkdir(b->folder, 0700);
}

/* Algorithms that compute the definition, nothing, and an error. */
static mx_status run_right(mx_device *device, const mx_conv_shape *shape,
                           mx_conv_direction direction, const mx_conv_params *params,
                           const mx_conv_operands *operands) {
    return mx_conv_reference.run(device, shape, direction, params, operands);
}

static mx_status run_wrong(mx_device *device, const mx_conv_shape *shape,
                           mx_conv_direction direction, const mx_conv_params *params,
                           const mx_conv_operands *operands) {
    (void)device, (void)shape, (void)params;
    const mx_tensor out = mx_tune_result(operands, direction);
    return mx_buffer_zero(out.buffer, 0, mx_tensor_count(out) * sizeof(float));
}

static mx_status run_idle(mx_device *device, const mx_conv_shape *shape,
                          mx_conv_direction direction, const mx_conv_params *params,
                          const mx_conv_operands *operands) {
    (void)device, (void)shape, (void)direction, (void)params, (void)operands;
    return MX_OK;
}

static mx_status run_broken(mx_device *device, const mx_conv_shape *shape,
                            mx_conv_direction direction, const mx_conv_params *params,
                            const mx_conv_operands *operands) {
    (void)device, (void)shape, (void)direction, (void)params, (void)operands;
    return mx_fail(MX_OPENCL, "this kernel cannot be built");
}

static bool supports(const mx_device *device, const mx_conv_shape *shape,
                     mx_conv_direction direction) {
    return mx_conv_reference.supports(device, shape, direction);
}

static size_t no_workspace(const mx_device *device, const mx_conv_shape *shape,
                           mx_conv_direction direction, const mx_conv_params *params) {
    (void)device, (void)shape, (void)direction, (void)params;
    return 0;
}

static size_t endless_workspace(const mx_device *device, const mx_conv_shape *shape,
                                mx_conv_direction direction, const mx_conv_params *params) {
    (void)shape, (void)direction, (void)params;
    return (size_t)(mx_device_get_info(device)->max_allocation / sizeof(float)) + 1;
}

static int two_candidates(const mx_device *device, const mx_conv_shape *shape,
                          mx_conv_direction direction, mx_conv_params *out) {
    (void)device, (void)shape, (void)direction;
    out[0] = (mx_conv_params){{8, 1}};
    out[1] = (mx_conv_params){{4, 2}};
    return 2;
}

static const mx_conv_algorithm right = {.name = "right",
                                        .param_names = {"tile", "tiles"},
                                        .supports = supports,
                                        .candidates = two_candidates,
                                        .workspace = no_workspace,
                                        .run = run_right};
static const mx_conv_algorithm wrong = {.name = "wrong",
                                        .supports = supports,
                                        .candidates = mx_conv_no_params,
                                        .workspace = no_workspace,
                                        .run = run_wrong};
static const mx_conv_algorithm idle = {.name = "idle",
                                       .supports = supports,
                                       .candidates = mx_conv_no_params,
                                       .workspace = no_workspace,
                                       .run = run_idle};
static const mx_conv_algorithm broken = {.name = "broken",
                                         .supports = supports,
                                         .candidates = mx_conv_no_params,
                                         .workspace = no_workspace,
                                         .run = run_broken};
static const mx_conv_algorithm large = {.name = "large",
                                        .supports = supports,
                                        .candidates = mx_conv_no_params,
                                        .workspace = endless_workspace,
                                        .run = run_right};
static const mx_conv_algorithm *const own[] = {&wrong, &idle,  &broken,
                                               &large, &right, &mx_conv_reference};
enum { N_OWN = sizeof own / sizeof *own };

static mx_conv_tuner *open_own(const bench *b, mx_tune_mode mode) {
    mx_conv_tuner *tuner = NULL;
    ok(mx_conv_tuner_open_with(&tuner, b->device, mode, own, N_OWN));
    return tuner;
}

static mx_conv_tuning tuning_of(const char *wanted) {
    return (mx_conv_tuning){.wanted = wanted, .rows = shape_3x3.n, .needed = {true, true, true}};
}

/* Plans, measures and plans again; returns how many directions were measured. */
static size_t tune(mx_conv_tuner *tuner, const bench *b, const char *wanted, mx_conv_plan *plan) {
    const mx_conv_tuning tuning = tuning_of(wanted);
    size_t measured = 0;
    ok(mx_conv_plan_init(plan, b->device, &shape_3x3, "auto"));
    ok(mx_conv_tuner_plan(tuner, plan, &tuning));
    ok(mx_conv_tuner_measure(tuner, &measured));
    ok(mx_conv_tuner_plan(tuner, plan, &tuning));
    return measured;
}

/* Tunes with the algorithms above. */
static size_t tune_own(const bench *b, mx_tune_mode mode, mx_conv_plan *plan) {
    mx_conv_tuner *tuner = open_own(b, mode);
    const size_t measured = tune(tuner, b, "auto", plan);
    mx_conv_tuner_close(tuner);
    return measured;
}

static void assert_same_plan(const mx_conv_plan *a, const mx_conv_plan *b) {
    for (mx_conv_direction d = 0; d < MX_CONV_DIRECTIONS; d++) {
        assert_ptr_equal(a->choice[d].algorithm, b->choice[d].algorithm);
        assert_memory_equal(&a->choice[d].params, &b->choice[d].params, sizeof a->choice[d].params);
    }
    assert_int_equal(a->workspace, b->workspace);
}

static void assert_right(const mx_conv_plan *plan) {
    for (mx_conv_direction d = 0; d < MX_CONV_DIRECTIONS; d++)
        assert_ptr_equal(plan->choice[d].algorithm, &right);
}

/* The path of the only file in the cache. */
static void cache_path(const bench *b, char *path) {
    struct dirent *entry;
    DIR *folder = opendir(b->folder);
    int files = 0;
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.') continue;
        fixture_path(path, b->folder, entry->d_name);
        files++;
    }
    closedir(folder);
    assert_int_equal(files, 1);
}

static void run_plan(const bench *b, const mx_conv_plan *plan, mx_conv_direction direction,
                     mx_buffer *workspace, float *out) {
    mx_tune_scratch scratch = {.workspace = workspace};
    float numbers[MOST_FLOATS];
    for (int i = 0; i < MOST_FLOATS; i++)
        numbers[i] = (float)(i * 37 % 101) / 50.0f - 1.0f;
    mx_buffer **const buffers[] = {&scratch.first, &scratch.second, &scratch.result};
    for (int i = 0; i < 3; i++) {
        ok(mx_buffer_create(buffers[i], b->device, sizeof numbers));
        ok(mx_buffer_write(*buffers[i], 0, numbers, sizeof numbers));
    }
    const mx_conv_operands operands = mx_tune_operands(&scratch, &plan->shape, direction);
    ok(mx_conv_run(b->device, plan, direction, &operands));
    ok(mx_buffer_read(scratch.result, 0, out, MOST_FLOATS * sizeof *out));
    for (int i = 0; i < 3; i++)
        mx_buffer_release(*buffers[i]);
}

static void the_winner_answers_as_the_reference_does(void **state) {
    const bench *b = *state;
    mx_conv_tuner *tuner = NULL;
    mx_conv_plan tuned, reference;
    mx_buffer *workspace = NULL;
    ok(mx_conv_tuner_open(&tuner, b->device, MX_TUNE_FULL));
    assert_int_equal(tune(tuner, b, "auto", &tuned), 3);
    mx_conv_tuner_close(tuner);
    ok(mx_conv_plan_init(&reference, b->device, &shape_3x3, "reference"));
    ok(mx_buffer_create(&workspace, b->device, tuned.workspace * sizeof(float)));
    for (mx_conv_direction d = 0; d < MX_CONV_DIRECTIONS; d++) {
        float got[MOST_FLOATS], expected[MOST_FLOATS];
        double largest = 0;
        run_plan(b, &tuned, d, workspace, got);
        run_plan(b, &reference, d, workspace, expected);
        for (int i = 0; i < MOST_FLOATS; i++)
            largest = fmax(largest, fabs((double)expected[i]));
        for (int i = 0; i < MOST_FLOATS; i++)
            assert_true(fabs((double)got[i] - (double)expected[i]) <= 1e-4 * largest);
    }
    mx_buffer_release(workspace);
}

static void wrong_idle_broken_and_oversized_candidates_never_win(void **state) {
    const bench *b = *state;
    mx_conv_plan plan;
    for (mx_tune_mode mode = MX_TUNE_AUTO; mode <= MX_TUNE_FULL; mode++) {
        mx_conv_tuner *tuner = open_own(b, mode);
        mx_conv_tuned result;
        assert_int_equal(tune(tuner, b, "auto", &plan), 3);
        for (size_t i = 0; i < 3; i++) {
            assert_true(mx_conv_tuner_result(tuner, i, &result));
            assert_true(result.best.algorithm == &right ||
                        (mode == MX_TUNE_FULL && result.best.algorithm == &mx_conv_reference));
            assert_true(result.next.algorithm == &right ||
                        (mode == MX_TUNE_FULL && result.next.algorithm == &mx_conv_reference));
            assert_true(result.best.ms > 0);
        }
        assert_false(mx_conv_tuner_result(tuner, 3, &result));
        mx_conv_tuner_close(tuner);
    }
}

static void the_reference_is_left_where_nothing_else_works(void **state) {
    const bench *b = *state;
    static const mx_conv_algorithm *const bad[] = {&wrong, &broken, &mx_conv_reference};
    mx_conv_tuner *tuner = NULL;
    mx_conv_plan plan;
    ok(mx_conv_tuner_open_with(&tuner, b->device, MX_TUNE_AUTO, bad, 3));
    assert_int_equal(tune(tuner, b, "auto", &plan), 3);
    for (mx_conv_direction d = 0; d < MX_CONV_DIRECTIONS; d++)
        assert_ptr_equal(plan.choice[d].algorithm, &mx_conv_reference);
    mx_conv_tuner_close(tuner);
}

/* Plans shape_3x3 and expects that nothing right is found. */
static void assert_refused(const bench *b, mx_conv_tuner *tuner, const char *wanted) {
    const mx_conv_tuning tuning = tuning_of(wanted);
    mx_conv_plan plan;
    size_t measured = 0;
    ok(mx_conv_plan_init(&plan, b->device, &shape_3x3, "auto"));
    ok(mx_conv_tuner_plan(tuner, &plan, &tuning));
    assert_int_equal(mx_conv_tuner_measure(tuner, &measured), MX_OPENCL);
    assert_non_null(strstr(mx_error(), "no convolution algorithm that conv.algorithm allows"));
}

static void what_nothing_can_do_is_refused(void **state) {
    const bench *b = *state;
    static const mx_conv_algorithm *const bad[] = {&wrong, &broken};
    for (mx_tune_mode mode = MX_TUNE_OFF; mode <= MX_TUNE_FULL; mode++) {
        mx_conv_tuner *tuner = NULL;
        ok(mx_conv_tuner_open_with(&tuner, b->device, mode, bad, 2));
        assert_refused(b, tuner, "auto");
        mx_conv_tuner_close(tuner);
    }
}

static void an_algorithm_that_is_wrong_is_refused_by_name(void **state) {
    const bench *b = *state;
    for (mx_tune_mode mode = MX_TUNE_OFF; mode <= MX_TUNE_AUTO; mode++) {
        mx_conv_tuner *tuner = open_own(b, mode);
        assert_refused(b, tuner, "wrong");
        mx_conv_tuner_close(tuner);
    }
}

static void what_is_not_measured_is_checked_once(void **state) {
    const bench *b = *state;
    mx_conv_plan plan;
    for (mx_tune_mode mode = MX_TUNE_OFF; mode <= MX_TUNE_CACHED; mode++) {
        empty_cache(state);
        assert_int_equal(tune_own(b, mode, &plan), 3);
        assert_right(&plan);
        for (mx_conv_direction d = 0; d < MX_CONV_DIRECTIONS; d++)
            assert_int_equal(plan.choice[d].params.v[0], 8);
        assert_int_equal(tune_own(b, mode, &plan), 0);
        assert_right(&plan);
        /* It is not what was measured. */
        assert_int_equal(tune_own(b, MX_TUNE_AUTO, &plan), 3);
        assert_int_equal(tune_own(b, mode, &plan), 0);
    }
}

static void a_plan_whose_choice_is_right_keeps_it_unmeasured(void **state) {
    const bench *b = *state;
    mx_conv_tuner *tuner = NULL;
    mx_conv_plan plan, built_in;
    ok(mx_conv_tuner_open(&tuner, b->device, MX_TUNE_OFF));
    tune(tuner, b, "auto", &plan);
    ok(mx_conv_plan_init(&built_in, b->device, &shape_3x3, "auto"));
    assert_same_plan(&plan, &built_in);
    mx_conv_tuner_close(tuner);
}

static void known_choices_are_not_measured_again(void **state) {
    const bench *b = *state;
    mx_conv_plan first, again;
    assert_int_equal(tune_own(b, MX_TUNE_AUTO, &first), 3);
    assert_right(&first);
    assert_int_equal(tune_own(b, MX_TUNE_AUTO, &again), 0);
    assert_same_plan(&first, &again);
    assert_int_equal(tune_own(b, MX_TUNE_CACHED, &again), 0);
    assert_same_plan(&first, &again);
    assert_int_equal(tune_own(b, MX_TUNE_FULL, &again), 3);
    assert_int_equal(tune_own(b, MX_TUNE_FULL, &again), 0);
    assert_int_equal(tune_own(b, MX_TUNE_AUTO, &again), 0);
}

static void equal_shapes_are_measured_once_and_only_where_needed(void **state) {
    const bench *b = *state;
    mx_conv_tuner *tuner = open_own(b, MX_TUNE_AUTO);
    mx_conv_tuning tuning = tuning_of("auto");
    mx_conv_plan plan;
    size_t measured = 0;
    tuning.needed[MX_CONV_BACKWARD_DATA] = false;
    ok(mx_conv_plan_init(&plan, b->device, &shape_3x3, "auto"));
    for (int i = 0; i < 3; i++)
        ok(mx_conv_tuner_plan(tuner, &plan, &tuning));
    ok(mx_conv_tuner_measure(tuner, &measured));
    assert_int_equal(measured, 2);
    mx_conv_tuner_forget(tuner);
    ok(mx_conv_tuner_plan(tuner, &plan, &tuning));
    ok(mx_conv_tuner_measure(tuner, &measured));
    assert_int_equal(measured, 2);
    mx_conv_tuner_close(tuner);
}

static void a_named_algorithm_gets_its_own_best_parameters(void **state) {
    const bench *b = *state;
    mx_conv_tuner *tuner = open_own(b, MX_TUNE_AUTO);
    mx_conv_plan plan;
    assert_int_equal(tune(tuner, b, "right", &plan), 3);
    assert_right(&plan);
    assert_int_equal(tune(tuner, b, "auto", &plan), 3);
    mx_conv_tuner_close(tuner);
}

static void without_a_tuner_a_plan_stays_as_it_is(void **state) {
    const bench *b = *state;
    mx_conv_plan plan, built_in;
    assert_int_equal(tune(NULL, b, "auto", &plan), 0);
    ok(mx_conv_plan_init(&built_in, b->device, &shape_3x3, "auto"));
    assert_same_plan(&plan, &built_in);
    mx_conv_tuner_forget(NULL);
    mx_conv_tuner_close(NULL);
}

static void damaged_caches_are_measured_anew(void **state) {
    const bench *b = *state;
    char path[FIXTURE_PATH];
    mx_conv_plan plan;
    mx_buf text = {0};
    assert_int_equal(tune_own(b, MX_TUNE_AUTO, &plan), 3);
    cache_path(b, path);
    ok(mx_read_file(&text, path, 1 << 20));
    for (size_t length = 0; length < text.length - 3; length += text.length / 5) {
        ok(mx_write_atomic(path, text.data, length));
        assert_int_equal(tune_own(b, MX_TUNE_AUTO, &plan), 3);
        assert_right(&plan);
        assert_int_equal(tune_own(b, MX_TUNE_AUTO, &plan), 0);
    }
    mx_buf_release(&text);
}

/* Replaces one value of the header, or of every entry. */
static void edit_cache(const bench *b, const char *key, json_t *value, bool in_entries) {
    char path[FIXTURE_PATH];
    json_t *entry;
    const char *name;
    cache_path(b, path);
    json_t *file = json_load_file(path, 0, NULL);
    assert_non_null(file);
    if (!in_entries) json_object_set(file, key, value);
    json_object_foreach(json_object_get(file, "entries"), name, entry) {
        if (in_entries) json_object_set(entry, key, value);
    }
    json_decref(value);
    assert_int_equal(json_dump_file(file, path, 0), 0);
    json_decref(file);
}

static void caches_of_others_are_measured_anew(void **state) {
    const bench *b = *state;
    static const char *const keys[] = {"format", "mixcl",         "platform", "device", "version",
                                       "driver", "compute_units", "kernels",  "entries"};
    mx_conv_plan plan;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        tune_own(b, MX_TUNE_AUTO, &plan);
        edit_cache(b, keys[i], json_string("another"), false);
        assert_int_equal(tune_own(b, MX_TUNE_AUTO, &plan), 3);
        assert_right(&plan);
    }
}

static void entries_that_are_no_candidates_are_measured_anew(void **state) {
    const bench *b = *state;
    const struct {
        const char *key;
        json_t *value;
    } edits[] = {{"algorithm", json_string("unknown")},
                 {"algorithm", json_string("large")},
                 {"algorithm", json_integer(3)},
                 {"params", json_pack("{s:i, s:i}", "tile", 8, "tiles", 2)},
                 {"params", json_pack("{s:i}", "tile", 8)},
                 {"params", json_pack("[i, i]", 8, 1)},
                 {"ms", json_real(-1.0)},
                 {"ms", json_string("fast")}};
    mx_conv_plan plan;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        tune_own(b, MX_TUNE_AUTO, &plan);
        edit_cache(b, edits[i].key, edits[i].value, true);
        assert_int_equal(tune_own(b, MX_TUNE_AUTO, &plan), 3);
        assert_right(&plan);
    }
}

static void entries_of_other_processes_are_kept(void **state) {
    const bench *b = *state;
    mx_conv_tuner *first = open_own(b, MX_TUNE_AUTO), *second = open_own(b, MX_TUNE_AUTO);
    mx_conv_plan plan;
    assert_int_equal(tune(first, b, "auto", &plan), 3);
    assert_int_equal(tune(second, b, "right", &plan), 3);
    mx_conv_tuner_close(first);
    mx_conv_tuner_close(second);
    mx_conv_tuner *third = open_own(b, MX_TUNE_AUTO);
    assert_int_equal(tune(third, b, "auto", &plan), 0);
    assert_int_equal(tune(third, b, "right", &plan), 0);
    mx_conv_tuner_close(third);
}

static void a_cache_that_cannot_be_written_is_done_without(void **state) {
    const bench *b = *state;
    mx_conv_plan plan;
    char path[FIXTURE_PATH];
    fixture_write(b->folder, "file", "", 0);
    setenv("MIXCL_CACHE_DIR", fixture_path(path, b->folder, "file/cache"), 1);
    assert_int_equal(tune_own(b, MX_TUNE_AUTO, &plan), 3);
    assert_right(&plan);
    assert_int_equal(tune_own(b, MX_TUNE_AUTO, &plan), 3);
}

static void memory_is_given_back(void **state) {
    const bench *b = *state;
    mx_conv_plan plan;
    tune_own(b, MX_TUNE_AUTO, &plan);
    empty_cache(state);
    const size_t before = mx_device_allocated(b->device);
    assert_int_equal(tune_own(b, MX_TUNE_AUTO, &plan), 3);
    assert_int_equal(mx_device_allocated(b->device), before);
}

int main(void) {
#define TUNE_TEST(name) cmocka_unit_test_setup(name, empty_cache)
    const struct CMUnitTest tests[] = {
        TUNE_TEST(the_winner_answers_as_the_reference_does),
        TUNE_TEST(wrong_idle_broken_and_oversized_candidates_never_win),
        TUNE_TEST(the_reference_is_left_where_nothing_else_works),
        TUNE_TEST(what_nothing_can_do_is_refused),
        TUNE_TEST(an_algorithm_that_is_wrong_is_refused_by_name),
        TUNE_TEST(what_is_not_measured_is_checked_once),
        TUNE_TEST(a_plan_whose_choice_is_right_keeps_it_unmeasured),
        TUNE_TEST(known_choices_are_not_measured_again),
        TUNE_TEST(equal_shapes_are_measured_once_and_only_where_needed),
        TUNE_TEST(a_named_algorithm_gets_its_own_best_parameters),
        TUNE_TEST(without_a_tuner_a_plan_stays_as_it_is),
        TUNE_TEST(damaged_caches_are_measured_anew),
        TUNE_TEST(caches_of_others_are_measured_anew),
        TUNE_TEST(entries_that_are_no_candidates_are_measured_anew),
        TUNE_TEST(entries_of_other_processes_are_kept),
        TUNE_TEST(a_cache_that_cannot_be_written_is_done_without),
        TUNE_TEST(memory_is_given_back),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
