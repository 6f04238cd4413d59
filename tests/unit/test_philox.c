/* The generator against Random123's, which is its authors' own code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <Random123/philox.h>

#include "shared.h"

static void assert_same(const uint32_t c[4], const uint32_t k[2]) {
    const philox4x32_ctr_t counter = {{c[0], c[1], c[2], c[3]}};
    const philox4x32_key_t key = {{k[0], k[1]}};
    const philox4x32_ctr_t expected = philox4x32(counter, key);
    const mx_random got = mx_philox(c[0], c[1], c[2], c[3], k[0], k[1]);
    assert_memory_equal(got.v, expected.v, sizeof got.v);
}

static void philox_equals_random123_at_the_ends_of_the_range(void **state) {
    (void)state;
    for (unsigned bits = 0; bits < 64; bits++) {
        uint32_t words[6];
        for (int i = 0; i < 6; i++)
            words[i] = bits >> i & 1 ? UINT32_MAX : 0;
        assert_same(words, words + 4);
    }
}

static void philox_equals_random123_on_many_counters(void **state) {
    (void)state;
    uint32_t words[6] = {1, 2, 3, 4, 5, 6};
    for (int i = 0; i < 10000; i++) {
        assert_same(words, words + 4);
        const mx_random next =
            mx_philox(words[0], words[1], words[2], words[3], words[4], words[5]);
        for (int j = 0; j < 6; j++)
            words[j] ^= next.v[j % 4] + (uint32_t)j;
    }
}

/* The known answer of Random123's kat_vectors for the digits of pi. */
static void philox_gives_the_published_answer(void **state) {
    (void)state;
    const mx_random got =
        mx_philox(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0);
    const mx_u32 expected[4] = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    assert_memory_equal(got.v, expected, sizeof expected);
}

static void units_lie_strictly_between_zero_and_one(void **state) {
    (void)state;
    assert_true(mx_unit(0) > 0.0f);
    assert_true(mx_unit(UINT32_MAX) < 1.0f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_equals_random123_at_the_ends_of_the_range),
        cmocka_unit_test(philox_equals_random123_on_many_counters),
        cmocka_unit_test(philox_gives_the_published_answer),
        cmocka_unit_test(units_lie_strictly_between_zero_and_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
