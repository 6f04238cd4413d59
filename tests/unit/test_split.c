#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
        cmocka_unit_test(asking_for_too_many_or_too_few_rows_is_an_error),
        cmocka_unit_test(shares_add_up_and_stay_within_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
