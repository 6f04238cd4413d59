#include "io/pickle_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ORDERED_DICT "collections.OrderedDict"

/* A row of the table of opcodes; `kind` and `width` (bytes) say more to some functions. */
typedef struct opcode {
    mx_status (*run)(mx_pickle_machine *m, const struct opcode *op);
    mx_pickle_kind kind;
    int width;
} opcode;

static mx_status skip(mx_pickle_machine *m, const opcode *op) {
    const char *bytes = NULL;
    return mx_pickle_take(m, (uint64_t)op->width, &bytes);
}

static mx_status stop(mx_pickle_machine *m, const opcode *op) {
    mx_pickle_value *root = NULL;
    (void)op;
    MX_TRY(mx_pickle_pop(m, &root));
    m->out->root = root;
    return MX_OK;
}

static mx_status mark(mx_pickle_machine *m, const opcode *op) {
    (void)op;
    return mx_pickle_mark(m);
}

static mx_status push_empty(mx_pickle_machine *m, const opcode *op) {
    mx_pickle_value *value = NULL;
    return mx_pickle_push_new(m, op->kind, &value);
}

static mx_status push_integer(mx_pickle_machine *m, mx_pickle_kind kind, int64_t integer) {
    mx_pickle_value *value = NULL;
    MX_TRY(mx_pickle_push_new(m, kind, &value));
    value->integer = integer;
    return MX_OK;
}

static mx_status push_false(mx_pickle_machine *m, const opcode *op) {
    (void)op;
    return push_integer(m, MX_PICKLE_BOOL, 0);
}

static mx_status push_true(mx_pickle_machine *m, const opcode *op) {
    (void)op;
    return push_integer(m, MX_PICKLE_BOOL, 1);
}

/* One or two bytes without a sign, four with one. */
static mx_status push_number(mx_pickle_machine *m, const opcode *op) {
    uint64_t number = 0;
    MX_TRY(mx_pickle_take_number(m, op->width, &number));
    return push_integer(m, MX_PICKLE_INT,
                        op->width == 4 ? (int64_t)(int32_t)(uint32_t)number : (int64_t)number);
}

/* A decimal number on a line: Python 2 writes 64-bit ones so, and Python 2's long has an 'L' at its
 * end. */
static mx_status push_decimal(mx_pickle_machine *m, const opcode *op) {
    const char *line = NULL;
    char text[24], *end = text;
    size_t length = 0;
    (void)op;
    MX_TRY(mx_pickle_take_line(m, &line, &length));
    if (length > 0 && line[length - 1] == 'L') length--;
    if (length == 0 || length >= sizeof text) return mx_pickle_bad(m, "has no 64-bit number");
    memcpy(text, line, length);
    text[length] = '\0';
    errno = 0;
    const long long number = strtoll(text, &end, 10);
    if (end != text + length || errno != 0) return mx_pickle_bad(m, "has no 64-bit number");
    if (strcmp(text, "00") == 0 || strcmp(text, "01") == 0)
        return push_integer(m, MX_PICKLE_BOOL, number);
    return push_integer(m, MX_PICKLE_INT, number);
}

/* Big-endian. */
static mx_status push_float(mx_pickle_machine *m, const opcode *op) {
    const char *bytes = NULL;
    uint64_t bits = 0;
    mx_pickle_value *value = NULL;
    (void)op;
    MX_TRY(mx_pickle_take(m, sizeof bits, &bytes));
    for (size_t i = 0; i < sizeof bits; i++)
        bits = bits << 8 | (unsigned char)bytes[i];
    MX_TRY(mx_pickle_push_new(m, MX_PICKLE_FLOAT, &value));
    memcpy(&value->number, &bits, sizeof bits);
    return MX_OK;
}

/* A length of `width` bytes, then text or bytes. */
static mx_status push_string(mx_pickle_machine *m, const opcode *op) {
    const char *bytes = NULL;
    uint64_t length = 0;
    mx_pickle_value *value = NULL;
    MX_TRY(mx_pickle_take_number(m, op->width, &length));
    MX_TRY(mx_pickle_take(m, length, &bytes));
    MX_TRY(mx_pickle_push_new(m, op->kind, &value));
    value->text = bytes;
    value->length = (size_t)length;
    return MX_OK;
}

/* A length of `width` bytes, then little-endian two's complement. */
static mx_status push_long(mx_pickle_machine *m, const opcode *op) {
    uint64_t number = 0;
    MX_TRY(push_string(m, op));
    mx_pickle_value *value = m->stack[m->depth - 1];
    if (value->length > sizeof number) return MX_OK;
    for (size_t i = 0; i < value->length; i++)
        number |= (uint64_t)(unsigned char)value->text[i] << (8 * i);
    const size_t bits = 8 * value->length;
    if (bits > 0 && bits < 64 && number >> (bits - 1)) number |= UINT64_MAX << bits;
    value->kind = MX_PICKLE_INT;
    value->integer = (int64_t)number;
    return MX_OK;
}

/* A tuple of what the stack holds from `first` on. */
static mx_status make_tuple(mx_pickle_machine *m, size_t first) {
    const size_t count = m->depth - first;
    mx_pickle_value *tuple = NULL;
    MX_TRY(mx_pickle_push_new(m, MX_PICKLE_TUPLE, &tuple));
    MX_TRY(mx_pickle_add(m, tuple, m->stack + first, count));
    m->stack[first] = tuple;
    m->depth = first + 1;
    return MX_OK;
}

static mx_status tuple_from_mark(mx_pickle_machine *m, const opcode *op) {
    size_t first = 0;
    (void)op;
    MX_TRY(mx_pickle_pop_mark(m, &first));
    return make_tuple(m, first);
}

static mx_status tuple_of_width(mx_pickle_machine *m, const opcode *op) {
    MX_TRY(mx_pickle_need(m, (size_t)op->width));
    return make_tuple(m, m->depth - (size_t)op->width);
}

/* Moves what the stack holds from `first` on into the container below it. */
static mx_status add_to_container(mx_pickle_machine *m, mx_pickle_kind kind, size_t first) {
    const size_t count = m->depth - first;
    if (first <= mx_pickle_floor(m) || m->stack[first - 1]->kind != kind)
        return mx_pickle_bad(m, "finds no container to add to");
    if (kind == MX_PICKLE_DICT && count % 2 != 0) return mx_pickle_bad(m, "has a key too many");
    MX_TRY(mx_pickle_add(m, m->stack[first - 1], m->stack + first, count));
    m->depth = first;
    return MX_OK;
}

static mx_status add_from_mark(mx_pickle_machine *m, const opcode *op) {
    size_t first = 0;
    MX_TRY(mx_pickle_pop_mark(m, &first));
    return add_to_container(m, op->kind, first);
}

static mx_status add_of_width(mx_pickle_machine *m, const opcode *op) {
    MX_TRY(mx_pickle_need(m, (size_t)op->width));
    return add_to_container(m, op->kind, m->depth - (size_t)op->width);
}

/* Without a width the memo's next index. */
static mx_status put(mx_pickle_machine *m, const opcode *op) {
    uint64_t index = m->n_memo;
    if (op->width) MX_TRY(mx_pickle_take_number(m, op->width, &index));
    MX_TRY(mx_pickle_need(m, 1));
    return mx_pickle_remember(m, index, m->stack[m->depth - 1]);
}

static mx_status get(mx_pickle_machine *m, const opcode *op) {
    uint64_t index = 0;
    mx_pickle_value *value = NULL;
    MX_TRY(mx_pickle_take_number(m, op->width, &index));
    MX_TRY(mx_pickle_recall(m, index, &value));
    return mx_pickle_push(m, value);
}

static mx_status global_of_lines(mx_pickle_machine *m, const opcode *op) {
    const char *module = NULL, *name = NULL;
    size_t module_length = 0, length = 0;
    (void)op;
    MX_TRY(mx_pickle_take_line(m, &module, &module_length));
    MX_TRY(mx_pickle_take_line(m, &name, &length));
    return mx_pickle_push_global(m, module, module_length, name, length);
}

static mx_status global_of_stack(mx_pickle_machine *m, const opcode *op) {
    mx_pickle_value *module = NULL, *name = NULL;
    (void)op;
    MX_TRY(mx_pickle_pop(m, &name));
    MX_TRY(mx_pickle_pop(m, &module));
    if (name->kind != MX_PICKLE_TEXT || module->kind != MX_PICKLE_TEXT)
        return mx_pickle_bad(m, "finds no names");
    return mx_pickle_push_global(m, module->text, module->length, name->text, name->length);
}

/* OrderedDict() or, from Python 2, OrderedDict([[key, value], ...]). */
static mx_status make_dict(mx_pickle_machine *m, const mx_pickle_value *arguments) {
    mx_pickle_value *dict = NULL;
    MX_TRY(mx_pickle_push_new(m, MX_PICKLE_DICT, &dict));
    if (arguments->n_items == 0) return MX_OK;
    const mx_pickle_value *pairs = arguments->items[0];
    if (arguments->n_items != 1 || pairs->kind != MX_PICKLE_LIST)
        return mx_pickle_bad(m, "makes an OrderedDict of something else than a list");
    for (size_t i = 0; i < pairs->n_items; i++) {
        const mx_pickle_value *pair = pairs->items[i];
        if ((pair->kind != MX_PICKLE_LIST && pair->kind != MX_PICKLE_TUPLE) || pair->n_items != 2)
            return mx_pickle_bad(m, "makes an OrderedDict of something else than pairs");
        MX_TRY(mx_pickle_add(m, dict, pair->items, 2));
    }
    return MX_OK;
}

static mx_status call(mx_pickle_machine *m, const opcode *op) {
    mx_pickle_value *arguments = NULL, *callable = NULL, *value = NULL;
    (void)op;
    MX_TRY(mx_pickle_pop(m, &arguments));
    MX_TRY(mx_pickle_pop(m, &callable));
    if (callable->kind != MX_PICKLE_GLOBAL || arguments->kind != MX_PICKLE_TUPLE)
        return mx_pickle_bad(m, "calls what is no class or function");
    if (mx_pickle_is_text(callable, ORDERED_DICT)) return make_dict(m, arguments);
    MX_TRY(mx_pickle_push_new(m, MX_PICKLE_CALL, &value));
    return mx_pickle_add(m, value, (mx_pickle_value *[]){callable, arguments}, 2);
}

/* Attributes of a dict (state_dict's _metadata) or an object: of no use here. */
static mx_status drop_attributes(mx_pickle_machine *m, const opcode *op) {
    mx_pickle_value *attributes = NULL;
    (void)op;
    MX_TRY(mx_pickle_pop(m, &attributes));
    MX_TRY(mx_pickle_need(m, 1));
    const mx_pickle_kind kind = m->stack[m->depth - 1]->kind;
    if (kind != MX_PICKLE_DICT && kind != MX_PICKLE_CALL)
        return mx_pickle_bad(m, "sets attributes of what has none");
    return MX_OK;
}

static mx_status push_persistent(mx_pickle_machine *m, const opcode *op) {
    mx_pickle_value *id = NULL, *value = NULL;
    (void)op;
    MX_TRY(mx_pickle_pop(m, &id));
    MX_TRY(mx_pickle_push_new(m, MX_PICKLE_PERSISTENT, &value));
    MX_TRY(mx_pickle_add(m, value, &id, 1));
    return mx_pickle_add(m, &m->persistent, &value, 1);
}

static const opcode opcodes[256] = {
    [0x80] = {.run = skip, .width = 1}, /* PROTO */
    [0x95] = {.run = skip, .width = 8}, /* FRAME */
    ['.'] = {.run = stop},
    ['('] = {.run = mark},
    ['N'] = {.run = push_empty, .kind = MX_PICKLE_NONE},
    [']'] = {.run = push_empty, .kind = MX_PICKLE_LIST},
    [')'] = {.run = push_empty, .kind = MX_PICKLE_TUPLE},
    ['}'] = {.run = push_empty, .kind = MX_PICKLE_DICT},
    [0x89] = {.run = push_false},
    [0x88] = {.run = push_true},
    ['K'] = {.run = push_number, .width = 1},
    ['M'] = {.run = push_number, .width = 2},
    ['J'] = {.run = push_number, .width = 4},
    ['I'] = {.run = push_decimal},
    ['L'] = {.run = push_decimal},
    [0x8a] = {.run = push_long, .kind = MX_PICKLE_LONG, .width = 1},
    [0x8b] = {.run = push_long, .kind = MX_PICKLE_LONG, .width = 4},
    ['G'] = {.run = push_float},
    ['X'] = {.run = push_string, .kind = MX_PICKLE_TEXT, .width = 4},
    [0x8c] = {.run = push_string, .kind = MX_PICKLE_TEXT, .width = 1},
    [0x8d] = {.run = push_string, .kind = MX_PICKLE_TEXT, .width = 8},
    ['T'] = {.run = push_string, .kind = MX_PICKLE_TEXT, .width = 4}, /* Python 2's str */
    ['U'] = {.run = push_string, .kind = MX_PICKLE_TEXT, .width = 1},
    ['B'] = {.run = push_string, .kind = MX_PICKLE_BYTES, .width = 4},
    ['C'] = {.run = push_string, .kind = MX_PICKLE_BYTES, .width = 1},
    [0x8e] = {.run = push_string, .kind = MX_PICKLE_BYTES, .width = 8},
    ['t'] = {.run = tuple_from_mark},
    [0x85] = {.run = tuple_of_width, .width = 1},
    [0x86] = {.run = tuple_of_width, .width = 2},
    [0x87] = {.run = tuple_of_width, .width = 3},
    ['a'] = {.run = add_of_width, .kind = MX_PICKLE_LIST, .width = 1},
    ['e'] = {.run = add_from_mark, .kind = MX_PICKLE_LIST},
    ['s'] = {.run = add_of_width, .kind = MX_PICKLE_DICT, .width = 2},
    ['u'] = {.run = add_from_mark, .kind = MX_PICKLE_DICT},
    [0x94] = {.run = put}, /* MEMOIZE */
    ['q'] = {.run = put, .width = 1},
    ['r'] = {.run = put, .width = 4},
    ['h'] = {.run = get, .width = 1},
    ['j'] = {.run = get, .width = 4},
    ['c'] = {.run = global_of_lines},
    [0x93] = {.run = global_of_stack},
    ['R'] = {.run = call},
    [0x81] = {.run = call}, /* NEWOBJ */
    ['b'] = {.run = drop_attributes},
    ['Q'] = {.run = push_persistent},
};

mx_status mx_pickle_step(mx_pickle_machine *m, unsigned char code) {
    const opcode *op = &opcodes[code];
    if (op->run) return op->run(m, op);
    return mx_fail(
        MX_DATA,
        "pickle byte %zu: opcode 0x%02x is none that torch.save writes for tensors; save "
        "the state_dict with torch.save's default pickle_protocol",
        m->opcode_at, (unsigned)code);
}
