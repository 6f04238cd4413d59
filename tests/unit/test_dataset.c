#include "unit/dataset_fixture.h"

/* A section whose paths lie in the test's folder. */
typedef struct test_source {
    char images[FIXTURE_PATH], labels[FIXTURE_PATH];
    mx_source_spec spec;
} test_source;

static const mx_source_spec *folder_source(test_source *out, const char *root, const char *name,
                                           mx_split split, const char *label) {
    fixture_path(out->images, root, name);
    out->spec = (mx_source_spec){.name = name,
                                 .kind = MX_SOURCE_FOLDER,
                                 .split = split,
                                 .images = out->images,
                                 .labels = "",
                                 .label = label};
    return &out->spec;
}

static const mx_source_spec *idx_source(test_source *out, const char *root, const char *name,
                                        const char *images, const char *labels, mx_split split) {
    fixture_path(out->images, root, images);
    if (labels)
        fixture_path(out->labels, root, labels);
    else
        out->labels[0] = '\0';
    out->spec = (mx_source_spec){.name = name,
                                 .kind = MX_SOURCE_IDX,
                                 .split = split,
                                 .images = out->images,
                                 .labels = out->labels,
                                 .label = ""};
    return &out->spec;
}

/* `count` pictures of values first, first + 1, ... in ROOT/FOLDER. */
static void write_pictures(const char *root, const char *folder, int count, int first) {
    for (int i = 0; i < count; i++) {
        char name[FIXTURE_PATH];
        snprintf(name, sizeof name, "%s/%04d.png", folder, i);
        write_picture(root, name, (uint8_t)(first + i));
    }
}

/* `count` labels, or pictures of 2 x 2 whose bytes are all their number. */
static void write_idx(const char *root, const char *name, int count, const uint8_t *labels) {
    mx_buf file = {0};
    const uint8_t header[16] = {
        0, 0, 8, labels ? 1 : 3, 0, 0, (uint8_t)(count >> 8), (uint8_t)count, 0, 0, 0, 2, 0,
        0, 0, 2};
    mx_buf_append(&file, header, labels ? 8 : 16);
    if (labels) mx_buf_append(&file, labels, (size_t)count);
    for (int i = 0; !labels && i < count; i++) {
        const uint8_t pixels[4] = {(uint8_t)i, (uint8_t)i, (uint8_t)i, (uint8_t)i};
        mx_buf_append(&file, pixels, sizeof pixels);
    }
    fixture_write(root, name, file.data, file.length);
    mx_buf_release(&file);
}

static void folders_give_sorted_classes_and_sorted_files(void **state) {
    test_source source;
    mx_dataset data;
    write_picture(*state, "sorted/b/x.png", 3);
    write_picture(*state, "sorted/a/z.PNG", 2);
    write_picture(*state, "sorted/a/deep/er/y.png", 1);
    write_picture(*state, "sorted/B/x.png", 0);
    write_picture(*state, "sorted/.hidden/x.png", 9);
    write_picture(*state, "sorted/a/.hidden.png", 9);
    fixture_write(*state, "sorted/a/notes.txt", "no", 2);
    folder_source(&source, *state, "sorted", MX_SPLIT_TRAIN, "");
    assert_int_equal(mx_dataset_load(&data, &tiny, &source.spec, 1), MX_OK);
    assert_int_equal(data.n_classes, 3);
    assert_string_equal(data.class_names[0], "B");
    assert_string_equal(data.class_names[1], "a");
    assert_string_equal(data.class_names[2], "b");
    assert_int_equal(data.n_pictures, 4);
    const int32_t labels[4] = {0, 1, 1, 2};
    assert_memory_equal(data.labels, labels, sizeof labels);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(data.pixels[4 * i], i);
    assert_int_equal(data.labelled.count, 4);
    assert_int_equal(data.n_bad, 0);
    mx_dataset_release(&data);
}

static void several_sources_make_one_data_set(void **state) {
    test_source s[4];
    mx_dataset data;
    const char *classes[] = {"no-mask", "mask"};
    mx_data_spec spec = tiny;
    write_pictures(*state, "many/masks", 3, 10);
    write_pictures(*state, "many/faces/any", 2, 20);
    write_pictures(*state, "many/test/mask", 1, 30);
    write_pictures(*state, "many/more", 2, 40);
    spec.classes = classes;
    spec.n_classes = 2;
    const mx_source_spec sources[] = {
        *folder_source(&s[0], *state, "many/masks", MX_SPLIT_TRAIN, "mask"),
        *folder_source(&s[1], *state, "many/faces", MX_SPLIT_TRAIN, "no-mask"),
        *folder_source(&s[2], *state, "many/test", MX_SPLIT_TEST, ""),
        *folder_source(&s[3], *state, "many/more", MX_SPLIT_UNLABELLED, "")};
    assert_int_equal(mx_dataset_load(&data, &spec, sources, 4), MX_OK);
    const int32_t labels[8] = {1, 1, 1, 0, 0, 1, -1, -1};
    const uint8_t values[8] = {10, 11, 12, 20, 21, 30, 40, 41};
    assert_int_equal(data.n_pictures, 8);
    assert_memory_equal(data.labels, labels, sizeof labels);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(data.pixels[4 * i], values[i]);
    assert_int_equal(data.labelled.count, 5);
    assert_int_equal(data.test.count, 1);
    assert_int_equal(data.test.index[0], 5);
    assert_int_equal(data.unlabelled.count, 2);
    assert_int_equal(data.unlabelled.index[0], 6);
    mx_dataset_release(&data);
}

static void pictures_are_converted_then_resized(void **state) {
    test_source source;
    mx_dataset data;
    mx_buf file = {0};
    mx_data_spec spec = tiny;
    const uint8_t red[3 * 4 * 4] = {255, 0, 0};
    fixture_encode_plain_png(&file, red, 4, 4, 3);
    fixture_write(*state, "sizes/a/x.png", file.data, file.length);
    write_picture(*state, "sizes/b/x.png", 77);
    spec.height = 1;
    spec.width = 3;
    spec.channels = 3;
    folder_source(&source, *state, "sizes", MX_SPLIT_TRAIN, "");
    assert_int_equal(mx_dataset_load(&data, &spec, &source.spec, 1), MX_OK);
    assert_true(data.pixels[0] > 0 && data.pixels[1] == 0);
    for (size_t i = 9; i < 18; i++)
        assert_int_equal(data.pixels[i], 77);
    mx_dataset_release(&data);
    mx_buf_release(&file);
}

static void idx_files_number_their_classes(void **state) {
    test_source s[2];
    mx_dataset data;
    const uint8_t labels[6] = {0, 2, 1, 0, 1, 2}, test_labels[2] = {1, 1};
    write_idx(*state, "train-images", 6, NULL);
    write_idx(*state, "train-labels", 6, labels);
    write_idx(*state, "test-images", 2, NULL);
    write_idx(*state, "test-labels", 2, test_labels);
    const mx_source_spec sources[] = {
        *idx_source(&s[0], *state, "train", "train-images", "train-labels", MX_SPLIT_TRAIN),
        *idx_source(&s[1], *state, "test", "test-images", "test-labels", MX_SPLIT_TEST)};
    assert_int_equal(mx_dataset_load(&data, &tiny, sources, 2), MX_OK);
    assert_int_equal(data.n_classes, 3);
    assert_string_equal(data.class_names[2], "2");
    assert_int_equal(data.n_pictures, 8);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(data.labels[i], labels[i]);
        assert_int_equal(data.pixels[4 * i + 3], i);
    }
    assert_int_equal(data.test.count, 2);
    mx_dataset_release(&data);
}

static void pictures_have_names_where_they_are_asked_for(void **state) {
    test_source s[2];
    mx_dataset data;
    mx_data_spec spec = tiny;
    spec.names = true;
    write_picture(*state, "named/a/x.png", 1);
    write_picture(*state, "named/b/y.png", 2);
    fixture_write(*state, "named/a/x2.png", "damaged", 7);
    write_idx(*state, "more", 2, NULL);
    const mx_source_spec sources[] = {
        *folder_source(&s[0], *state, "named", MX_SPLIT_TRAIN, ""),
        *idx_source(&s[1], *state, "digits", "more", NULL, MX_SPLIT_UNLABELLED)};
    load(&data, &spec, sources, 2);
    assert_int_equal(data.n_pictures, 4);
    assert_string_equal(data.names[0], "a/x.png");
    assert_string_equal(data.names[1], "b/y.png");
    assert_string_equal(data.names[2], "digits 1");
    assert_string_equal(data.names[3], "digits 2");
    mx_dataset_release(&data);
    spec.names = false;
    load(&data, &spec, sources, 2);
    assert_null(data.names);
    mx_dataset_release(&data);
}

static void idx_pictures_are_replicated_and_resized(void **state) {
    test_source source;
    mx_dataset data;
    mx_data_spec spec = tiny;
    const uint8_t labels[3] = {0, 1, 1};
    write_idx(*state, "grey-images", 3, NULL);
    write_idx(*state, "grey-labels", 3, labels);
    spec.channels = 3;
    spec.height = 5;
    idx_source(&source, *state, "grey", "grey-images", "grey-labels", MX_SPLIT_TRAIN);
    assert_int_equal(mx_dataset_load(&data, &spec, &source.spec, 1), MX_OK);
    for (size_t i = 0; i < 3 * 5 * 2 * 3; i++)
        assert_int_equal(data.pixels[i], i / (5 * 2 * 3));
    mx_dataset_release(&data);
}

static void inconsistent_idx_files_are_errors(void **state) {
    test_source s[2];
    mx_data_spec spec = tiny;
    const char *classes[] = {"a", "b"};
    const uint8_t labels[3] = {0, 1, 2};
    write_idx(*state, "images3", 3, NULL);
    write_idx(*state, "labels3", 3, labels);
    write_idx(*state, "labels2", 2, labels);
    idx_source(&s[0], *state, "digits", "images3", "labels2", MX_SPLIT_TRAIN);
    assert_load_fails(&tiny, &s[0].spec, 1, "has 2 labels for the 3 pictures");
    idx_source(&s[0], *state, "digits", "images3", "images3", MX_SPLIT_TRAIN);
    assert_load_fails(&tiny, &s[0].spec, 1, "expected labels");
    idx_source(&s[0], *state, "digits", "labels3", "labels3", MX_SPLIT_TRAIN);
    assert_load_fails(&tiny, &s[0].spec, 1, "expected pictures");
    idx_source(&s[0], *state, "digits", "images3", NULL, MX_SPLIT_TRAIN);
    assert_load_fails(&tiny, &s[0].spec, 1, "set labels in [source.digits]");
    spec.classes = classes;
    spec.n_classes = 2;
    idx_source(&s[0], *state, "digits", "images3", "labels3", MX_SPLIT_TRAIN);
    assert_load_fails(&spec, &s[0].spec, 1, "labels3:3: label 2 is outside the 2 classes");
    write_pictures(*state, "mixed/a", 1, 0);
    folder_source(&s[1], *state, "mixed", MX_SPLIT_TRAIN, "");
    const mx_source_spec both[] = {s[0].spec, s[1].spec};
    assert_load_fails(&tiny, both, 2, "need [data] classes");
}

static void missing_and_empty_folders_are_errors(void **state) {
    test_source source;
    folder_source(&source, *state, "absent", MX_SPLIT_TRAIN, "");
    assert_load_fails(&tiny, &source.spec, 1, "source 'absent': cannot read folder");
    fixture_write(*state, "empty/readme.txt", "", 0);
    folder_source(&source, *state, "empty", MX_SPLIT_TRAIN, "");
    assert_load_fails(&tiny, &source.spec, 1, "no pictures (.jpg, .jpeg, .png)");
    folder_source(&source, *state, "empty", MX_SPLIT_UNLABELLED, "");
    assert_load_fails(&tiny, &source.spec, 1, "and 1 other files");
    assert_load_fails(&tiny, NULL, 0, "no pictures");
}

static void folders_without_proper_classes_are_errors(void **state) {
    test_source source;
    mx_data_spec spec = tiny;
    const char *classes[] = {"a", "b"}, *more[] = {"a", "b", "c"};
    write_pictures(*state, "flat", 3, 0);
    folder_source(&source, *state, "flat", MX_SPLIT_TRAIN, "");
    assert_load_fails(&tiny, &source.spec, 1, "3 pictures but no class folders");
    write_pictures(*state, "single/only", 3, 0);
    folder_source(&source, *state, "single", MX_SPLIT_TRAIN, "");
    assert_load_fails(&tiny, &source.spec, 1, "the only class is only");
    folder_source(&source, *state, "single", MX_SPLIT_UNLABELLED, "");
    assert_load_fails(&tiny, &source.spec, 1, "the sources name no class");
    write_pictures(*state, "hollow/a", 1, 0);
    fixture_write(*state, "hollow/b/readme.txt", "", 0);
    folder_source(&source, *state, "hollow", MX_SPLIT_TRAIN, "");
    assert_load_fails(&tiny, &source.spec, 1, "hollow/b' holds no pictures");
    spec.classes = classes;
    spec.n_classes = 2;
    write_pictures(*state, "extra/a", 1, 0);
    write_pictures(*state, "extra/c", 1, 0);
    folder_source(&source, *state, "extra", MX_SPLIT_TRAIN, "");
    assert_load_fails(&spec, &source.spec, 1, "class 'c' of source 'extra'");
    assert_load_fails(&spec, &source.spec, 1, "is not one of the classes (a, b)");
    spec.classes = more;
    spec.n_classes = 3;
    assert_load_fails(&spec, &source.spec, 1, "class 'b' has no training pictures");
}

static void a_link_that_leads_back_is_an_error(void **state) {
    test_source source;
    char target[FIXTURE_PATH], link[FIXTURE_PATH];
    write_pictures(*state, "loop/a", 1, 0);
    fixture_path(target, *state, "loop/a");
    fixture_path(link, *state, "loop/a/back");
    assert_int_equal(symlink(target, link), 0);
    folder_source(&source, *state, "loop", MX_SPLIT_TRAIN, "");
    assert_load_fails(&tiny, &source.spec, 1, "contains itself");
}

static void bad_pictures_are_skipped_up_to_the_limit(void **state) {
    test_source source;
    mx_dataset data;
    mx_data_spec spec = tiny;
    write_pictures(*state, "bad/a", 5, 0);
    write_pictures(*state, "bad/b", 3, 5);
    fixture_write(*state, "bad/a/0002.png", "junk", 4);
    fixture_write(*state, "bad/b/0000.png", "", 0);
    folder_source(&source, *state, "bad", MX_SPLIT_TRAIN, "");
    spec.bad_limit = 0.25;
    assert_int_equal(mx_dataset_load(&data, &spec, &source.spec, 1), MX_OK);
    assert_int_equal(data.n_bad, 2);
    assert_int_equal(data.n_pictures, 6);
    const uint8_t values[6] = {0, 1, 3, 4, 6, 7};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(data.pixels[4 * i], values[i]);
        assert_int_equal(data.labels[i], i >= 4);
    }
    mx_dataset_release(&data);
    spec.bad_limit = 0.24;
    assert_load_fails(&spec, &source.spec, 1, "2 of 8 pictures cannot be used");
    spec.skip_bad = false;
    assert_load_fails(&spec, &source.spec, 1, "a/0002.png': neither a JPEG nor a PNG");
}

static void a_data_set_of_bad_pictures_only_is_an_error(void **state) {
    test_source source;
    mx_data_spec spec = tiny;
    for (int i = 0; i < 15; i++) {
        char name[64];
        snprintf(name, sizeof name, "rotten/%c/%d.jpg", i % 2 ? 'a' : 'b', i);
        fixture_write(*state, name, "\xFF\xD8\xFF", 3);
    }
    spec.bad_limit = 1.0;
    folder_source(&source, *state, "rotten", MX_SPLIT_TRAIN, "");
    assert_load_fails(&spec, &source.spec, 1, "none of the 15 pictures can be used");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_give_sorted_classes_and_sorted_files),
        cmocka_unit_test(several_sources_make_one_data_set),
        cmocka_unit_test(pictures_are_converted_then_resized),
        cmocka_unit_test(idx_files_number_their_classes),
        cmocka_unit_test(pictures_have_names_where_they_are_asked_for),
        cmocka_unit_test(idx_pictures_are_replicated_and_resized),
        cmocka_unit_test(inconsistent_idx_files_are_errors),
        cmocka_unit_test(missing_and_empty_folders_are_errors),
        cmocka_unit_test(folders_without_proper_classes_are_errors),
        cmocka_unit_test(a_link_that_leads_back_is_an_error),
        cmocka_unit_test(bad_pictures_are_skipped_up_to_the_limit),
        cmocka_unit_test(a_data_set_of_bad_pictures_only_is_an_error),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
