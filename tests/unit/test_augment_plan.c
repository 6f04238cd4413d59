/* What is drawn for the pictures of a batch. That strengths become what torchvision does is
 * parity/test_augment.c's to show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/augment_plan.h"

enum { H = 24, W = 31, PICTURES = 600, VIEWS = 8 };

static const mx_draw draw = {0x123456789abcdefULL, 3, MX_STREAM_AUGMENT_U};

typedef struct plan {
    mx_i32 *ints;
    size_t words;
    mx_i32 steps;
} plan;

static plan plan_of(const mx_augment_program *program, mx_draw from, mx_i32 count, mx_i32 views) {
    const size_t most = mx_augment_plan_words(program, count);
    plan p = {.ints = calloc(most, sizeof(mx_i32)), .steps = mx_augment_plan_steps(program)};
    assert_non_null(p.ints);
    p.words = mx_augment_plan(program, from, H, W, count, views, p.ints);
    assert_true(p.words <= most);
    return p;
}

static mx_augment_op op_of(const plan *p, mx_i32 image, mx_i32 step) {
    mx_augment_op op;
    memcpy(&op, p->ints + (ptrdiff_t)(image * p->steps + step) * MX_AUGMENT_OP_WORDS, sizeof op);
    return op;
}

static mx_augment_program single(mx_augment_kind kind, float low, float high, float probability) {
    mx_augment_program program = {.n_steps = 1};
    program.steps[0] = (mx_augment_step){kind, low, high, probability};
    return program;
}

static void views_of_a_picture_get_different_steps_of_the_seed(void **state) {
    (void)state;
    enum { KINDS = 7 };
    const mx_augment_program seed = mx_augment_seed();
    assert_int_equal(seed.n_steps, KINDS);
    plan p = plan_of(&seed, draw, PICTURES * VIEWS, VIEWS);
    int first[16] = {0};
    for (mx_i32 picture = 0; picture < PICTURES; picture++) {
        unsigned seen = 0;
        for (mx_i32 view = 0; view < KINDS; view++)
            seen |= 1u << op_of(&p, view * PICTURES + picture, 0).action;
        assert_int_equal(__builtin_popcount(seen), KINDS);
        /* The eighth view begins again. */
        assert_int_equal(op_of(&p, KINDS * PICTURES + picture, 0).action,
                         op_of(&p, picture, 0).action);
        first[op_of(&p, picture, 0).action]++;
    }
    /* Each is the first of about one picture in seven: 86, deviation 9. */
    for (int action = 0; action < 16; action++)
        assert_true(first[action] == 0 || (first[action] > 45 && first[action] < 127));
    free(p.ints);
}

static void strengths_fill_their_range(void **state) {
    (void)state;
    const mx_augment_program program = single(MX_AUGMENT_KIND_BRIGHTNESS, 0.5f, 1.5f, 1.0f);
    plan p = plan_of(&program, draw, PICTURES, 1);
    double sum = 0.0;
    float least = 2.0f, most = 0.0f;
    for (mx_i32 i = 0; i < PICTURES; i++) {
        const float factor = op_of(&p, i, 0).factor;
        assert_true(factor >= 0.5f && factor <= 1.5f);
        sum += (double)factor / PICTURES;
        least = factor < least ? factor : least;
        most = factor > most ? factor : most;
    }
    assert_true(least < 0.52f && most > 1.48f && sum > 0.95 && sum < 1.05);
    free(p.ints);
}

static void steps_happen_with_their_probability(void **state) {
    (void)state;
    static const float probabilities[] = {0.0f, 0.3f, 1.0f};
    for (int i = 0; i < 3; i++) {
        const mx_augment_program program = single(MX_AUGMENT_KIND_FLIP, 0, 0, probabilities[i]);
        plan p = plan_of(&program, draw, PICTURES, 1);
        int count = 0;
        for (mx_i32 j = 0; j < PICTURES; j++)
            count += op_of(&p, j, 0).action == MX_AUGMENT_FLIP;
        const float share = (float)count / PICTURES;
        assert_true(share >= probabilities[i] - 0.08f && share <= probabilities[i] + 0.08f);
        assert_true(i != 0 || count == 0);
        assert_true(i != 2 || count == PICTURES);
        free(p.ints);
    }
}

static void crops_move_both_ways_up_to_their_pad(void **state) {
    (void)state;
    const mx_augment_program program = single(MX_AUGMENT_KIND_CROP, 2, 2, 1.0f);
    plan p = plan_of(&program, draw, PICTURES, 1);
    int places[5][5] = {{0}};
    for (mx_i32 i = 0; i < PICTURES; i++) {
        const mx_augment_op op = op_of(&p, i, 0);
        assert_in_range(op.v[0] + 2, 0, 4);
        assert_in_range(op.v[1] + 2, 0, 4);
        places[op.v[0] + 2][op.v[1] + 2]++;
    }
    for (int i = 0; i < 25; i++)
        assert_true(places[i / 5][i % 5] > 5);
    free(p.ints);
}

static void what_is_erased_lies_in_the_picture_and_has_its_area(void **state) {
    (void)state;
    const mx_augment_program program = single(MX_AUGMENT_KIND_ERASE, 0.1f, 0.3f, 1.0f);
    plan p = plan_of(&program, draw, PICTURES, 1);
    for (mx_i32 i = 0; i < PICTURES; i++) {
        const mx_augment_op op = op_of(&p, i, 0);
        const double share = (double)op.v[2] * op.v[3] / (H * W);
        if (op.action == MX_AUGMENT_KEEP) continue;
        assert_true(op.v[0] >= 0 && op.v[0] + op.v[2] <= H);
        assert_true(op.v[1] >= 0 && op.v[1] + op.v[3] <= W);
        assert_true(share > 0.08 && share < 0.32);
    }
    free(p.ints);
}

static void a_plan_follows_from_its_seed_step_and_stream(void **state) {
    (void)state;
    const mx_augment_program seed = mx_augment_seed();
    const mx_draw others[] = {{1, 3, MX_STREAM_AUGMENT_U},
                              {draw.seed, 4, MX_STREAM_AUGMENT_U},
                              {draw.seed, 3, MX_STREAM_AUGMENT_X}};
    plan p = plan_of(&seed, draw, 64, 2), same = plan_of(&seed, draw, 64, 2);
    assert_int_equal(p.words, same.words);
    assert_memory_equal(p.ints, same.ints, p.words * sizeof(mx_i32));
    for (int i = 0; i < 3; i++) {
        plan other = plan_of(&seed, others[i], 64, 2);
        assert_true(memcmp(p.ints, other.ints, 64 * sizeof(mx_augment_op)) != 0);
        free(other.ints);
    }
    free(p.ints);
    free(same.ints);
}

static void a_plan_of_tables_alone_has_room(void **state) {
    (void)state;
    mx_augment_program program = {.n_steps = MX_AUGMENT_STEPS};
    for (int i = 0; i < MX_AUGMENT_STEPS; i++)
        program.steps[i] =
            mx_augment_default_step(i % 2 ? MX_AUGMENT_KIND_BLUR : MX_AUGMENT_KIND_GAMMA);
    plan p = plan_of(&program, draw, 10, 1);
    assert_int_equal(p.words, mx_augment_plan_words(&program, 10));
    free(p.ints);
    program.one_of = true;
    p = plan_of(&program, draw, 10, 2);
    assert_int_equal(p.words, mx_augment_plan_words(&program, 10));
    free(p.ints);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_of_a_picture_get_different_steps_of_the_seed),
        cmocka_unit_test(strengths_fill_their_range),
        cmocka_unit_test(steps_happen_with_their_probability),
        cmocka_unit_test(crops_move_both_ways_up_to_their_pad),
        cmocka_unit_test(what_is_erased_lies_in_the_picture_and_has_its_area),
        cmocka_unit_test(a_plan_follows_from_its_seed_step_and_stream),
        cmocka_unit_test(a_plan_of_tables_alone_has_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
