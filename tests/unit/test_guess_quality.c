/* Numbers about guessed labels. */
#include "unit/fixture.h"

#include <math.h>

#include "train/guess_quality.h"

static void assert_near(double got, double expected) {
    if (!(fabs(got - expected) <= 1e-7)) fail_msg("%.17g is not %.17g", got, expected);
}

static void even_guesses_are_balanced(void **state) {
    (void)state;
    const float tally[3 + 6] = {4, 4, 4, 3, 3, 1, 2, 6, 6};
    const mx_guess_quality q = mx_guess_quality_of(tally, 3, 2, 12);
    assert_int_equal(q.guesses, 12);
    assert_int_equal(q.known, 12);
    assert_near(q.confidence, 0.5);
    assert_near(q.accuracy, 0.25);
    assert_near(q.balance, 1);
}

static void guesses_of_one_class_have_no_balance(void **state) {
    (void)state;
    const float one[2 + 3] = {5, 0, 5, 5, 5}, most[2 + 3] = {9, 1, 10, 0, 0};
    assert_near(mx_guess_quality_of(one, 2, 1, 5).balance, 0);
    assert_near(mx_guess_quality_of(most, 2, 1, 10).balance,
                -(0.9 * log(0.9) + 0.1 * log(0.1)) / log(2));
}

static void only_known_labels_count_for_accuracy(void **state) {
    (void)state;
    const float some[2 + 3] = {6, 4, 8, 3, 4}, none[2 + 3] = {6, 4, 8, 0, 0};
    assert_near(mx_guess_quality_of(some, 2, 1, 10).accuracy, 0.75);
    assert_int_equal(mx_guess_quality_of(none, 2, 1, 10).known, 0);
    assert_near(mx_guess_quality_of(none, 2, 1, 10).accuracy, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(even_guesses_are_balanced),
        cmocka_unit_test(guesses_of_one_class_have_no_balance),
        cmocka_unit_test(only_known_labels_count_for_accuracy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
