/* Pickles: every opcode that torch.save writes means what Python says, none executes anything, and
 * no damage brings the reader down. */
#include "unit/fixture.h"

#include "io/pickle.h"

static const char *const globals[] = {"collections.OrderedDict", "torch.Size", "os.path.join",
                                      NULL};

static mx_pickle pickle;

static mx_status read_bytes(const char *bytes, size_t length) {
    mx_pickle_release(&pickle);
    return mx_pickle_read(&pickle, bytes, length, globals);
}

/* Reads a pickle that is right. */
static const mx_pickle_value *root_of(const char *bytes, size_t length) {
    if (read_bytes(bytes, length) != MX_OK) fail_msg("%s", mx_error());
    assert_int_equal(pickle.length, length);
    return pickle.root;
}

#define READ(literal) read_bytes(literal, sizeof literal - 1)
#define ROOT(literal) root_of(literal, sizeof literal - 1)

#define assert_refused(literal, reason)                                                            \
    do {                                                                                           \
        assert_int_equal(READ(literal), MX_DATA);                                                  \
        assert_null(pickle.root);                                                                  \
        if (!strstr(mx_error(), reason)) fail_msg("'%s' without '%s'", mx_error(), reason);        \
    } while (0)

static int release(void **state) {
    (void)state;
    mx_pickle_release(&pickle);
    return 0;
}

static void assert_integer(const mx_pickle_value *value, int64_t expected) {
    assert_int_equal(value->kind, MX_PICKLE_INT);
    assert_true(value->integer == expected);
}

static void whole_numbers_of_every_width_are_read(void **state) {
    (void)state;
    assert_integer(ROOT("\x80\x02K\xff."), 255);
    assert_integer(ROOT("\x80\x02M\xff\xff."), 65535);
    assert_integer(ROOT("\x80\x02J\xfe\xff\xff\xff."), -2);
    assert_integer(ROOT("\x80\x02J\xff\xff\xff\x7f."), INT32_MAX);
    assert_integer(ROOT("\x8a\x00."), 0);
    assert_integer(ROOT("\x8a\x01\xff."), -1);
    assert_integer(ROOT("\x8a\x02\xff\x00."), 255);
    assert_integer(ROOT("\x8a\x05\x00\x00\x00\x00\xff."), -(INT64_C(1) << 32));
    assert_integer(ROOT("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80."), INT64_MIN);
    assert_integer(ROOT("\x8b\x01\x00\x00\x00\x07."), 7);
    assert_integer(ROOT("I-1099511627776\n."), -1099511627776);
    assert_integer(ROOT("L12L\n."), 12);
    const mx_pickle_value *huge = ROOT("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.");
    assert_int_equal(huge->kind, MX_PICKLE_LONG);
    assert_int_equal(huge->length, 9);
}

static void constants_and_fractions_are_read(void **state) {
    (void)state;
    assert_int_equal(ROOT("N.")->kind, MX_PICKLE_NONE);
    assert_int_equal(ROOT("\x88.")->integer, 1);
    assert_int_equal(ROOT("\x89.")->integer, 0);
    assert_int_equal(ROOT("I01\n.")->kind, MX_PICKLE_BOOL);
    const mx_pickle_value *number = ROOT("G\xbf\xf8\x00\x00\x00\x00\x00\x00.");
    assert_int_equal(number->kind, MX_PICKLE_FLOAT);
    assert_true(number->number == -1.5);
}

static void texts_and_bytes_of_every_width_are_read(void **state) {
    (void)state;
    assert_true(mx_pickle_is_text(ROOT("X\x03\x00\x00\x00"
                                       "a\nb."),
                                  "a\nb"));
    assert_true(mx_pickle_is_text(ROOT("\x8c\x02\xc3\xa9."), "\xc3\xa9"));
    assert_true(mx_pickle_is_text(ROOT("\x8d\x01\x00\x00\x00\x00\x00\x00\x00x."), "x"));
    assert_true(mx_pickle_is_text(ROOT("T\x01\x00\x00\x00x."), "x"));
    assert_true(mx_pickle_is_text(ROOT("U\x00."), ""));
    assert_false(mx_pickle_is_text(ROOT("U\x02x\x00."), "x"));
    assert_int_equal(ROOT("C\x02xy.")->kind, MX_PICKLE_BYTES);
    assert_int_equal(ROOT("B\x02\x00\x00\x00xy.")->length, 2);
}

static void containers_hold_what_was_put_in(void **state) {
    (void)state;
    assert_int_equal(ROOT("(K\x01K\x02K\x03K\x04t.")->n_items, 4);
    assert_int_equal(ROOT("K\x01\x85.")->n_items, 1);
    const mx_pickle_value *pair = ROOT("K\x01K\x02\x86.");
    assert_integer(pair->items[1], 2);
    assert_int_equal(ROOT("K\x01K\x02K\x03\x87.")->n_items, 3);
    assert_int_equal(ROOT(").")->n_items, 0);
    const mx_pickle_value *list = ROOT("](K\x01K\x02"
                                       "eK\x03"
                                       "a.");
    assert_int_equal(list->kind, MX_PICKLE_LIST);
    assert_int_equal(list->n_items, 3);
    assert_integer(list->items[2], 3);
    const mx_pickle_value *dict = ROOT("}(U\x01"
                                       "aK\x01U\x01"
                                       "bK\x02uU\x01"
                                       "aK\x03s.");
    assert_int_equal(dict->n_items, 6);
    assert_integer(mx_pickle_find(dict, "a"), 3);
    assert_integer(mx_pickle_find(dict, "b"), 2);
    assert_null(mx_pickle_find(dict, "c"));
}

static void the_memo_gives_back_the_same_value(void **state) {
    (void)state;
    const mx_pickle_value *a = ROOT("]q\x07h\x07\x86.");
    assert_ptr_equal(a->items[0], a->items[1]);
    a = ROOT("]r\x05\x00\x00\x00j\x05\x00\x00\x00\x86.");
    assert_ptr_equal(a->items[0], a->items[1]);
    a = ROOT("]\x94N\x94h\x00h\x01\x87.");
    assert_int_equal(a->items[1]->kind, MX_PICKLE_LIST);
    assert_int_equal(a->items[2]->kind, MX_PICKLE_NONE);
}

static void ordered_dicts_are_mappings_and_lose_attributes(void **state) {
    (void)state;
    const mx_pickle_value *dict = ROOT("ccollections\nOrderedDict\n)R(U\x01"
                                       "aK\x01u}U\x01xNsb.");
    assert_int_equal(dict->kind, MX_PICKLE_DICT);
    assert_int_equal(dict->n_items, 2);
    dict = ROOT("ccollections\nOrderedDict\n](](U\x01"
                "aK\x01"
                "eU\x01"
                "bK\x02\x86"
                "e\x85R.");
    assert_int_equal(dict->n_items, 4);
    assert_integer(mx_pickle_find(dict, "b"), 2);
}

static void calls_are_recorded_not_made(void **state) {
    (void)state;
    const mx_pickle_value *call = ROOT("cos.path\njoin\nU\x01/U\x01x\x86R.");
    assert_int_equal(call->kind, MX_PICKLE_CALL);
    assert_string_equal(call->items[0]->text, "os.path.join");
    assert_int_equal(call->items[1]->n_items, 2);
    assert_int_equal(ROOT("\x8c\x05torch\x8c\x04Size\x93)\x81.")->kind, MX_PICKLE_CALL);
}

static void persistent_ids_are_listed(void **state) {
    (void)state;
    const mx_pickle_value *list = ROOT("](K\x05QU\x01kQe.");
    assert_int_equal(pickle.n_persistent, 2);
    assert_ptr_equal(pickle.persistent[1], list->items[1]);
    assert_integer(pickle.persistent[0]->items[0], 5);
}

static void frames_are_passed_over_and_what_follows_is_left(void **state) {
    (void)state;
    assert_int_equal(READ("\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00N.more"), MX_OK);
    assert_int_equal(pickle.length, 13);
}

static void other_globals_are_refused_by_name(void **state) {
    (void)state;
    assert_refused("cos\nsystem\nU\x04true\x85R.",
                   "refuses the global 'os.system' of the pickle; save the state_dict alone");
    assert_refused("\x8c\x02os\x8c\x06system\x93.", "'os.system'");
    assert_refused("c__builtin__\neval\n.", "'__builtin__.eval'");
    assert_refused("cos\npath.join.x\n.", "'os.path.join.x'");
    assert_refused("ctorch\nSiz\n.", "'torch.Siz'");
    assert_refused("ctorch.Size\n\n.", "'torch.Size.'");
    assert_refused("ca\x1b[2J\n\xff\t\n.", "'a\\x1b[2J.\\xff\\x09'");
}

static void calls_of_anything_else_are_refused(void **state) {
    (void)state;
    assert_refused("K\x01)R.", "calls what is no class");
    assert_refused("ctorch\nSize\nK\x01R.", "calls what is no class");
    assert_refused("ctorch\nSize\n}b.", "sets attributes");
    assert_refused("ccollections\nOrderedDict\nK\x01\x85R.", "OrderedDict");
    assert_refused("ccollections\nOrderedDict\n]K\x01"
                   "a\x85R.",
                   "OrderedDict");
    assert_refused("ccollections\nOrderedDict\n])\x86R.", "OrderedDict");
}

static void the_stack_does_not_underflow(void **state) {
    (void)state;
    static const char *const codes[] = {
        ".", "t",    "\x85", "N\x86", "NN\x87", "a",    "]a",  "Na",        "e",
        "s", "}Ns",  "u",    "}(Nu",  "q",      "R",    ")R",  "b",         "Nb",
        "Q", "\x93", "\x94", "N(.",   "N(\x85", "](Na", "N(e", "K\x01(NNu", "(Q"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char bytes[16];
        snprintf(bytes, sizeof bytes, "%s%s.", codes[i], codes[i][0] == 'q' ? "\x01" : "");
        assert_int_equal(read_bytes(bytes, strlen(bytes)), MX_DATA);
    }
}

static void the_memo_is_bounded(void **state) {
    (void)state;
    assert_refused("h\x00.", "memo");
    assert_refused("Nq\x02h\x01.", "memo");
    assert_refused("Nj\xff\xff\xff\xff.", "memo");
    assert_refused("Nr\xff\xff\xff\xff.", "memo index out of range");
    assert_refused("Nr\x00\x00\x40\x00.", "memo index out of range");
}

static void lengths_beyond_the_end_are_refused(void **state) {
    (void)state;
    assert_refused("X\xff\xff\xff\xff.", "needs more bytes than there are");
    assert_refused("X\x02\x00\x00\x00.", "needs more bytes");
    assert_refused("\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "needs more bytes");
    assert_refused("\x8e\xf0\xff\xff\xff\xff\xff\xff\x7f.", "needs more bytes");
    assert_refused("\x8b\xff\xff\xff\xff.", "needs more bytes");
    assert_refused("ctorch", "line without an end");
    assert_refused("ctorch\nSize", "line without an end");
    assert_refused("N", "ends at byte 1");
    assert_refused("", "ends at byte 0");
}

static void numbers_that_are_none_are_refused(void **state) {
    (void)state;
    assert_refused("I\n.", "no 64-bit number");
    assert_refused("I1x\n.", "no 64-bit number");
    assert_refused("I1\x00\n.", "no 64-bit number");
    assert_refused("I99999999999999999999\n.", "no 64-bit number");
    assert_refused("I999999999999999999999999999\n.", "no 64-bit number");
}

static void other_opcodes_are_refused(void **state) {
    (void)state;
    assert_refused("N\xfe.", "pickle byte 1: opcode 0xfe is none that torch.save writes");
    assert_refused("(ios\nsystem\n.", "opcode 0x69");
    assert_refused("(cos\nsystem\no.", "refuses the global");
    assert_refused("\x82\x01.", "opcode 0x82");
    assert_refused("P1\n.", "opcode 0x50");
}

/* All that torch.save writes, each byte set to every value. */
static void a_damaged_byte_brings_nothing_down(void **state) {
    static const char good[] =
        "\x80\x02"
        "ccollections\nOrderedDict\nq\x00)Rq\x01(X\x01\x00\x00\x00"
        "aq\x02"
        "ctorch\nSize\n"
        "q\x03(("
        "X\x01\x00\x00\x00sq\x04h\x03K\x06tq\x05QK\x00K\x02K\x03\x86M\x03\x01J\x01\x00\x00\x00"
        "\x85\x89h\x00)RtRq\x06\x8c\x01"
        "b\x94]\x94(G\x3f\xf0\x00\x00\x00\x00\x00\x00\x88N"
        "e\x8c\x05torch"
        "\x8c\x04Size\x93)\x81\x8a\x02\x01\x01u}X\x01\x00\x00\x00mh\x00)RK\x01"
        "C\x01xssb.";
    char bytes[sizeof good];
    (void)state;
    if (READ(good) != MX_OK) fail_msg("%s", mx_error());
    for (size_t at = 0; at < sizeof good - 1; at++)
        for (int value = 0; value < 256; value++) {
            memcpy(bytes, good, sizeof good);
            bytes[at] = (char)value;
            const mx_status status = read_bytes(bytes, sizeof good - 1);
            assert_true(status == MX_OK || status == MX_DATA);
        }
    for (size_t length = 0; length < sizeof good - 1; length++)
        assert_int_equal(read_bytes(good, length), MX_DATA);
}

static void deep_nesting_costs_no_stack(void **state) {
    enum { DEPTH = 300000 };
    char *bytes = malloc(2 * DEPTH + 1);
    (void)state;
    assert_non_null(bytes);
    memset(bytes, '(', DEPTH);
    assert_int_equal(read_bytes(bytes, DEPTH), MX_DATA);
    assert_non_null(strstr(mx_error(), "nests too deeply"));
    memset(bytes, ']', DEPTH);
    memset(bytes + DEPTH, 'a', DEPTH - 1);
    bytes[2 * DEPTH - 1] = '.';
    assert_int_equal(root_of(bytes, 2 * DEPTH)->kind, MX_PICKLE_LIST);
    memset(bytes, '\x85', 2 * DEPTH);
    bytes[0] = 'N';
    bytes[2 * DEPTH - 1] = '.';
    assert_int_equal(root_of(bytes, 2 * DEPTH)->kind, MX_PICKLE_TUPLE);
    free(bytes);
}

static void a_list_may_hold_itself(void **state) {
    (void)state;
    const mx_pickle_value *list = ROOT("]q\x00h\x00"
                                       "a.");
    assert_ptr_equal(list->items[0], list);
}

static void the_stack_and_the_memory_have_limits(void **state) {
    enum { COUNT = 1 << 23 };
    char *bytes = malloc(COUNT);
    (void)state;
    assert_non_null(bytes);
    memset(bytes, 'N', COUNT);
    assert_int_equal(read_bytes(bytes, COUNT), MX_DATA);
    assert_non_null(strstr(mx_error(), "finds the stack full"));
    bytes[0] = ']';
    for (size_t i = 1; i + 1 < COUNT; i += 2)
        memcpy(bytes + i, "]a", 2);
    assert_int_equal(read_bytes(bytes, COUNT), MX_DATA);
    assert_non_null(strstr(mx_error(), "too many values"));
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_of_every_width_are_read),
        cmocka_unit_test(constants_and_fractions_are_read),
        cmocka_unit_test(texts_and_bytes_of_every_width_are_read),
        cmocka_unit_test(containers_hold_what_was_put_in),
        cmocka_unit_test(the_memo_gives_back_the_same_value),
        cmocka_unit_test(ordered_dicts_are_mappings_and_lose_attributes),
        cmocka_unit_test(calls_are_recorded_not_made),
        cmocka_unit_test(persistent_ids_are_listed),
        cmocka_unit_test(frames_are_passed_over_and_what_follows_is_left),
        cmocka_unit_test(other_globals_are_refused_by_name),
        cmocka_unit_test(calls_of_anything_else_are_refused),
        cmocka_unit_test(the_stack_does_not_underflow),
        cmocka_unit_test(the_memo_is_bounded),
        cmocka_unit_test(lengths_beyond_the_end_are_refused),
        cmocka_unit_test(numbers_that_are_none_are_refused),
        cmocka_unit_test(other_opcodes_are_refused),
        cmocka_unit_test(a_damaged_byte_brings_nothing_down),
        cmocka_unit_test(deep_nesting_costs_no_stack),
        cmocka_unit_test(a_list_may_hold_itself),
        cmocka_unit_test(the_stack_and_the_memory_have_limits),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
