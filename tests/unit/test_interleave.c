#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "train/interleave.h"

enum { MOST_GROUPS = 9, MOST_ROWS = 70 };

/* What the authors' interleave() makes of the rows 0 .. groups x n - 1:
 *
 *     sizes = [n // groups] * groups
 *     for x in range(n - sum(sizes)): sizes[-x - 1] += 1
 *     xy = [[v[offset[p]:offset[p + 1]] for p in range(groups)] for v in xy]
 *     for i in range(1, groups): xy[0][i], xy[i][i] = xy[i][i], xy[0][i] */
static void authors_order(mx_i32 n, mx_i32 groups, mx_i32 *order) {
    mx_i32 offset[MOST_GROUPS + 1] = {0};
    for (mx_i32 p = 0; p < groups; p++)
        offset[p + 1] = offset[p] + n / groups + (p >= groups - n % groups);
    for (mx_i32 i = 0; i < groups * n; i++)
        order[i] = i;
    for (mx_i32 p = 1; p < groups; p++)
        for (mx_i32 at = offset[p]; at < offset[p + 1]; at++) {
            order[at] = p * n + at;
            order[p * n + at] = at;
        }
}

static void rows_change_places_as_in_the_authors_code(void **state) {
    (void)state;
    for (mx_i32 groups = 1; groups <= MOST_GROUPS; groups++)
        for (mx_i32 n = 1; n <= MOST_ROWS; n++) {
            mx_i32 expected[MOST_GROUPS * MOST_ROWS];
            authors_order(n, groups, expected);
            for (mx_i32 row = 0; row < groups * n; row++)
                assert_int_equal(mx_interleave(row, n, groups), expected[row]);
        }
}

static void interleaving_twice_changes_nothing(void **state) {
    (void)state;
    for (mx_i32 groups = 1; groups <= MOST_GROUPS; groups++)
        for (mx_i32 n = 1; n <= MOST_ROWS; n++)
            for (mx_i32 row = 0; row < groups * n; row++)
                assert_int_equal(mx_interleave(mx_interleave(row, n, groups), n, groups), row);
}

static void the_first_group_gets_rows_of_every_group(void **state) {
    (void)state;
    for (mx_i32 groups = 1; groups <= MOST_GROUPS; groups++)
        for (mx_i32 n = groups; n <= MOST_ROWS; n++) {
            bool seen[MOST_GROUPS] = {false};
            for (mx_i32 row = 0; row < n; row++)
                seen[mx_interleave(row, n, groups) / n] = true;
            for (mx_i32 g = 0; g < groups; g++)
                assert_true(seen[g]);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_change_places_as_in_the_authors_code),
        cmocka_unit_test(interleaving_twice_changes_nothing),
        cmocka_unit_test(the_first_group_gets_rows_of_every_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
