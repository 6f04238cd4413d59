#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/split.h"

enum { N_PICTURES = 100 };

/* Three classes of 60, 30 and 10 training pictures, in turns while they last. */
static mx_status split(mx_dataset *out, int64_t labelled, int64_t validation, uint64_t seed) {
    static char *names[] = {"a", "b", "c"};
    static int32_t labels[N_PICTURES];
    const uint8_t origin[N_PICTURES] = {MX_SPLIT_TRAIN};
    const mx_data_spec spec = {.labelled = labelled, .validation = validation, .seed = seed};
    for (int i = 0; i < N_PICTURES; i++)
        labels[i] = i < 30 ? i % 3 : i < 70 ? i % 2 : 0;
    *out = (mx_dataset){
        .n_classes = 3, .class_names = names, .n_pictures = N_PICTURES, .labels = labels};
    return mx_split_rows(out, origin, NULL, &spec);
}

static void release(mx_dataset *dataset) {
    free(dataset->labelled.index);
    free(dataset->unlabelled.index);
    free(dataset->validation.index);
    free(dataset->test.index);
}

static void count_classes(int out[3], const mx_dataset *data, const mx_rows *rows) {
    memset(out, 0, 3 * sizeof *out);
    for (size_t i = 0; i < rows->count; i++)
        out[data->labels[rows->index[i]]]++;
}

static void assert_counts(const mx_dataset *data, const mx_rows *rows, int a, int b, int c) {
    int counts[3];
    count_classes(counts, data, rows);
    assert_int_equal(counts[0], a);
    assert_int_equal(counts[1], b);
    assert_int_equal(counts[2], c);
}

static void a_split_is_stratified_and_covers_every_row_once(void **state) {
    (void)state;
    mx_dataset data;
    int seen[100] = {0};
    assert_int_equal(split(&data, 16, 20, 1), MX_OK);
    assert_counts(&data, &data.validation, 12, 6, 2);
    assert_counts(&data, &data.labelled, 10, 5, 1);
    assert_counts(&data, &data.unlabelled, 38, 19, 7);
    const mx_rows *lists[] = {&data.validation, &data.labelled, &data.unlabelled};
    for (int i = 0; i < 3; i++)
        for (size_t j = 0; j < lists[i]->count; j++)
            seen[lists[i]->index[j]]++;
    for (int i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    release(&data);
}

static void every_class_keeps_a_labelled_row(void **state) {
    (void)state;
    mx_dataset data;
    assert_int_equal(split(&data, 3, 0, 1), MX_OK);
    assert_counts(&data, &data.labelled, 1, 1, 1);
    release(&data);
    assert_int_equal(split(&data, 0, 97, 1), MX_OK);
    assert_counts(&data, &data.labelled, 1, 1, 1);
    assert_int_equal(data.unlabelled.count, 0);
    release(&data);
}

static void a_split_depends_on_the_seed_alone_and_nests(void **state) {
    (void)state;
    mx_dataset data[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(split(&data[i], i == 3 ? 50 : 20, 0, i == 2 ? 2 : 1), MX_OK);
    const size_t bytes = 20 * sizeof(uint32_t);
    assert_memory_equal(data[0].labelled.index, data[1].labelled.index, bytes);
    assert_memory_not_equal(data[0].labelled.index, data[2].labelled.index, bytes);
    for (size_t i = 0; i < 20; i++) {
        bool found = false;
        for (size_t j = 0; j < 50; j++)
            found |= data[3].labelled.index[j] == data[0].labelled.index[i];
        assert_true(found);
    }
    for (int i = 0; i < 4; i++)
        release(&data[i]);
}

static void a_share_for_the_test_is_stratified_and_comes_first(void **state) {
    (void)state;
    mx_dataset data, without;
    const uint8_t origin[N_PICTURES] = {MX_SPLIT_TRAIN};
    const mx_data_spec spec = {.labelled = 16, .validation = 8, .test = 0.2, .seed = 1};
    assert_int_equal(split(&data, 16, 0, 1), MX_OK);
    release(&data);
    data.labelled = data.unlabelled = data.validation = data.test = (mx_rows){0};
    assert_int_equal(mx_split_rows(&data, origin, NULL, &spec), MX_OK);
    assert_counts(&data, &data.test, 12, 6, 2);
    assert_counts(&data, &data.validation, 5, 2, 1);
    assert_counts(&data, &data.labelled, 10, 5, 1);
    assert_int_equal(data.unlabelled.count, N_PICTURES - 20 - 8 - 16);
    /* The same pictures as those that are held out for validation where nothing is tested. */
    assert_int_equal(split(&without, 16, 20, 1), MX_OK);
    assert_memory_equal(data.test.index, without.validation.index, 20 * sizeof(uint32_t));
    release(&without);
    release(&data);
}

enum { GROUP_SIZE = 5 };

/* The pictures of `split`, each five in order a group but the last ten, which have none. */
static mx_status split_groups(mx_dataset *out, const mx_data_spec *spec, const uint8_t *origin) {
    static char texts[N_PICTURES][16];
    const char *groups[N_PICTURES] = {0};
    assert_int_equal(split(out, 0, 0, 1), MX_OK);
    release(out);
    out->labelled = out->unlabelled = out->validation = out->test = (mx_rows){0};
    for (int i = 0; i < N_PICTURES - 10; i++) {
        snprintf(texts[i], sizeof texts[i], "p%d", i / GROUP_SIZE);
        groups[i] = texts[i];
    }
    return mx_split_rows(out, origin, groups, spec);
}

static void mark_groups(int *sides, const mx_rows *rows, int side) {
    for (size_t i = 0; i < rows->count; i++)
        if (rows->index[i] < N_PICTURES - 10) sides[rows->index[i] / GROUP_SIZE] |= side;
}

static void a_group_is_on_one_side_whatever_the_seed(void **state) {
    (void)state;
    const uint8_t origin[N_PICTURES] = {MX_SPLIT_TRAIN};
    mx_data_spec spec = {.labelled = 9, .validation = 15, .test = 0.25, .group = true};
    for (spec.seed = 0; spec.seed < 50; spec.seed++) {
        mx_dataset data;
        int sides[N_PICTURES / GROUP_SIZE] = {0};
        assert_int_equal(split_groups(&data, &spec, origin), MX_OK);
        mark_groups(sides, &data.test, 1);
        mark_groups(sides, &data.validation, 2);
        mark_groups(sides, &data.labelled, 4);
        mark_groups(sides, &data.unlabelled, 4);
        for (int g = 0; g < (N_PICTURES - 10) / GROUP_SIZE; g++)
            assert_true(sides[g] == 1 || sides[g] == 2 || sides[g] == 4);
        assert_in_range(data.test.count, 20, 30);
        assert_in_range(data.validation.count, 10, 20);
        assert_int_equal(data.labelled.count, 9);
        assert_int_equal(data.test.count + data.validation.count + data.labelled.count +
                             data.unlabelled.count,
                         N_PICTURES);
        release(&data);
    }
}

static void groups_are_left_alone_where_they_do_not_count(void **state) {
    (void)state;
    const uint8_t origin[N_PICTURES] = {MX_SPLIT_TRAIN};
    const mx_data_spec spec = {.labelled = 16, .validation = 20, .seed = 1};
    mx_dataset data, plain;
    assert_int_equal(split_groups(&data, &spec, origin), MX_OK);
    assert_int_equal(split(&plain, 16, 20, 1), MX_OK);
    assert_memory_equal(data.labelled.index, plain.labelled.index, 16 * sizeof(uint32_t));
    release(&plain);
    release(&data);
}

static void unlabelled_pictures_of_a_group_that_is_held_out_are_left_out(void **state) {
    (void)state;
    uint8_t origin[N_PICTURES] = {MX_SPLIT_TRAIN};
    const mx_data_spec spec = {.test = 0.25, .group = true, .seed = 1};
    mx_dataset data;
    size_t tested = 0;
    for (int i = 0; i < N_PICTURES; i += GROUP_SIZE)
        origin[i + 1] = MX_SPLIT_UNLABELLED;
    assert_int_equal(split_groups(&data, &spec, origin), MX_OK);
    for (size_t i = 0; i < data.test.count; i++)
        tested += data.test.index[i] < N_PICTURES - 10;
    assert_true(tested > 0);
    assert_int_equal(tested % (GROUP_SIZE - 1), 0);
    assert_int_equal(data.unlabelled.count, N_PICTURES / GROUP_SIZE - tested / (GROUP_SIZE - 1));
    release(&data);
}

static void a_group_in_both_test_and_training_sources_is_an_error(void **state) {
    (void)state;
    uint8_t origin[N_PICTURES] = {MX_SPLIT_TRAIN};
    mx_data_spec spec = {.group = true, .seed = 1};
    mx_dataset data;
    origin[12] = MX_SPLIT_TEST;
    assert_int_equal(split_groups(&data, &spec, origin), MX_DATA);
    assert_non_null(strstr(mx_error(), "group 'p2' has 1 pictures in sources with split = test and "
                                       "4 in others"));
    release(&data);
    spec.group = false;
    assert_int_equal(split_groups(&data, &spec, origin), MX_OK);
    release(&data);
    for (int i = 10; i < 15; i++)
        origin[i] = MX_SPLIT_TEST;
    spec.group = true;
    assert_int_equal(split_groups(&data, &spec, origin), MX_OK);
    assert_int_equal(data.test.count, GROUP_SIZE);
    release(&data);
}

static void groups_too_large_for_the_share_are_an_error(void **state) {
    (void)state;
    const uint8_t origin[6] = {MX_SPLIT_TRAIN};
    const char *const groups[6] = {"a", "a", "a", "b", "b", "b"};
    const mx_data_spec spec = {.test = 0.1, .group = true};
    int32_t labels[6] = {0, 1, 0, 1, 0, 1};
    mx_dataset data = {.n_classes = 2, .n_pictures = 6, .labels = labels};
    assert_int_equal(mx_split_rows(&data, origin, groups, &spec), MX_DATA);
    assert_non_null(strstr(mx_error(), "test = 0.1: none of the 2 groups is small enough"));
    release(&data);
}

static void assert_split_fails(int64_t labelled, int64_t validation, const char *reason) {
    mx_dataset data;
    assert_int_equal(split(&data, labelled, validation, 1), MX_DATA);
    if (!strstr(mx_error(), reason)) fail_msg("'%s' is not in: %s", reason, mx_error());
    release(&data);
}

static void asking_for_too_many_or_too_few_rows_is_an_error(void **state) {
    (void)state;
    assert_split_fails(101, 0, "labelled = 101 is more than the 100");
    assert_split_fails(81, 20, "more than the 80 training pictures left after 20");
    assert_split_fails(2, 20, "labelled = 2 is fewer than the 3 classes");
    assert_split_fails(2, 98, "validation = 98 is more than can be held out");
    assert_split_fails(2, INT64_MAX, "more than can be held out");
}

static void shares_add_up_and_stay_within_their_bounds(void **state) {
    (void)state;
    const int64_t sizes[5] = {1, 1000, 3, 77, 20}, sum = 1101;
    for (int64_t low = 0; low < 2; low++)
        for (int64_t total = 5 * low; total <= sum; total++) {
            int64_t share[5], left = total;
            mx_split_share(share, sizes, sizes, 5, low, total);
            for (int c = 0; c < 5; c++) {
                assert_true(share[c] >= low && share[c] <= sizes[c]);
                if (low == 0) assert_true(llabs(share[c] * sum - total * sizes[c]) < sum);
                left -= share[c];
            }
            assert_int_equal(left, 0);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_split_is_stratified_and_covers_every_row_once),
        cmocka_unit_test(every_class_keeps_a_labelled_row),
        cmocka_unit_test(a_split_depends_on_the_seed_alone_and_nests),
        cmocka_unit_test(a_share_for_the_test_is_stratified_and_comes_first),
        cmocka_unit_test(a_group_is_on_one_side_whatever_the_seed),
        cmocka_unit_test(groups_are_left_alone_where_they_do_not_count),
        cmocka_unit_test(unlabelled_pictures_of_a_group_that_is_held_out_are_left_out),
        cmocka_unit_test(a_group_in_both_test_and_training_sources_is_an_error),
        cmocka_unit_test(groups_too_large_for_the_share_are_an_error),
        cmocka_unit_test(asking_for_too_many_or_too_few_rows_is_an_error),
        cmocka_unit_test(shares_add_up_and_stay_within_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
