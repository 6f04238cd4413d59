/* Command lines: what parses into what, and what is refused with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/args.h"

static const mx_option options[] = {
    {"CONFIG", NULL, "the INI file"},
    {"[PICTURE...]", NULL, "pictures"},
    {"--set", "SECTION.KEY=VALUE", "override the file"},
    {"--out", "DIR", "where to write"},
    {"--json", NULL, "print JSON"},
    {0},
};
static const mx_option no_options[] = {{0}};

/* Parses the words up to NULL. */
static mx_status parse(mx_args *args, const mx_option *table, const char *const *words) {
    int count = 0;
    while (words[count])
        count++;
    return mx_args_parse(args, table, NULL, count, words);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void expect_error(const char *const *words, const char *message) {
    mx_args args;
    assert_int_equal(parse(&args, options, words), MX_USAGE);
    assert_string_equal(mx_error(), message);
    mx_args_release(&args);
}

static void positionals_and_options_mix_in_any_order(void **state) {
    (void)state;
    mx_args args;
    int count;
    assert_int_equal(
        parse(&args, options, WORDS("--json", "a.ini", "--out", "runs", "x.png", "-", "y.png")),
        MX_OK);
    assert_int_equal(args.n_positionals, 4);
    assert_string_equal(mx_args_positional(&args, 0), "a.ini");
    assert_string_equal(mx_args_positional(&args, 2), "-");
    assert_null(mx_args_positional(&args, 4));
    assert_string_equal(mx_args_value(&args, "--out"), "runs");
    assert_true(mx_args_flag(&args, "--json"));
    assert_null(mx_args_values(&args, "--set", &count)[0]);
    assert_int_equal(count, 0);
    mx_args_release(&args);
}

static void a_repeated_option_keeps_every_value_in_order(void **state) {
    (void)state;
    mx_args args;
    int count;
    assert_int_equal(
        parse(&args, options, WORDS("--set", "a.b=1", "c.ini", "--set=c.d=2=3", "--set", "--json")),
        MX_OK);
    const char *const *sets = mx_args_values(&args, "--set", &count);
    assert_int_equal(count, 3);
    assert_string_equal(sets[0], "a.b=1");
    assert_string_equal(sets[1], "c.d=2=3");
    assert_string_equal(sets[2], "--json");
    assert_string_equal(mx_args_value(&args, "--set"), "--json");
    assert_false(mx_args_flag(&args, "--json"));
    mx_args_release(&args);
}

static void an_empty_value_is_a_value(void **state) {
    (void)state;
    mx_args args;
    assert_int_equal(parse(&args, options, WORDS("c.ini", "--out=", "--set", "")), MX_OK);
    assert_string_equal(mx_args_value(&args, "--out"), "");
    assert_string_equal(mx_args_value(&args, "--set"), "");
    mx_args_release(&args);
}

static void two_dashes_end_the_options(void **state) {
    (void)state;
    mx_args args;
    assert_int_equal(parse(&args, options, WORDS("--", "--json", "-h", "--")), MX_OK);
    assert_int_equal(args.n_positionals, 3);
    assert_string_equal(mx_args_positional(&args, 0), "--json");
    assert_string_equal(mx_args_positional(&args, 2), "--");
    assert_false(args.help);
    mx_args_release(&args);
}

static void common_options_are_known_everywhere(void **state) {
    (void)state;
    mx_args args, before = {.quiet = true};
    assert_int_equal(parse(&args, no_options, WORDS("-qv", "--version", "--help")), MX_OK);
    assert_true(args.quiet && args.verbose && args.version && args.help);
    mx_args_release(&args);
    assert_int_equal(mx_args_parse(&args, no_options, &before, 0, WORDS(NULL)), MX_OK);
    assert_true(args.quiet && !args.verbose);
    mx_args_release(&args);
}

static void help_needs_no_positionals(void **state) {
    (void)state;
    mx_args args;
    assert_int_equal(parse(&args, options, WORDS("-h")), MX_OK);
    assert_true(args.help);
    mx_args_release(&args);
}

static void unknown_options_are_answered_with_the_nearest(void **state) {
    (void)state;
    expect_error(WORDS("c.ini", "--jsn"), "unknown option '--jsn'; did you mean '--json'?");
    expect_error(WORDS("c.ini", "--ste=a.b=c"), "unknown option '--ste'; did you mean '--set'?");
    expect_error(WORDS("c.ini", "--verbos"),
                 "unknown option '--verbos'; did you mean '--verbose'?");
    expect_error(WORDS("c.ini", "--something"), "unknown option '--something'");
    expect_error(WORDS("c.ini", "-qx"), "unknown option '-qx'");
    expect_error(WORDS("c.ini", "CONFIG=1", "--CONFIG"), "unknown option '--CONFIG'");
}

static void values_are_taken_where_the_table_says(void **state) {
    (void)state;
    expect_error(WORDS("c.ini", "--json=yes"), "--json takes no value");
    expect_error(WORDS("c.ini", "--out"), "--out needs a value: --out DIR");
}

static void positionals_are_counted_by_the_table(void **state) {
    (void)state;
    mx_args args;
    expect_error(WORDS("--json"), "missing CONFIG");
    assert_int_equal(parse(&args, no_options, WORDS("x")), MX_USAGE);
    assert_string_equal(mx_error(), "unexpected argument 'x'");
    mx_args_release(&args);
}

static void the_table_prints_as_help(void **state) {
    (void)state;
    mx_buf text = {0};
    mx_args_describe(&text, options, true);
    assert_string_equal(mx_buf_text(&text), "  CONFIG                    the INI file\n"
                                            "  [PICTURE...]              pictures\n");
    mx_buf_clear(&text);
    mx_args_describe(&text, options, false);
    assert_string_equal(mx_buf_text(&text), "  --set SECTION.KEY=VALUE   override the file\n"
                                            "  --out DIR                 where to write\n"
                                            "  --json                    print JSON\n");
    mx_buf_release(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positionals_and_options_mix_in_any_order),
        cmocka_unit_test(a_repeated_option_keeps_every_value_in_order),
        cmocka_unit_test(an_empty_value_is_a_value),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(common_options_are_known_everywhere),
        cmocka_unit_test(help_needs_no_positionals),
        cmocka_unit_test(unknown_options_are_answered_with_the_nearest),
        cmocka_unit_test(values_are_taken_where_the_table_says),
        cmocka_unit_test(positionals_are_counted_by_the_table),
        cmocka_unit_test(the_table_prints_as_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
