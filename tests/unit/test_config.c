/* The configuration: its values, where they come from, and that what is written reads back. */
#include "config_fixture.h"

#include "data/dataset.h"

static void defaults_are_those_of_the_paper(void **state) {
    (void)state;
    mx_config *config = open_text(STEPS);
    assert_int_equal(config->mixmatch_k, 2);
    assert_true(config->mixmatch_temperature == 0.5);
    assert_true(config->mixmatch_alpha == 0.75);
    assert_true(config->mixmatch_lambda_u == 75.0);
    assert_true(config->mixmatch_mixup);
    assert_int_equal(config->mixmatch_lambda_per, MX_CONFIG_LAMBDA_PER_SAMPLE);
    assert_int_equal(config->optimizer_decay, MX_CONFIG_DECAY_DECOUPLED);
    assert_int_equal(config->data_scaling, MX_CONFIG_SCALING_SIGNED);
    assert_int_equal(config->augment_unlabelled, MX_CONFIG_AUGMENT_CROP_FLIP);
    assert_int_equal(config->data_height, 32);
    assert_int_equal(config->data_width, 32);
    assert_int_equal(config->n_sources, 0);
    assert_null(config->data_classes.items);
    assert_int_equal(config->train_eval_when, MX_EVAL_EPOCH);
    mx_config_close(config);
}

static void every_type_is_read(void **state) {
    (void)state;
    mx_config *config = open_text("[run]\nseed = 9223372036854775807\n"
                                  "[data]\nclasses = a, b b ,c\nsize = 28x30\nbad = fail\n"
                                  "[mixmatch]\nalpha = 1e1\nmixup = no\nema_warmup=off\n"
                                  "[train]\nsteps: 10\neval_every = 7\n");
    assert_true(config->run_seed == INT64_MAX);
    assert_int_equal(config->data_classes.count, 3);
    assert_string_equal(config->data_classes.items[1], "b b");
    assert_string_equal(config->data_classes.items[2], "c");
    assert_int_equal(config->data_height, 28);
    assert_int_equal(config->data_width, 30);
    assert_int_equal(config->data_bad, MX_CONFIG_BAD_FAIL);
    assert_true(config->mixmatch_alpha == 10.0);
    assert_false(config->mixmatch_mixup);
    assert_false(config->mixmatch_ema_warmup);
    assert_int_equal(config->train_eval_when, MX_EVAL_STEPS);
    assert_int_equal(config->train_eval_steps, 7);
    mx_config_close(config);
}

static void sources_keep_their_order_and_their_enums(void **state) {
    (void)state;
    mx_config *config = open_text("[source.b]\nimages = x\nlabel = dog\n" STEPS
                                  "[source.a]\nkind = idx\nimages = i\nsplit = unlabelled\n");
    assert_int_equal(config->n_sources, 2);
    assert_string_equal(config->sources[0].name, "b");
    assert_string_equal(config->sources[0].label, "dog");
    assert_int_equal(config->sources[0].kind, MX_SOURCE_FOLDER);
    assert_int_equal(config->sources[0].split, MX_SPLIT_TRAIN);
    assert_int_equal(config->sources[1].kind, MX_SOURCE_IDX);
    assert_int_equal(config->sources[1].split, MX_SPLIT_UNLABELLED);
    assert_string_equal(config->sources[1].labels, "");
    mx_config_close(config);
}

static void augmentations_are_read_as_programs(void **state) {
    (void)state;
    mx_config *config = open_text("[augment]\nlabelled = list\nlabelled_ops = flip:0.5, "
                                  "rotate(-15..7.5):0.25,blur, crop(3), hue(0..0.1)\n"
                                  "unlabelled = seed\n" STEPS);
    const mx_augment_program *list = &config->labelled_program, *seed = &config->unlabelled_program;
    assert_false(list->one_of);
    assert_int_equal(list->n_steps, 5);
    assert_int_equal(list->steps[0].kind, MX_AUGMENT_KIND_FLIP);
    assert_true(list->steps[0].probability == 0.5f);
    assert_int_equal(list->steps[1].kind, MX_AUGMENT_KIND_ROTATE);
    assert_true(list->steps[1].low == -15.0f && list->steps[1].high == 7.5f);
    assert_true(list->steps[1].probability == 0.25f);
    assert_true(list->steps[2].low == 0.1f && list->steps[2].high == 2.0f);
    assert_true(list->steps[2].probability == 1.0f);
    assert_true(list->steps[3].low == 3.0f && list->steps[3].high == 3.0f);
    assert_true(list->steps[4].low == 0.0f && list->steps[4].high == 0.1f);
    assert_true(seed->one_of);
    assert_int_equal(seed->n_steps, 7);
    mx_config_close(config);
    config = open_text(STEPS);
    assert_int_equal(config->labelled_program.n_steps, 0);
    mx_config_close(config);
}

static void comments_bom_and_crlf_are_understood(void **state) {
    (void)state;
    mx_config *config = open_text("\xef\xbb\xbf[run] ; first\r\nname = a;b#c # why\r\n\r\n"
                                  "   ; indented comment\r\n# another\r\n[train]\r\n"
                                  "steps = 10 ; # ten\r\nbatch = 8 # ; eight");
    assert_string_equal(config->run_name, "a;b#c");
    assert_int_equal(config->train_steps, 10);
    assert_int_equal(config->train_batch, 8);
    mx_config_close(config);
}

static void an_empty_value_means_the_default(void **state) {
    (void)state;
    const char *sets[] = {"optimizer.lr="};
    mx_config *config =
        open_sets("[mixmatch]\nalpha =\nk = ; two\n[optimizer]\nlr = 1\n" STEPS, sets, 1);
    assert_true(config->mixmatch_alpha == 0.75);
    assert_int_equal(config->mixmatch_k, 2);
    assert_true(config->optimizer_lr == 0.002);
    assert_string_equal(config->run_name, "exp");
    mx_config_close(config);
}

static void flags_win_over_environment_over_file(void **state) {
    (void)state;
    const char *text = "[device]\nselect = file\n" STEPS, *sets[] = {"device.select = flag "};
    setenv("MIXCL_DEVICE", "environment", 1);
    mx_config *config = open_text(text);
    assert_string_equal(config->device_select, "environment");
    mx_config_close(config);
    config = open_sets(text, sets, 1);
    assert_string_equal(config->device_select, "flag");
    mx_config_close(config);
    setenv("MIXCL_DEVICE", "", 1);
    config = open_text(text);
    assert_string_equal(config->device_select, "file");
    mx_config_close(config);
    unsetenv("MIXCL_DEVICE");
}

static void assert_path(const char *path, const char *inside) {
    char expected[PATH_MAX + 64];
    snprintf(expected, sizeof expected, "%s/%s", folder, inside);
    assert_string_equal(path, expected);
}

static void paths_start_at_the_file_or_at_the_working_folder(void **state) {
    (void)state;
    const char *text = "[source.a]\nimages = pictures\n[source.b]\nimages = /abs\n" STEPS;
    const char *sets[] = {"run.out=here"};
    mx_config *config = NULL;
    write_file("sub/exp.ini", text, strlen(text));
    assert_int_equal(mx_config_open(&config, "sub/exp.ini", sets, 1), MX_OK);
    assert_path(config->sources[0].images, "sub/pictures");
    assert_string_equal(config->sources[1].images, "/abs");
    assert_path(config->run_out, "here");
    mx_config_close(config);
    assert_int_equal(mx_config_open(&config, "sub/exp.ini", NULL, 0), MX_OK);
    assert_path(config->run_out, "runs");
    mx_config_close(config);
    write_file("sub/exp.ini", "[run]\nout = here\n" STEPS, strlen("[run]\nout = here\n" STEPS));
    assert_int_equal(mx_config_open(&config, "sub/exp.ini", NULL, 0), MX_OK);
    assert_path(config->run_out, "sub/here");
    mx_config_close(config);
}

static void range_ends_are_allowed(void **state) {
    (void)state;
    mx_config *config = open_text("[mixmatch]\nalpha = 0.01\ntemperature = 1\nk = 8\nema = 1\n"
                                  "[data]\nsize = 1024x1\n[augment]\npad = 0\n" STEPS);
    assert_true(config->mixmatch_alpha == 0.01);
    assert_int_equal(config->data_height, 1024);
    assert_int_equal(config->data_width, 1);
    mx_config_close(config);
}

static void a_line_of_198_bytes_is_read_whole(void **state) {
    (void)state;
    char text[300] = "[model]\nname = ";
    memset(text + strlen(text), 'x', 191);
    strcat(text, "\n" STEPS);
    mx_config *config = open_text(text);
    assert_int_equal(strlen(config->model_name), 191);
    mx_config_close(config);
}

static void the_last_flag_wins(void **state) {
    (void)state;
    const char *sets[] = {"train.steps=5", "source.a.images=/y", "train.steps=6"};
    mx_config *config = open_sets("[source.a]\nimages = x\n" STEPS, sets, 3);
    assert_int_equal(config->train_steps, 6);
    assert_string_equal(config->sources[0].images, "/y");
    mx_config_close(config);
}

static char *resolved(const mx_config *config) {
    mx_buf text = {0};
    assert_int_equal(mx_config_write_resolved(config, &text), MX_OK);
    return text.data;
}

static void a_resolved_file_reads_back_the_same_elsewhere(void **state) {
    (void)state;
    const char *sets[] = {"run.out=out", "optimizer.lr=0.1234567890123456789"};
    mx_config *config = open_sets("[source.a]\nimages = x y\n[data]\nclasses = b, a\n"
                                  "[mixmatch]\nmixup = no\n" STEPS,
                                  sets, 2);
    char *first = resolved(config);
    mx_config_close(config);
    write_file("sub/exp.ini", first, strlen(first));
    assert_int_equal(mx_config_open(&config, "sub/exp.ini", NULL, 0), MX_OK);
    char *second = resolved(config);
    assert_string_equal(first, second);
    assert_true(config->optimizer_lr == 0.1234567890123456789);
    mx_config_close(config);
    free(first);
    free(second);
}

static void the_shown_file_reads_back_and_says_where_values_came_from(void **state) {
    (void)state;
    const char *sets[] = {"train.batch=8"};
    mx_buf text = {0};
    setenv("MIXCL_DEVICE", "cpu", 1);
    mx_config *config = open_sets("[run]\nseed = 3\n" STEPS, sets, 1);
    unsetenv("MIXCL_DEVICE");
    assert_int_equal(mx_config_print(config, &text), MX_OK);
    mx_config_close(config);
    assert_non_null(strstr(text.data, "seed = 3                                ; exp.ini:2\n"));
    assert_non_null(strstr(text.data, "batch = 8                               ; --set\n"));
    assert_non_null(strstr(text.data, "lr = 0.002                              ; default\n"));
    assert_non_null(strstr(text.data, "; environment MIXCL_DEVICE\n"));
    config = open_text(text.data);
    assert_int_equal(config->run_seed, 3);
    assert_int_equal(config->train_batch, 8);
    assert_string_equal(config->device_select, "cpu");
    mx_config_close(config);
    mx_buf_release(&text);
}

static void json_has_typed_values_and_their_origins(void **state) {
    (void)state;
    mx_config *config = open_text("[source.a]\nimages = /x\n[data]\nclasses = b, a\n" STEPS);
    json_t *values, *origins;
    assert_int_equal(mx_config_to_json(config, &values), MX_OK);
    assert_int_equal(mx_config_origins_to_json(config, &origins), MX_OK);
    const char *images, *first, *second, *from;
    int steps, mixup;
    const int unpacked = json_unpack(values, "{s:{s:i}, s:{s:[s,s]}, s:{s:{s:s}}, s:{s:b}}",
                                     "train", "steps", &steps, "data", "classes", &first, &second,
                                     "source", "a", "images", &images, "mixmatch", "mixup", &mixup);
    assert_int_equal(unpacked, 0);
    assert_int_equal(steps, 10);
    assert_string_equal(first, "b");
    assert_string_equal(second, "a");
    assert_string_equal(images, "/x");
    assert_true(mixup);
    assert_int_equal(json_unpack(origins, "{s:{s:s}}", "train", "steps", &from), 0);
    assert_string_equal(from, "exp.ini:6");
    json_decref(values);
    json_decref(origins);
    mx_config_close(config);
}

static void check_row(const mx_key *key) {
    mx_buf range = {0};
    mx_key_describe_range(&range, key);
    assert_true(strlen(key->help) > 0 && strlen(key->help) <= 74);
    assert_true(range.length <= 66);
    assert_true(strlen(key->name) + strlen(key->fallback) + 3 <= 80);
    mx_buf_release(&range);
}

static void every_key_explains_itself_within_80_columns(void **state) {
    (void)state;
    json_t *rows;
    for (int i = 0; i < MX_N_KEYS; i++)
        check_row(&mx_config_keys[i]);
    for (int i = 0; i < MX_N_SOURCE_KEYS; i++)
        check_row(&mx_config_source_keys[i]);
    assert_int_equal(mx_config_keys_to_json(&rows), MX_OK);
    assert_int_equal(json_array_size(rows), MX_N_KEYS + MX_N_SOURCE_KEYS);
    json_decref(rows);
}

static void a_sweep_is_kept_and_shown_but_no_part_of_a_run(void **state) {
    (void)state;
    mx_buf shown = {0}, resolved = {0};
    mx_config *config =
        open_text("[sweep]\nrun.seed = 1, 2\nm = a: train.batch=4 | b: ; c\n" STEPS);
    assert_int_equal(config->n_varied, 2);
    assert_string_equal(config->varied[0].name, "run.seed");
    assert_string_equal(config->varied[0].text, "1, 2");
    assert_string_equal(config->varied[1].text, "a: train.batch=4 | b:");
    assert_int_equal(mx_config_print(config, &shown), MX_OK);
    assert_non_null(strstr(mx_buf_text(&shown), "\n[sweep]\nrun.seed = 1, 2  "));
    assert_int_equal(mx_config_write_resolved(config, &resolved), MX_OK);
    assert_null(strstr(mx_buf_text(&resolved), "sweep"));
    mx_buf_release(&shown);
    mx_buf_release(&resolved);
    mx_config_close(config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_paper),
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(sources_keep_their_order_and_their_enums),
        cmocka_unit_test(augmentations_are_read_as_programs),
        cmocka_unit_test(comments_bom_and_crlf_are_understood),
        cmocka_unit_test(an_empty_value_means_the_default),
        cmocka_unit_test(flags_win_over_environment_over_file),
        cmocka_unit_test(paths_start_at_the_file_or_at_the_working_folder),
        cmocka_unit_test(range_ends_are_allowed),
        cmocka_unit_test(a_line_of_198_bytes_is_read_whole),
        cmocka_unit_test(the_last_flag_wins),
        cmocka_unit_test(a_resolved_file_reads_back_the_same_elsewhere),
        cmocka_unit_test(the_shown_file_reads_back_and_says_where_values_came_from),
        cmocka_unit_test(json_has_typed_values_and_their_origins),
        cmocka_unit_test(a_sweep_is_kept_and_shown_but_no_part_of_a_run),
        cmocka_unit_test(every_key_explains_itself_within_80_columns),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
