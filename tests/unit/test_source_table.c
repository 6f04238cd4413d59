#include "unit/dataset_fixture.h"
#include "unit/zip_fixture.h"

#include <sys/stat.h>

#include "base/log.h"
#include "data/source_template.h"

#define N_ROWS(rows) (sizeof(rows) / sizeof *(rows))

static void templates_that_do_not_close_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"{", "a{b", "{}", "}", "a}b", "{a{b}}", "{{}"};
    assert_int_equal(mx_template_check("{a}/{{{b}}}.{3}"), MX_OK);
    assert_int_equal(mx_template_check(""), MX_OK);
    for (size_t i = 0; i < N_ROWS(texts); i++)
        assert_int_equal(mx_template_check(texts[i]), MX_USAGE);
}

#if defined(MIXCL_WITH_CSV) && defined(MIXCL_WITH_ZIP)
/* A table with its pictures, in a folder of its own. */
typedef struct bench {
    char images[FIXTURE_PATH], labels[FIXTURE_PATH];
    mx_data_spec spec;
    mx_source_spec source;
} bench;

static void bench_init(bench *b, const char *root, const char *images, const char *labels,
                       const char *text) {
    fixture_path(b->images, root, images);
    fixture_path(b->labels, root, labels);
    fixture_write(root, labels, text, strlen(text));
    b->spec = tiny;
    b->source = (mx_source_spec){.name = "rows",
                                 .kind = MX_SOURCE_TABLE,
                                 .images = b->images,
                                 .labels = b->labels,
                                 .path = "{file}",
                                 .label = "{class}"};
}

static void assert_bench_fails(const bench *b, const char *reason) {
    assert_load_fails(&b->spec, &b->source, 1, reason);
}

static void assert_loads(const bench *b, const uint8_t *values, const int32_t *labels,
                         size_t count) {
    mx_dataset data;
    load(&data, &b->spec, &b->source, 1);
    assert_pictures(&data, values, labels, count);
    mx_dataset_release(&data);
}

static void write_four(const char *root, const char *folder) {
    static const char *const names[] = {"a.png", "b.png", "c.png", "d.png"};
    for (int i = 0; i < 4; i++) {
        char name[FIXTURE_PATH];
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        write_picture(root, name, (uint8_t)(i + 1));
    }
}

static void rows_name_pictures_and_classes_in_their_order(void **state) {
    bench b;
    write_four(*state, "plain");
    bench_init(&b, *state, "plain", "plain.csv", "file,class\nc.png,x\na.png,y\nb.png,x\n");
    assert_loads(&b, (const uint8_t[]){3, 1, 2}, (const int32_t[]){0, 1, 0}, 3);
}

static void templates_join_columns_numbers_and_braces(void **state) {
    bench b;
    write_picture(*state, "joined/7{x}/face.3.a.png", 1);
    write_picture(*state, "joined/8{x}/face.4.b.png", 2);
    bench_init(&b, *state, "joined", "joined.txt", "user\tface\timage\n7\t3\ta.png\n8\t4\tb.png\n");
    b.source.path = "{user}{{x}}/face.{2}.{Image}";
    b.source.label = "person {user}";
    assert_loads(&b, (const uint8_t[]){1, 2}, (const int32_t[]){0, 1}, 2);
    b.source.path = "{user}/{picture}";
    assert_bench_fails(&b, "has no column 'picture'; there are: user, face, image");
}

static void columns_go_by_number_without_a_header(void **state) {
    bench b;
    write_four(*state, "bare");
    bench_init(&b, *state, "bare", "bare.csv", "1;b.png\n0;a.png\n");
    b.source.no_header = true;
    b.source.path = "{2}";
    b.source.label = "{1}";
    assert_loads(&b, (const uint8_t[]){2, 1}, (const int32_t[]){1, 0}, 2);
}

static void labels_are_names_or_numbers_of_the_classes(void **state) {
    bench b;
    const char *classes[] = {"female", "male"};
    write_four(*state, "named");
    bench_init(&b, *state, "named", "named.csv", "file,class\na.png,1\nb.png,female\nc.png,0\n");
    b.spec.classes = classes;
    b.spec.n_classes = 2;
    assert_loads(&b, (const uint8_t[]){1, 2, 3}, (const int32_t[]){1, 0, 0}, 3);
}

static void a_label_that_is_no_class_names_its_row(void **state) {
    bench b;
    const char *classes[] = {"x", "y"};
    write_four(*state, "other");
    bench_init(&b, *state, "other", "other.csv",
               "file,class\na.png,x\n\nb.png,z\nc.png,y\nd.png,\n");
    b.spec.classes = classes;
    b.spec.n_classes = 2;
    assert_bench_fails(&b, "other.csv:4: class 'z' of source 'rows'");
    assert_bench_fails(&b, "is not one of the classes (x, y)");
    b.source.label_other = MX_LABEL_OTHER_DROP;
    assert_loads(&b, (const uint8_t[]){1, 3}, (const int32_t[]){0, 1}, 2);
    b.source.label_other = MX_LABEL_OTHER_UNLABELLED;
    assert_loads(&b, (const uint8_t[]){1, 2, 3, 4}, (const int32_t[]){0, -1, 1, -1}, 4);
    classes[1] = "2";
    bench_init(&b, *state, "other", "number.csv", "file,class\na.png,x\nb.png,2\nc.png,3\n");
    b.spec.classes = classes;
    b.spec.n_classes = 2;
    assert_bench_fails(&b, "number.csv:4: class '3'");
}

static void pictures_without_a_label_are_unlabelled(void **state) {
    bench b;
    mx_dataset data;
    write_four(*state, "partly");
    bench_init(&b, *state, "partly", "partly.csv", "file,class\na.png,x\nb.png,\nc.png,y\n");
    assert_bench_fails(&b, "partly.csv:3: class '' of source 'rows'");
    b.source.label_other = MX_LABEL_OTHER_UNLABELLED;
    load(&data, &b.spec, &b.source, 1);
    assert_int_equal(data.labelled.count, 2);
    assert_int_equal(data.unlabelled.count, 1);
    assert_int_equal(data.unlabelled.index[0], 1);
    mx_dataset_release(&data);
}

static void a_label_map_renames_merges_and_drops(void **state) {
    bench b;
    const char *map[] = {"m:male", "M:male", "f:female"}, *wrong[] = {"m:man", "f:female"};
    const char *classes[] = {"male", "female"};
    write_four(*state, "mapped");
    bench_init(&b, *state, "mapped", "mapped.csv",
               "file,class\na.png,m\nb.png,f\nc.png,u\nd.png,M\n");
    b.source.label_map = map;
    b.source.n_label_map = 3;
    assert_loads(&b, (const uint8_t[]){1, 2, 4}, (const int32_t[]){1, 0, 1}, 3);
    b.source.label_other = MX_LABEL_OTHER_FAIL;
    assert_bench_fails(&b, "mapped.csv:4: label 'u' is not in label_map of [source.rows]");
    b.source.label_map = wrong;
    b.source.n_label_map = 2;
    b.spec.classes = classes;
    b.spec.n_classes = 2;
    assert_bench_fails(&b,
                       "mapped.csv:2: label 'm' is not in label_map of [source.rows], or stands");
}

static void pictures_come_from_an_archive_below_any_top_folder(void **state) {
    bench b;
    mx_buf picture = {0};
    static const char *const names[] = {"top/deeper/a.png", "top/deeper/b.png",
                                        "__MACOSX/top/x.png", "top/readme.txt"};
    static const char *const paths[] = {"{file}", "deeper/{file}", "top/deeper/{file}"};
    fixture_zip zip = {0};
    for (int i = 0; i < 4; i++) {
        mx_buf_clear(&picture);
        encode_picture(&picture, (uint8_t)(i + 1));
        fixture_zip_add(&zip, names[i], picture.data, picture.length,
                        i % 2 ? FIXTURE_STORED : FIXTURE_DEFLATE);
    }
    fixture_zip_write(&zip, *state, "pictures.zip");
    mx_buf_release(&picture);
    bench_init(&b, *state, "pictures.zip", "zipped.csv", "file,class\nb.png,y\na.png,x\n");
    for (size_t i = 0; i < N_ROWS(paths); i++) {
        b.source.path = paths[i];
        assert_loads(&b, (const uint8_t[]){2, 1}, (const int32_t[]){1, 0}, 2);
    }
}

static void case_is_ignored_where_that_is_asked_and_clear(void **state) {
    bench b;
    fixture_zip zip = {0};
    mx_buf picture = {0};
    write_picture(*state, "case/Deep/A.PNG", 1);
    write_picture(*state, "case/b.png", 2);
    bench_init(&b, *state, "case", "case.csv", "file,class\ndeep/a.png,x\nB.PNG,y\n");
    assert_bench_fails(&b, "none of the 2 pictures can be used");
    b.source.ignore_case = true;
    assert_loads(&b, (const uint8_t[]){1, 2}, (const int32_t[]){0, 1}, 2);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"t/A.png", "t/a.png", "t/b.png"};
        mx_buf_clear(&picture);
        encode_picture(&picture, (uint8_t)(i + 1));
        fixture_zip_add(&zip, names[i], picture.data, picture.length, FIXTURE_STORED);
    }
    fixture_zip_write(&zip, *state, "case.zip");
    mx_buf_release(&picture);
    bench_init(&b, *state, "case.zip", "cased.csv", "file,class\na.png,x\nA.png,y\nT/B.PNG,x\n");
    b.source.ignore_case = true;
    assert_loads(&b, (const uint8_t[]){2, 1, 3}, (const int32_t[]){0, 1, 0}, 3);
    bench_init(&b, *state, "case.zip", "unclear.csv", "file,class\na.PNG,x\nA.png,y\n");
    b.source.ignore_case = true;
    b.spec.skip_bad = false;
    assert_bench_fails(&b, "unclear.csv:2: 'a.PNG' matches several names, but for case, in");
}

/* Row 2 is as `name` in `images`; row 3 is fine. */
static void assert_bad(const char *root, const char *images, const char *name, const char *reason) {
    bench b;
    mx_dataset data;
    mx_buf text = {0};
    mx_buf_printf(&text, "file,class\n%s,x\na.png,y\nb.png,x\n", name);
    bench_init(&b, root, images, "bad.csv", mx_buf_text(&text));
    b.spec.bad_limit = 0.4;
    load(&data, &b.spec, &b.source, 1);
    assert_int_equal(data.n_bad, 1);
    assert_pictures(&data, (const uint8_t[]){1, 2}, (const int32_t[]){1, 0}, 2);
    mx_dataset_release(&data);
    b.spec.skip_bad = false;
    assert_bench_fails(&b, reason);
    assert_bench_fails(&b, "bad.csv:2: ");
    mx_buf_release(&text);
}

static void pictures_that_cannot_be_read_are_bad_and_say_why(void **state) {
    char path[FIXTURE_PATH], target[FIXTURE_PATH];
    write_four(*state, "bad");
    fixture_write(*state, "bad/folder.png/x", "", 0);
    fixture_path(path, *state, "bad/pipe.png");
    assert_int_equal(mkfifo(path, 0600), 0);
    fixture_path(path, *state, "bad/dangling.png");
    assert_int_equal(symlink("nowhere", path), 0);
    fixture_path(path, *state, "bad/loop.png");
    assert_int_equal(symlink(fixture_path(target, *state, "bad/loop.png"), path), 0);
    assert_bad(*state, "bad", "absent.png", "absent.png': No such file or directory");
    assert_bad(*state, "bad", "folder.png", "folder.png': not a regular file");
    assert_bad(*state, "bad", "pipe.png", "pipe.png': not a regular file");
    assert_bad(*state, "bad", "dangling.png", "No such file or directory");
    assert_bad(*state, "bad", "loop.png", "symbolic links");
    assert_bad(*state, "bad", "\"\"", "'' names no picture in");
    assert_bad(*state, "bad", "/etc/passwd", "'/etc/passwd' points outside of");
    assert_bad(*state, "bad", "x/../../a.png", "points outside of");
    if (geteuid() == 0) return; /* reads everything */
    fixture_path(path, *state, "bad/d.png");
    assert_int_equal(chmod(path, 0), 0);
    assert_bad(*state, "bad", "d.png", "Permission denied");
}

static void entries_that_cannot_be_read_are_bad_and_say_why(void **state) {
    fixture_zip zip = {0};
    mx_buf picture = {0};
    for (int i = 0; i < 4; i++) {
        static const char *const names[] = {"a.png", "b.png", "locked.png", "torn.png"};
        mx_buf_clear(&picture);
        encode_picture(&picture, (uint8_t)(i + 1));
        const size_t local = zip.file.length, central = zip.directory.length;
        fixture_zip_add(&zip, names[i], picture.data, picture.length, FIXTURE_STORED);
        if (i == 2) zip.file.data[local + 6] = zip.directory.data[central + 8] = 1;
        if (i == 3) zip.file.data[zip.file.length - 1] ^= 1;
    }
    fixture_zip_text(&zip, "text.png", "no picture");
    fixture_zip_write(&zip, *state, "bad.zip");
    mx_buf_release(&picture);
    assert_bad(*state, "bad.zip", "absent.png", "bad.zip', which has 'a.png' for example");
    assert_bad(*state, "bad.zip", "absent.png", "'absent.png' is not in '");
    assert_bad(*state, "bad.zip", "locked.png", "it is encrypted");
    assert_bad(*state, "bad.zip", "torn.png", "cannot read 'torn.png' in");
    assert_bad(*state, "bad.zip", "text.png", "bad.zip': cannot decode 'text.png': neither a JPEG");
    assert_bad(*state, "bad.zip", "../a.png", "points outside of");
}

/* A picture of 8 x 8 whose pixel at (x, y) is 10 y + x. */
static void write_grid(const char *root, const char *name) {
    mx_buf file = {0};
    uint8_t pixels[64];
    for (int i = 0; i < 64; i++)
        pixels[i] = (uint8_t)(10 * (i / 8) + i % 8);
    fixture_encode_plain_png(&file, pixels, 8, 8, 1);
    fixture_write(root, name, file.data, file.length);
    mx_buf_release(&file);
}

static void boxes_crop_with_their_margin_and_are_clipped(void **state) {
    bench b;
    mx_dataset data;
    const char *box[] = {"x", "y", "w", "h"};
    static const uint8_t expected[][4] = {
        {32, 33, 42, 43}, {60, 61, 70, 71}, {0, 1, 10, 11}, {26, 27, 36, 37}};
    write_grid(*state, "boxes/g.png");
    bench_init(&b, *state, "boxes", "boxes.csv",
               "file,class,x,y,w,h\ng.png,a,2,3,2,2\ng.png,b,-1,6,3,5.5\n"
               "g.png,a,-7e0,-3,9,5\ng.png,b,5.6,2.4,40,1.5\n");
    b.source.box = box;
    load(&data, &b.spec, &b.source, 1);
    assert_memory_equal(data.pixels, expected, sizeof expected);
    mx_dataset_release(&data);
    bench_init(&b, *state, "boxes", "margin.csv",
               "file,class,x,y,w,h\ng.png,a,3,4,1,1\n"
               "g.png,b,7,0,1,1\n");
    b.source.box = box;
    b.source.margin = 1;
    b.spec.height = b.spec.width = 3;
    load(&data, &b.spec, &b.source, 1);
    static const uint8_t wide[] = {32, 33, 34, 42, 43, 44, 52, 53, 54};
    assert_memory_equal(data.pixels, wide, sizeof wide);
    mx_dataset_release(&data);
}

static void assert_bad_box(const char *root, const char *cells, const char *reason) {
    bench b;
    mx_buf text = {0};
    const char *box[] = {"x", "y", "w", "h"};
    mx_buf_printf(&text, "file,class,x,y,w,h\ng.png,a,1,1,2,2\ng.png,b,%s\n", cells);
    bench_init(&b, root, "wrong", "wrong.csv", mx_buf_text(&text));
    b.source.box = box;
    b.spec.skip_bad = false;
    assert_bench_fails(&b, reason);
    assert_bench_fails(&b, "wrong.csv:3: ");
    mx_buf_release(&text);
}

static void boxes_that_hold_nothing_are_bad(void **state) {
    write_grid(*state, "wrong/g.png");
    assert_bad_box(*state, "1,1,0,2", "its box of 0 x 2 pixels is empty");
    assert_bad_box(*state, "1,1,2,-2", "is empty");
    assert_bad_box(*state, "8,0,2,2", "its box of 2 x 2 pixels at (8, 0) is outside of its 8 x 8");
    assert_bad_box(*state, "0,-9,2,2", "is outside of its 8 x 8");
    assert_bad_box(*state, "1e300,1e300,1e300,1e300", "is outside of its 8 x 8");
    assert_bad_box(*state, "1,1,0.2,0.2", "is outside of its 8 x 8");
    assert_bad_box(*state, "1,one,2,2", "'one' in column 'y' of its box is no number");
    assert_bad_box(*state, "1,1,nan,2", "'nan' in column 'w'");
    assert_bad_box(*state, "1,1,2,", "'' in column 'h'");
}

static void groups_stay_on_one_side(void **state) {
    bench b;
    mx_dataset data;
    mx_buf text = {0};
    mx_buf_puts(&text, "file,class,person\n");
    for (int i = 0; i < 40; i++) {
        char name[FIXTURE_PATH];
        snprintf(name, sizeof name, "people/%02d.png", i);
        write_picture(*state, name, (uint8_t)i);
        mx_buf_printf(&text, "%02d.png,%d,p%d\n", i, i % 2, i / 4);
    }
    bench_init(&b, *state, "people", "people.csv", mx_buf_text(&text));
    mx_buf_release(&text);
    b.source.group = "Person";
    b.spec.group = true;
    b.spec.test = 0.3;
    b.spec.labelled = 4;
    load(&data, &b.spec, &b.source, 1);
    bool tested[10] = {false};
    assert_int_equal(data.test.count, 12);
    assert_int_equal(mx_dataset_count(&data, &data.test, 0), 6);
    for (size_t i = 0; i < data.test.count; i++)
        tested[data.test.index[i] / 4] = true;
    for (size_t i = 0; i < data.labelled.count; i++)
        assert_false(tested[data.labelled.index[i] / 4]);
    for (size_t i = 0; i < data.unlabelled.count; i++)
        assert_false(tested[data.unlabelled.index[i] / 4]);
    mx_dataset_release(&data);
    b.source.group = "who";
    assert_bench_fails(&b, "has no column 'who'; there are: file, class, person");
}

static void tables_that_cannot_be_used_say_what_is_missing(void **state) {
    bench b;
    write_four(*state, "few");
    bench_init(&b, *state, "few", "few.csv", "file,class\n");
    assert_bench_fails(&b, "source 'rows': '");
    assert_bench_fails(&b, "few.csv' has no rows");
    bench_init(&b, *state, "few", "few.csv", "file,class\na.png,x\n");
    b.source.path = "";
    assert_bench_fails(&b, "set path in [source.rows]");
    b.source.path = "{file}";
    b.source.label = "";
    assert_bench_fails(&b, "set label in [source.rows]");
    bench_init(&b, *state, "absent", "few.csv", "file,class\na.png,x\n");
    assert_bench_fails(&b, "absent': No such file or directory");
    bench_init(&b, *state, "few.csv", "few.csv", "file,class\na.png,x\n");
    assert_bench_fails(&b, "cannot open '");
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_that_do_not_close_are_refused),
#if defined(MIXCL_WITH_CSV) && defined(MIXCL_WITH_ZIP)
        cmocka_unit_test(rows_name_pictures_and_classes_in_their_order),
        cmocka_unit_test(templates_join_columns_numbers_and_braces),
        cmocka_unit_test(columns_go_by_number_without_a_header),
        cmocka_unit_test(labels_are_names_or_numbers_of_the_classes),
        cmocka_unit_test(a_label_that_is_no_class_names_its_row),
        cmocka_unit_test(pictures_without_a_label_are_unlabelled),
        cmocka_unit_test(a_label_map_renames_merges_and_drops),
        cmocka_unit_test(pictures_come_from_an_archive_below_any_top_folder),
        cmocka_unit_test(case_is_ignored_where_that_is_asked_and_clear),
        cmocka_unit_test(pictures_that_cannot_be_read_are_bad_and_say_why),
        cmocka_unit_test(entries_that_cannot_be_read_are_bad_and_say_why),
        cmocka_unit_test(boxes_crop_with_their_margin_and_are_clipped),
        cmocka_unit_test(boxes_that_hold_nothing_are_bad),
        cmocka_unit_test(groups_stay_on_one_side),
        cmocka_unit_test(tables_that_cannot_be_used_say_what_is_missing),
#endif
    };
    mx_log_set_level(MX_LOG_QUIET);
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
