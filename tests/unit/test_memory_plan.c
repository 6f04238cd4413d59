#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nn/memory_plan.h"
#include "shared.h"

enum { MOST_BLOCKS = 40, MOMENTS = 30, ALIGNMENT = 64 };

/* One segment for all. */
#define WHOLE SIZE_MAX

static bool live_together(const mx_block *a, const mx_block *b) {
    return a->first <= b->last && b->first <= a->last;
}

static bool overlap(const mx_block *a, const mx_block *b) {
    return a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

/* Random sizes, many of them equal and some 0, and random lives. */
static void fill(mx_block *blocks, size_t count, mx_u32 seed) {
    for (size_t i = 0; i < count; i++) {
        const mx_random r = mx_philox((mx_u32)i, 0, 0, MX_STREAM_TEST, seed, 0);
        const int a = (int)mx_below(r.v[0], MOMENTS), b = (int)mx_below(r.v[1], MOMENTS);
        blocks[i] = (mx_block){.size = (r.v[3] & 3 ? 1 : 100) * mx_below(r.v[2], 20),
                               .first = a < b ? a : b,
                               .last = a < b ? b : a};
    }
}

static void assert_sound(const mx_block *blocks, size_t count, size_t total) {
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        if (blocks[i].size == 0) continue;
        assert_int_equal(blocks[i].offset % ALIGNMENT, 0);
        if (blocks[i].offset + blocks[i].size > end) end = blocks[i].offset + blocks[i].size;
        for (size_t j = 0; j < i; j++)
            if (blocks[j].size > 0 && live_together(&blocks[i], &blocks[j]))
                assert_false(overlap(&blocks[i], &blocks[j]));
    }
    assert_int_equal(total, (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

static void blocks_that_live_together_never_overlap(void **state) {
    (void)state;
    for (mx_u32 seed = 0; seed < 2000; seed++) {
        mx_block blocks[MOST_BLOCKS];
        const size_t count = seed % (MOST_BLOCKS + 1);
        size_t total = 12345;
        fill(blocks, count, seed);
        assert_int_equal(mx_memory_plan(blocks, count, ALIGNMENT, WHOLE, &total), MX_OK);
        assert_sound(blocks, count, total);
    }
}

static void blocks_of_different_moments_share_memory(void **state) {
    (void)state;
    mx_block blocks[MOST_BLOCKS];
    size_t total = 0;
    for (int i = 0; i < MOST_BLOCKS; i++)
        blocks[i] = (mx_block){.size = 64, .first = i, .last = i + 1};
    assert_int_equal(mx_memory_plan(blocks, MOST_BLOCKS, ALIGNMENT, WHOLE, &total), MX_OK);
    assert_sound(blocks, MOST_BLOCKS, total);
    assert_int_equal(total, 128);
}

static void a_gap_between_longer_lives_is_used(void **state) {
    (void)state;
    mx_block blocks[] = {{.size = 640, .first = 0, .last = 1},
                         {.size = 320, .first = 0, .last = 9},
                         {.size = 128, .first = 2, .last = 3},
                         {.size = 192, .first = 2, .last = 3}};
    size_t total = 0;
    assert_int_equal(mx_memory_plan(blocks, 4, ALIGNMENT, WHOLE, &total), MX_OK);
    assert_int_equal(total, 960);
    assert_true(blocks[2].offset < 640 && blocks[3].offset < 640);
}

static void lives_that_touch_count_as_together(void **state) {
    (void)state;
    mx_block blocks[] = {{.size = 1, .first = 0, .last = 1}, {.size = 1, .first = 1, .last = 2}};
    size_t total = 0;
    assert_int_equal(mx_memory_plan(blocks, 2, ALIGNMENT, WHOLE, &total), MX_OK);
    assert_int_equal(total, 128);
}

static void no_block_crosses_a_segment(void **state) {
    (void)state;
    const size_t segment = 2048;
    for (mx_u32 seed = 0; seed < 500; seed++) {
        mx_block blocks[MOST_BLOCKS];
        size_t total = 0;
        fill(blocks, MOST_BLOCKS, seed);
        assert_int_equal(mx_memory_plan(blocks, MOST_BLOCKS, ALIGNMENT, segment, &total), MX_OK);
        assert_sound(blocks, MOST_BLOCKS, total);
        for (int i = 0; i < MOST_BLOCKS; i++)
            if (blocks[i].size > 0)
                assert_int_equal(blocks[i].offset / segment,
                                 (blocks[i].offset + blocks[i].size - 1) / segment);
    }
}

static void a_block_larger_than_a_segment_is_refused(void **state) {
    (void)state;
    mx_block blocks[] = {{.size = 100, .first = 0, .last = 1},
                         {.size = 129, .first = 0, .last = 1}};
    size_t total = 0;
    assert_int_equal(mx_memory_plan(blocks, 2, ALIGNMENT, 128, &total), MX_MEMORY);
}

static void nothing_needs_nothing(void **state) {
    (void)state;
    mx_block blocks[] = {{.size = 0, .first = 0, .last = 5}};
    size_t total = 7;
    assert_int_equal(mx_memory_plan(blocks, 1, ALIGNMENT, WHOLE, &total), MX_OK);
    assert_int_equal(total, 0);
    assert_int_equal(mx_memory_plan(NULL, 0, ALIGNMENT, WHOLE, &total), MX_OK);
    assert_int_equal(total, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_that_live_together_never_overlap),
        cmocka_unit_test(blocks_of_different_moments_share_memory),
        cmocka_unit_test(a_gap_between_longer_lives_is_used),
        cmocka_unit_test(lives_that_touch_count_as_together),
        cmocka_unit_test(no_block_crosses_a_segment),
        cmocka_unit_test(a_block_larger_than_a_segment_is_refused),
        cmocka_unit_test(nothing_needs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
