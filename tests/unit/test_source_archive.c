#include "unit/dataset_fixture.h"
#include "unit/zip_fixture.h"

#include "base/log.h"

#define N_ROWS(rows) (sizeof(rows) / sizeof *(rows))

static char path[FIXTURE_PATH];

#ifdef MIXCL_WITH_ZIP
typedef struct entry {
    const char *name;
    uint8_t value; /* 255: no picture */
} entry;

static void write_zip(const char *root, const char *name, const entry *entries, size_t count) {
    fixture_zip zip = {0};
    mx_buf picture = {0};
    for (size_t i = 0; i < count; i++) {
        mx_buf_clear(&picture);
        if (entries[i].value == 255)
            mx_buf_puts(&picture, "text");
        else
            encode_picture(&picture, entries[i].value);
        fixture_zip_add(&zip, entries[i].name, picture.data, picture.length,
                        i % 2 ? FIXTURE_STORED : FIXTURE_DEFLATE);
    }
    fixture_zip_write(&zip, root, name);
    mx_buf_release(&picture);
    fixture_path(path, root, name);
}

static mx_source_spec folder_in(const char *label) {
    return (mx_source_spec){
        .name = "zip", .kind = MX_SOURCE_FOLDER, .images = path, .labels = "", .label = label};
}

static void folders_in_an_archive_are_classes(void **state) {
    static const entry entries[] = {{"b/2.png", 3},       {"a/deep/1.PNG", 1}, {"a/0.png", 0},
                                    {"a/notes.txt", 255}, {"b/.x.png", 9},     {"a/2.png", 2}};
    mx_dataset data;
    write_zip(*state, "flat.zip", entries, N_ROWS(entries));
    const mx_source_spec source = folder_in("");
    load(&data, &tiny, &source, 1);
    assert_int_equal(data.n_classes, 2);
    assert_string_equal(data.class_names[1], "b");
    assert_pictures(&data, (const uint8_t[]){0, 2, 1, 3}, (const int32_t[]){0, 0, 0, 1}, 4);
    mx_dataset_release(&data);
}

static void folders_around_all_classes_are_skipped(void **state) {
    static const entry entries[] = {{"set/faces/a/0.png", 0},
                                    {"set/faces/b/1.png", 1},
                                    {"set/readme.txt", 255},
                                    {"__MACOSX/set/faces/a/._0.png", 9},
                                    {"set/faces/loose.png", 9}};
    mx_dataset data;
    write_zip(*state, "nested.zip", entries, N_ROWS(entries));
    mx_source_spec source = folder_in("");
    load(&data, &tiny, &source, 1);
    assert_string_equal(data.class_names[0], "a");
    assert_pictures(&data, (const uint8_t[]){0, 1}, (const int32_t[]){0, 1}, 2);
    mx_dataset_release(&data);
    source.split = MX_SPLIT_UNLABELLED;
    const mx_source_spec both[] = {folder_in(""), source};
    load(&data, &tiny, both, 2);
    assert_int_equal(data.unlabelled.count, 3);
    mx_dataset_release(&data);
}

static void one_class_in_an_archive_keeps_its_name(void **state) {
    static const entry masked[] = {{"top/masked/0.png", 0}, {"top/masked/1.png", 1}};
    static const entry flat[] = {{"2.png", 2}};
    char first[FIXTURE_PATH];
    mx_dataset data;
    write_zip(*state, "masked.zip", masked, N_ROWS(masked));
    memcpy(first, path, sizeof first);
    write_zip(*state, "faces.zip", flat, N_ROWS(flat));
    mx_source_spec sources[] = {folder_in(""), folder_in("unmasked")};
    sources[0].images = first;
    load(&data, &tiny, sources, 2);
    assert_string_equal(data.class_names[0], "masked");
    assert_pictures(&data, (const uint8_t[]){0, 1, 2}, (const int32_t[]){0, 0, 1}, 3);
    mx_dataset_release(&data);
}

static void the_folder_of_a_picture_may_be_its_group(void **state) {
    static const entry entries[] = {{"plain/ann/0.png", 0}, {"plain/bob/1.png", 1},
                                    {"plain/cy/2.png", 2},  {"plain/dee/3.png", 3},
                                    {"mask/ann/4.png", 10}, {"mask/bob/5.png", 11},
                                    {"mask/cy/6.png", 12},  {"mask/dee/7.png", 13}};
    mx_dataset data;
    mx_data_spec spec = tiny;
    write_zip(*state, "people.zip", entries, N_ROWS(entries));
    mx_source_spec source = folder_in("");
    source.group = "folder";
    spec.group = true;
    spec.test = 0.25;
    for (spec.seed = 1; spec.seed < 9; spec.seed++) {
        load(&data, &spec, &source, 1);
        assert_int_equal(data.test.count, 2);
        assert_int_equal(data.pixels[4 * data.test.index[0]] - 10,
                         data.pixels[4 * data.test.index[1]]);
        mx_dataset_release(&data);
    }
}

static void archives_without_proper_classes_are_errors(void **state) {
    static const entry loose[] = {{"0.png", 0}, {"1.png", 1}}, none[] = {{"a/readme.txt", 255}};
    write_zip(*state, "loose.zip", loose, N_ROWS(loose));
    mx_source_spec source = folder_in("");
    assert_load_fails(&tiny, &source, 1, "loose.zip' has 2 pictures but no class folders");
    write_zip(*state, "none.zip", none, N_ROWS(none));
    assert_load_fails(&tiny, &source, 1, "no pictures (.jpg, .jpeg, .png) in '");
    fixture_write(*state, "torn.zip", "PK\3\4 and no more", 16);
    fixture_path(path, *state, "torn.zip");
    assert_load_fails(&tiny, &source, 1, "cannot open '");
}

static void a_changed_archive_is_read_anew(void **state) {
    entry entries[] = {{"a/0.png", 1}, {"b/1.png", 2}};
    char cache[FIXTURE_PATH];
    mx_dataset data;
    mx_data_spec spec = tiny;
    spec.pack =
        (mx_pack_spec){.mode = MX_PACK_FILE, .folder = fixture_path(cache, *state, "cache")};
    const mx_source_spec source = folder_in("");
    for (uint8_t round = 0; round < 2; round++) {
        entries[0].value = (uint8_t)(100 + round);
        write_zip(*state, round ? "changed.zip.new" : "changed.zip", entries, N_ROWS(entries));
        if (round) {
            char to[FIXTURE_PATH];
            assert_int_equal(rename(path, fixture_path(to, *state, "changed.zip")), 0);
            fixture_path(path, *state, "changed.zip");
        }
        for (int again = 0; again < 2; again++) {
            load(&data, &spec, &source, 1);
            assert_int_equal(data.pixels[0], 100 + round);
            assert_int_equal(data.pack.n_decoded, again ? 0 : 2);
            mx_dataset_release(&data);
        }
    }
}

#ifdef MIXCL_WITH_CSV
static void a_box_is_part_of_what_is_prepared(void **state) {
    static const char *const tables[] = {
        "file,class,x,y,w,h\na/0.png,a,0,0,2,2\nb/1.png,b,0,0,2,2\n",
        "file,class,x,y,w,h\na/0.png,a,0,0,1,2\nb/1.png,b,0,0,2,2\n"};
    static const entry entries[] = {{"a/0.png", 1}, {"b/1.png", 2}};
    const char *box[] = {"x", "y", "w", "h"};
    char cache[FIXTURE_PATH], labels[FIXTURE_PATH];
    mx_dataset data;
    mx_data_spec spec = tiny;
    spec.pack =
        (mx_pack_spec){.mode = MX_PACK_FILE, .folder = fixture_path(cache, *state, "boxed")};
    write_zip(*state, "boxed.zip", entries, N_ROWS(entries));
    mx_source_spec source = folder_in("{class}");
    source.kind = MX_SOURCE_TABLE;
    source.path = "{file}";
    source.box = box;
    source.labels = fixture_path(labels, *state, "boxed.csv");
    for (int i = 0; i < 3; i++) {
        fixture_write(*state, "boxed.csv", tables[i % 2], strlen(tables[i % 2]));
        load(&data, &spec, &source, 1);
        assert_int_equal(data.pack.n_decoded, i < 2 ? 2 : 0);
        mx_dataset_release(&data);
    }
}

#endif
#endif

/* A batch of CIFAR-10 with these labels; pixels are all the picture's number. */
static void write_batch(const char *root, const char *name, const uint8_t *labels, int count) {
    mx_buf file = {0};
    for (int i = 0; i < count; i++) {
        mx_buf_append(&file, &labels[i], 1);
        for (int byte = 0; byte < 3 * 32 * 32; byte++)
            mx_buf_append(&file, &(const uint8_t){(uint8_t)i}, 1);
    }
    fixture_write(root, name, file.data, file.length);
    mx_buf_release(&file);
}

static void cifar10_takes_the_batches_of_its_split(void **state) {
    static const uint8_t first[] = {3, 0}, third[] = {9}, test[] = {9, 3, 0};
    const char *names[] = {"A", "B", "C", "D", "E", "F", "G", "H", "I", "J"};
    mx_dataset data;
    mx_data_spec spec = tiny;
    write_batch(*state, "cifar/data_batch_1.bin", first, 2);
    write_batch(*state, "cifar/data_batch_3.bin", third, 1);
    write_batch(*state, "cifar/test_batch.bin", test, 3);
    fixture_path(path, *state, "cifar");
    mx_source_spec sources[] = {
        {.name = "train", .kind = MX_SOURCE_CIFAR10, .images = path},
        {.name = "test", .kind = MX_SOURCE_CIFAR10, .images = path, .split = MX_SPLIT_TEST}};
    load(&data, &spec, sources, 2);
    assert_string_equal(data.class_names[0], "airplane");
    assert_string_equal(data.class_names[1], "cat");
    assert_string_equal(data.class_names[2], "truck");
    assert_pictures(&data, (const uint8_t[]){0, 1, 0, 0, 1, 2}, (const int32_t[]){1, 0, 2, 2, 1, 0},
                    6);
    assert_int_equal(data.test.count, 3);
    mx_dataset_release(&data);
    spec.classes = names;
    spec.n_classes = 9;
    assert_load_fails(&spec, sources, 2, "label 9 is outside the 9 classes (A, B, C");
}

static void folders_without_batches_are_errors(void **state) {
    fixture_write(*state, "no-batches/readme.html", "", 0);
    fixture_path(path, *state, "no-batches");
    mx_source_spec source = {.name = "c", .kind = MX_SOURCE_CIFAR10, .images = path};
    assert_load_fails(&tiny, &source, 1, "no data_batch_1.bin to data_batch_5.bin in '");
    source.split = MX_SPLIT_TEST;
    assert_load_fails(&tiny, &source, 1, "no test_batch.bin in '");
}

#ifdef MIXCL_WITH_MAT
/* The golden labels: one picture with a masked face and one that is not, one with an invalid. */
static void mafa_crops_faces_and_leaves_invalid_ones_out(void **state) {
    char labels[FIXTURE_PATH];
    mx_dataset data;
    mx_buf file = {0};
    static uint8_t pixels[400 * 400];
    for (int i = 0; i < 400 * 400; i++)
        pixels[i] = i / 400 >= 170 && i % 400 >= 56 ? 200 : 50;
    fixture_encode_plain_png(&file, pixels, 400, 400, 1);
    fixture_write(*state, "mafa/test_00000001.jpg", file.data, file.length);
    mx_buf_release(&file);
    fixture_path(path, *state, "mafa");
    mx_source_spec source = {.name = "faces",
                             .kind = MX_SOURCE_MAFA,
                             .images = path,
                             .labels = fixture_path(labels, MX_TEST_DATA, "tables/mafa_test.mat")};
    load(&data, &tiny, &source, 1);
    assert_string_equal(data.class_names[0], "masked");
    assert_string_equal(data.class_names[1], "unmasked");
    assert_pictures(&data, (const uint8_t[]){200, 50}, (const int32_t[]){0, 1}, 2);
    mx_dataset_release(&data);
    source.labels = fixture_path(labels, MX_TEST_DATA, "tables/other.mat");
    assert_load_fails(&tiny, &source, 1, "no labels of MAFA");
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef MIXCL_WITH_ZIP
        cmocka_unit_test(folders_in_an_archive_are_classes),
        cmocka_unit_test(folders_around_all_classes_are_skipped),
        cmocka_unit_test(one_class_in_an_archive_keeps_its_name),
        cmocka_unit_test(the_folder_of_a_picture_may_be_its_group),
        cmocka_unit_test(archives_without_proper_classes_are_errors),
        cmocka_unit_test(a_changed_archive_is_read_anew),
#ifdef MIXCL_WITH_CSV
        cmocka_unit_test(a_box_is_part_of_what_is_prepared),
#endif
#endif
        cmocka_unit_test(cifar10_takes_the_batches_of_its_split),
        cmocka_unit_test(folders_without_batches_are_errors),
#ifdef MIXCL_WITH_MAT
        cmocka_unit_test(mafa_crops_faces_and_leaves_invalid_ones_out),
#endif
    };
    mx_log_set_level(MX_LOG_QUIET);
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
