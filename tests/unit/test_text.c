/* Texts of pictures: cleaned and cut. */
#include "unit/fixture.h"

#include "report/text.h"

static void assert_clean(const char *text, const char *expected) {
    mx_buf out = {0};
    mx_text_clean(&out, text);
    assert_string_equal(mx_buf_text(&out), expected);
    mx_buf_release(&out);
}

static void assert_cut(const char *text, size_t most, const char *expected) {
    char out[64];
    mx_text_cut(out, sizeof out, text, most);
    assert_string_equal(out, expected);
    assert_true(mx_text_length(out) <= most);
}

static void good_utf8_stays_as_it_is(void **state) {
    (void)state;
    assert_clean("", "");
    assert_clean("a picture.jpg", "a picture.jpg");
    assert_clean("M\xC3\xA4use \xE9\xBC\xA0 \xF0\x9F\x90\x81",
                 "M\xC3\xA4use \xE9\xBC\xA0 \xF0\x9F\x90\x81");
}

static void other_bytes_become_replacement_characters(void **state) {
    (void)state;
#define R "\xEF\xBF\xBD"
    assert_clean("\xFF"
                 "a",
                 R "a");
    assert_clean("a\xC3", "a" R);              /* cut short */
    assert_clean("\xC0\x80", R R);             /* too long a form */
    assert_clean("\xED\xA0\x80", R R R);       /* a surrogate */
    assert_clean("\xF4\x90\x80\x80", R R R R); /* past the last code point */
    assert_clean("a\nb\x7F", "a" R "b" R);
    assert_clean("\xC2\x85", R R); /* a control character of two bytes */
}

static void long_texts_lose_their_middle(void **state) {
    (void)state;
    assert_cut("abcdef", 6, "abcdef");
    assert_cut("abcdef", 5,
               "ab\xE2\x80\xA6"
               "ef");
    assert_cut("abcdef", 4,
               "ab\xE2\x80\xA6"
               "f");
    assert_cut("abcdef", 2, "a\xE2\x80\xA6");
    assert_cut("abcdef", 1, "\xE2\x80\xA6");
}

static void code_points_are_never_cut_apart(void **state) {
    (void)state;
    assert_int_equal(mx_text_length("\xC3\xA4\xE9\xBC\xA0\xF0\x9F\x90\x81"), 3);
    assert_cut("\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F", 3, "\xC3\xA4\xE2\x80\xA6\xC3\x9F");
    char small[4];
    mx_text_cut(small, sizeof small, "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F", 3);
    assert_true(strlen(small) < sizeof small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_utf8_stays_as_it_is),
        cmocka_unit_test(other_bytes_become_replacement_characters),
        cmocka_unit_test(long_texts_lose_their_middle),
        cmocka_unit_test(code_points_are_never_cut_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
