#include "unit/fixture.h"

#include <math.h>

#include "io/mat.h"

static char path[FIXTURE_PATH];

#ifdef MIXCL_WITH_MAT

#define N_ROWS(rows) (sizeof(rows) / sizeof *(rows))

static const char *golden(const char *name) {
    char file[64];
    snprintf(file, sizeof file, "tables/%s", name);
    return fixture_path(path, MX_TEST_DATA, file);
}

static void assert_faces(const mx_mafa *mafa, const mx_mafa_face *faces, size_t n_faces) {
    assert_int_equal(mafa->n_faces, n_faces);
    for (size_t i = 0; i < n_faces; i++) {
        mx_mafa_face got = mafa->faces[i];
        assert_string_equal(got.image, faces[i].image);
        got.image = faces[i].image;
        assert_int_equal(got.row, faces[i].row);
        assert_memory_equal(&got.x, &faces[i].x, 4 * sizeof(int));
        assert_int_equal(got.face_type, faces[i].face_type);
        assert_int_equal(got.occ_type, faces[i].occ_type);
        assert_int_equal(got.occ_degree, faces[i].occ_degree);
    }
}

static void assert_fails(const char *reason) {
    mx_mafa mafa;
    assert_int_equal(mx_mafa_read(&mafa, path), MX_DATA);
    assert_null(mafa.faces);
    assert_non_null(strstr(mx_error(), path));
    assert_null(strchr(mx_error(), '\n'));
    if (!strstr(mx_error(), reason)) fail_msg("'%s' lacks '%s'", mx_error(), reason);
}

static void training_labels_of_both_versions_are_read(void **state) {
    (void)state;
    static const char *const names[] = {"mafa_train.mat", "mafa_train73.mat"};
    static const mx_mafa_face faces[] = {
        {"train_00000003.jpg", 1, 56, 170, 185, 185, MX_MAFA_MASKED, 1, 3},
        {"train_00000004.jpg", 2, 10, 20, 30, 40, MX_MAFA_MASKED, 2, 2},
        {"train_00000004.jpg", 2, -3, 7, 50, 60, MX_MAFA_MASKED, 3, 1}};
    for (size_t i = 0; i < N_ROWS(names); i++) {
        mx_mafa mafa;
        if (mx_mafa_read(&mafa, golden(names[i])) != MX_OK) fail_msg("%s", mx_error());
        assert_true(mafa.train);
        assert_faces(&mafa, faces, N_ROWS(faces));
        mx_mafa_release(&mafa);
    }
}

static void test_labels_of_both_versions_are_read(void **state) {
    (void)state;
    static const char *const names[] = {"mafa_test.mat", "mafa_test73.mat"};
    static const mx_mafa_face faces[] = {
        {"test_00000001.jpg", 1, 56, 170, 185, 185, MX_MAFA_MASKED, 1, 3},
        {"test_00000001.jpg", 1, 1, 2, 3, 4, MX_MAFA_UNMASKED, -1, -1},
        {"test_00000002.jpg", 2, 5, 6, 7, 8, MX_MAFA_INVALID, -1, -1}};
    for (size_t i = 0; i < N_ROWS(names); i++) {
        mx_mafa mafa;
        if (mx_mafa_read(&mafa, golden(names[i])) != MX_OK) fail_msg("%s", mx_error());
        assert_false(mafa.train);
        assert_faces(&mafa, faces, N_ROWS(faces));
        mx_mafa_release(&mafa);
    }
}

static void other_variables_are_listed(void **state) {
    (void)state;
    golden("other.mat");
    assert_fails("no labels of MAFA (the variable 'label_train' or 'LabelTest'); there are: note, "
                 "faces");
}

/* The file with the bytes of `from` replaced by those of `to`, as many. */
static void write_changed(const char *folder, const char *name, const void *from, const void *to,
                          size_t count) {
    mx_buf bytes = {0};
    size_t at = 0;
    assert_int_equal(mx_read_file(&bytes, golden(name), 1 << 20), MX_OK);
    while (at + count <= bytes.length && memcmp(bytes.data + at, from, count) != 0)
        at++;
    assert_true(at + count <= bytes.length);
    memcpy(bytes.data + at, to, count);
    fixture_write(folder, "changed.mat", bytes.data, bytes.length);
    fixture_path(path, folder, "changed.mat");
    mx_buf_release(&bytes);
}

static void labels_of_another_size_or_kind_name_the_row(void **state) {
    static const char sizes[] = {5, 0, 0, 0, 8, 0, 0, 0, 2, 0, 0, 0, 18, 0, 0, 0};
    static const char other[] = {5, 0, 0, 0, 8, 0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 0};
    static const double wide[] = {185, 3}, endless[] = {NAN, 3}, masked[] = {1, 2},
                        fifth[] = {5, 2};
    write_changed(*state, "mafa_test.mat", sizes, other, sizeof sizes);
    assert_fails("row 1 has labels of 9 columns, 'LabelTest' has 18");
    write_changed(*state, "mafa_test73.mat", "LabelTest", "LabelTist", 9);
    assert_fails("there is: LabelTist");
    write_changed(*state, "mafa_test.mat", wide, endless, sizeof wide);
    assert_fails("row 1 has a label that is no number of pixels");
    write_changed(*state, "mafa_test.mat", masked, fifth, sizeof masked);
    assert_fails("row 1 has a face that is neither masked (1), unmasked (2) nor invalid (3)");
}

static void names_that_are_no_text_name_the_row(void **state) {
    write_changed(*state, "mafa_test.mat", "test_00000002", "test_0000\n002", 13);
    assert_fails("row 2 has a name that is not ASCII");
}

static void what_is_no_mat_file_is_refused(void **state) {
    mx_buf bytes = {0};
    for (int i = 0; i < 300; i++)
        mx_buf_puts(&bytes, "text");
    fixture_write(*state, "text.mat", bytes.data, bytes.length);
    fixture_path(path, *state, "text.mat");
    assert_fails("not a MAT file of version 5 or 7.3");
    memcpy(bytes.data + 124, "\0\2IM", 4);
    fixture_write(*state, "text.mat", bytes.data, bytes.length);
    assert_fails("no variables, or damaged ones");
    memcpy(bytes.data + 124, "\0\1IM", 4);
    fixture_write(*state, "text.mat", bytes.data, bytes.length);
    assert_fails("damaged or cut short: the variable at byte 128");
    mx_buf_release(&bytes);
    fixture_write(*state, "empty.mat", "", 0);
    fixture_path(path, *state, "empty.mat");
    assert_fails("not a MAT file");
}

static void only_readable_files_are_read(void **state) {
    snprintf(path, sizeof path, "%s", (const char *)*state);
    assert_fails("not a regular file");
    fixture_path(path, *state, "absent.mat");
    assert_fails("No such file");
    assert_int_equal(mkfifo(fixture_path(path, *state, "fifo.mat"), 0600), 0);
    assert_fails("not a regular file");
}

static void a_file_cut_anywhere_is_refused(void **state) {
    static const struct {
        const char *name;
        size_t step;
    } files[] = {{"mafa_train.mat", 1}, {"mafa_test.mat", 1}, {"mafa_test73.mat", 97}};
    for (size_t f = 0; f < N_ROWS(files); f++) {
        mx_buf bytes = {0};
        assert_int_equal(mx_read_file(&bytes, golden(files[f].name), 1 << 20), MX_OK);
        fixture_path(path, *state, "cut.mat");
        for (size_t length = 0; length < bytes.length; length += files[f].step) {
            fixture_write(*state, "cut.mat", bytes.data, length);
            assert_fails("");
        }
        mx_buf_release(&bytes);
    }
}

static void every_damaged_byte_of_a_compressed_file_is_noticed(void **state) {
    mx_buf bytes = {0};
    assert_int_equal(mx_read_file(&bytes, golden("mafa_train.mat"), 1 << 20), MX_OK);
    fixture_path(path, *state, "damaged.mat");
    for (size_t at = 128; at < bytes.length; at++) {
        bytes.data[at] ^= 0x55;
        fixture_write(*state, "damaged.mat", bytes.data, bytes.length);
        bytes.data[at] ^= 0x55;
        assert_fails("damaged");
    }
    mx_buf_release(&bytes);
}

/* libmatio 1.5.23 and HDF5 1.10 crash on some of these: their process does, not ours. */
static void a_damaged_byte_never_brings_the_reader_down(void **state) {
    static const struct {
        const char *name;
        size_t first, last, step;
    } files[] = {{"mafa_test.mat", 128, 1008, 1}, {"mafa_test73.mat", 2100, 4000, 11}};
    for (size_t f = 0; f < N_ROWS(files); f++) {
        mx_buf bytes = {0};
        assert_int_equal(mx_read_file(&bytes, golden(files[f].name), 1 << 20), MX_OK);
        fixture_path(path, *state, "damaged.mat");
        for (size_t at = files[f].first; at < files[f].last; at += files[f].step) {
            mx_mafa mafa;
            bytes.data[at] ^= 0x7f;
            fixture_write(*state, "damaged.mat", bytes.data, bytes.length);
            bytes.data[at] ^= 0x7f;
            const mx_status status = mx_mafa_read(&mafa, path);
            assert_true(status == MX_OK || status == MX_DATA || status == MX_MEMORY);
            mx_mafa_release(&mafa);
        }
        mx_buf_release(&bytes);
    }
}

#else

static void without_libmatio_the_message_names_the_remedy(void **state) {
    mx_mafa mafa;
    fixture_path(path, *state, "any.mat");
    assert_int_equal(mx_mafa_read(&mafa, path), MX_USAGE);
    assert_null(mafa.faces);
    assert_non_null(strstr(mx_error(), "built without libmatio; build with -DMIXCL_MAT=ON"));
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef MIXCL_WITH_MAT
        cmocka_unit_test(training_labels_of_both_versions_are_read),
        cmocka_unit_test(test_labels_of_both_versions_are_read),
        cmocka_unit_test(other_variables_are_listed),
        cmocka_unit_test(labels_of_another_size_or_kind_name_the_row),
        cmocka_unit_test(names_that_are_no_text_name_the_row),
        cmocka_unit_test(what_is_no_mat_file_is_refused),
        cmocka_unit_test(only_readable_files_are_read),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(every_damaged_byte_of_a_compressed_file_is_noticed),
        cmocka_unit_test(a_damaged_byte_never_brings_the_reader_down),
#else
        cmocka_unit_test(without_libmatio_the_message_names_the_remedy),
#endif
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
