#include "unit/fixture.h"

#include "base/status.h"
#include "data/sampler.h"
#include "data/shuffle.h"

enum { N_ROWS = 37 };

typedef struct some_rows {
    uint32_t index[N_ROWS];
    mx_rows rows;
} some_rows;

/* Rows 100, 103, 106, ...: positions and pictures must not be confused. */
static void fill_rows(some_rows *out) {
    for (uint32_t i = 0; i < N_ROWS; i++)
        out->index[i] = 100 + 3 * i;
    out->rows = (mx_rows){.index = out->index, .count = N_ROWS};
}

static void draw(const mx_rows *rows, uint64_t seed, mx_u32 stream, uint64_t position, size_t count,
                 uint32_t *out) {
    mx_sampler sampler;
    assert_int_equal(mx_sampler_init(&sampler, rows, seed, stream), MX_OK);
    mx_sampler_rows(&sampler, position, count, out);
    mx_sampler_release(&sampler);
}

static void every_epoch_visits_every_row_once(void **state) {
    (void)state;
    some_rows some;
    uint32_t drawn[3 * N_ROWS];
    fill_rows(&some);
    draw(&some.rows, 7, MX_STREAM_LABELLED, 0, 3 * N_ROWS, drawn);
    for (int epoch = 0; epoch < 3; epoch++)
        for (int i = 0; i < N_ROWS; i++) {
            int seen = 0;
            for (int j = 0; j < N_ROWS; j++)
                seen += drawn[epoch * N_ROWS + j] == some.index[i];
            assert_int_equal(seen, 1);
        }
    assert_memory_not_equal(drawn, drawn + N_ROWS, sizeof some.index);
}

static void a_position_gives_the_same_row_however_it_is_reached(void **state) {
    (void)state;
    some_rows some;
    uint32_t all[5 * N_ROWS], part[2 * N_ROWS];
    mx_sampler sampler;
    fill_rows(&some);
    draw(&some.rows, 7, MX_STREAM_LABELLED, 0, 5 * N_ROWS, all);
    assert_int_equal(mx_sampler_init(&sampler, &some.rows, 7, MX_STREAM_LABELLED), MX_OK);
    const size_t positions[] = {0, 90, 5, 36, 37, 74, 100, 1, 111};
    for (size_t i = 0; i < sizeof positions / sizeof *positions; i++)
        for (size_t count = 0; count <= 2 * N_ROWS; count += 11) {
            mx_sampler_rows(&sampler, positions[i], count, part);
            assert_memory_equal(part, all + positions[i], count * sizeof *part);
        }
    mx_sampler_release(&sampler);
}

static void seeds_and_streams_give_other_orders(void **state) {
    (void)state;
    some_rows some;
    uint32_t a[N_ROWS], b[N_ROWS];
    fill_rows(&some);
    draw(&some.rows, 7, MX_STREAM_LABELLED, 0, N_ROWS, a);
    draw(&some.rows, 8, MX_STREAM_LABELLED, 0, N_ROWS, b);
    assert_memory_not_equal(a, b, sizeof a);
    draw(&some.rows, 7 + (UINT64_C(1) << 32), MX_STREAM_LABELLED, 0, N_ROWS, b);
    assert_memory_not_equal(a, b, sizeof a);
    draw(&some.rows, 7, MX_STREAM_UNLABELLED, 0, N_ROWS, b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void positions_beyond_32_bits_work(void **state) {
    (void)state;
    some_rows some;
    uint32_t a[4], b[2];
    const uint64_t far = (UINT64_C(1) << 40) * N_ROWS - 2;
    fill_rows(&some);
    draw(&some.rows, 7, MX_STREAM_LABELLED, far, 4, a);
    draw(&some.rows, 7, MX_STREAM_LABELLED, far + 2, 2, b);
    assert_memory_equal(a + 2, b, sizeof b);
    draw(&some.rows, 7, MX_STREAM_LABELLED, 0, 2, b);
    assert_memory_not_equal(a + 2, b, sizeof b);
}

static void one_row_is_drawn_for_ever(void **state) {
    (void)state;
    uint32_t only = 42, drawn[9] = {0};
    const mx_rows rows = {.index = &only, .count = 1};
    draw(&rows, 1, MX_STREAM_LABELLED, 3, 9, drawn);
    for (int i = 0; i < 9; i++)
        assert_int_equal(drawn[i], 42);
}

static void no_rows_are_an_error(void **state) {
    (void)state;
    mx_sampler sampler;
    const mx_rows rows = {0};
    assert_int_equal(mx_sampler_init(&sampler, &rows, 1, MX_STREAM_LABELLED), MX_DATA);
    mx_sampler_release(&sampler);
}

/* Each of the 24 orders of 4 values comes up 1000 times on average; 1138 is 4.4 deviations off. */
static void all_permutations_are_equally_likely(void **state) {
    (void)state;
    int seen[256] = {0}, n_orders = 0;
    for (uint64_t i = 0; i < 24000; i++) {
        uint32_t v[4] = {0, 1, 2, 3};
        mx_shuffle(v, 4, (mx_shuffle_key){.seed = 1, .item = i, .stream = MX_STREAM_TEST});
        seen[v[0] | v[1] << 2 | v[2] << 4 | v[3] << 6]++;
    }
    for (int i = 0; i < 256; i++) {
        if (seen[i] == 0) continue;
        n_orders++;
        assert_in_range(seen[i], 862, 1138);
    }
    assert_int_equal(n_orders, 24);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_epoch_visits_every_row_once),
        cmocka_unit_test(a_position_gives_the_same_row_however_it_is_reached),
        cmocka_unit_test(seeds_and_streams_give_other_orders),
        cmocka_unit_test(positions_beyond_32_bits_work),
        cmocka_unit_test(one_row_is_drawn_for_ever),
        cmocka_unit_test(no_rows_are_an_error),
        cmocka_unit_test(all_permutations_are_equally_likely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
