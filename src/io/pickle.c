#include "io/pickle.h"

#include <stdlib.h>
#include <string.h>

#include "io/pickle_internal.h"
#include "io/printable.h"

enum { STACK_LIMIT = 1 << 20, MEMO_LIMIT = 1 << 22 };
#define MEMORY_LIMIT ((size_t)128 << 20) /* of all values of a pickle */

mx_status mx_pickle_bad(const mx_pickle_machine *m, const char *why) {
    return mx_fail(MX_DATA, "pickle byte %zu: opcode 0x%02x %s; the file is damaged", m->opcode_at,
                   (unsigned)(unsigned char)m->bytes[m->opcode_at], why);
}

mx_status mx_pickle_take(mx_pickle_machine *m, uint64_t count, const char **out) {
    if (count > m->length - m->at) return mx_pickle_bad(m, "needs more bytes than there are");
    *out = m->bytes + m->at;
    m->at += (size_t)count;
    return MX_OK;
}

mx_status mx_pickle_take_number(mx_pickle_machine *m, int width, uint64_t *out) {
    const char *bytes = NULL;
    *out = 0;
    MX_TRY(mx_pickle_take(m, (uint64_t)width, &bytes));
    for (int i = 0; i < width; i++)
        *out |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return MX_OK;
}

mx_status mx_pickle_take_line(mx_pickle_machine *m, const char **out, size_t *length) {
    const char *begin = m->bytes + m->at, *end = memchr(begin, '\n', m->length - m->at);
    if (!end) return mx_pickle_bad(m, "has a line without an end");
    *out = begin;
    *length = (size_t)(end - begin);
    m->at += *length + 1;
    return MX_OK;
}

static mx_status allocate(mx_pickle_machine *m, size_t bytes, void *out) {
    if (bytes > MEMORY_LIMIT - m->memory)
        return mx_fail(MX_DATA, "the pickle holds too many values; save the state_dict alone");
    void *memory = mx_arena_alloc(&m->out->arena, bytes);
    if (!memory) return mx_fail(MX_MEMORY, "cannot allocate %zu bytes for a pickle", bytes);
    m->memory += bytes;
    memcpy(out, &memory, sizeof memory);
    return MX_OK;
}

mx_status mx_pickle_push(mx_pickle_machine *m, mx_pickle_value *value) {
    if (m->depth >= STACK_LIMIT) return mx_pickle_bad(m, "finds the stack full");
    MX_TRY(mx_grow(&m->stack, &m->stack_capacity, m->depth + 1, sizeof(mx_pickle_value *)));
    m->stack[m->depth++] = value;
    return MX_OK;
}

mx_status mx_pickle_push_new(mx_pickle_machine *m, mx_pickle_kind kind, mx_pickle_value **out) {
    MX_TRY(allocate(m, sizeof **out, out));
    (*out)->kind = kind;
    return mx_pickle_push(m, *out);
}

size_t mx_pickle_floor(const mx_pickle_machine *m) {
    return m->n_marks ? m->marks[m->n_marks - 1] : 0;
}

mx_status mx_pickle_need(const mx_pickle_machine *m, size_t count) {
    return m->depth - mx_pickle_floor(m) < count ? mx_pickle_bad(m, "finds the stack too short")
                                                 : MX_OK;
}

mx_status mx_pickle_pop(mx_pickle_machine *m, mx_pickle_value **out) {
    MX_TRY(mx_pickle_need(m, 1));
    *out = m->stack[--m->depth];
    return MX_OK;
}

mx_status mx_pickle_mark(mx_pickle_machine *m) {
    if (m->n_marks == MX_PICKLE_MARKS) return mx_pickle_bad(m, "nests too deeply");
    m->marks[m->n_marks++] = m->depth;
    return MX_OK;
}

mx_status mx_pickle_pop_mark(mx_pickle_machine *m, size_t *first) {
    if (!m->n_marks) return mx_pickle_bad(m, "finds no mark");
    *first = m->marks[--m->n_marks];
    return MX_OK;
}

mx_status mx_pickle_add(mx_pickle_machine *m, mx_pickle_value *to, mx_pickle_value **items,
                        size_t count) {
    const size_t needed = to->n_items + count;
    if (needed > to->capacity) {
        const size_t capacity = needed > 2 * to->capacity ? needed : 2 * to->capacity;
        mx_pickle_value **grown = NULL;
        MX_TRY(allocate(m, capacity * sizeof *grown, &grown));
        if (to->n_items) memcpy(grown, to->items, to->n_items * sizeof *grown);
        to->items = grown;
        to->capacity = capacity;
    }
    if (count) memcpy(to->items + to->n_items, items, count * sizeof *items);
    to->n_items = needed;
    return MX_OK;
}

mx_status mx_pickle_remember(mx_pickle_machine *m, uint64_t index, mx_pickle_value *value) {
    if (index >= MEMO_LIMIT) return mx_pickle_bad(m, "has a memo index out of range");
    MX_TRY(mx_grow(&m->memo, &m->memo_capacity, (size_t)index + 1, sizeof(mx_pickle_value *)));
    for (; m->n_memo <= index; m->n_memo++)
        m->memo[m->n_memo] = NULL;
    m->memo[index] = value;
    return MX_OK;
}

mx_status mx_pickle_recall(const mx_pickle_machine *m, uint64_t index, mx_pickle_value **out) {
    *out = index < m->n_memo ? m->memo[index] : NULL;
    return *out ? MX_OK : mx_pickle_bad(m, "asks for what is not in the memo");
}

static bool is_joined(const char *whole, const char *module, size_t module_length, const char *name,
                      size_t length) {
    return strlen(whole) == module_length + 1 + length &&
           memcmp(whole, module, module_length) == 0 && whole[module_length] == '.' &&
           memcmp(whole + module_length + 1, name, length) == 0;
}

mx_status mx_pickle_push_global(mx_pickle_machine *m, const char *module, size_t module_length,
                                const char *name, size_t length) {
    for (const char *const *global = m->globals; *global; global++) {
        if (!is_joined(*global, module, module_length, name, length)) continue;
        mx_pickle_value *value = NULL;
        MX_TRY(mx_pickle_push_new(m, MX_PICKLE_GLOBAL, &value));
        value->text = *global;
        value->length = strlen(*global);
        return MX_OK;
    }
    return mx_fail(MX_DATA, "refuses the global '%s.%s' of the pickle; save the state_dict alone",
                   mx_printable_bytes(module, module_length).text,
                   mx_printable_bytes(name, length).text);
}

static mx_status run(mx_pickle_machine *m) {
    while (!m->out->root) {
        const char *code = NULL;
        m->opcode_at = m->at;
        if (m->at == m->length)
            return mx_fail(MX_DATA, "the pickle ends at byte %zu without its end mark", m->at);
        MX_TRY(mx_pickle_take(m, 1, &code));
        MX_TRY(mx_pickle_step(m, (unsigned char)*code));
    }
    m->out->persistent = m->persistent.items;
    m->out->n_persistent = m->persistent.n_items;
    m->out->length = m->at;
    return MX_OK;
}

mx_status mx_pickle_read(mx_pickle *out, const char *bytes, size_t length,
                         const char *const *globals) {
    mx_pickle_machine m = {.bytes = bytes, .length = length, .globals = globals, .out = out};
    *out = (mx_pickle){0};
    const mx_status status = run(&m);
    free(m.stack);
    free(m.memo);
    if (status != MX_OK) mx_pickle_release(out);
    return status;
}

bool mx_pickle_is_text(const mx_pickle_value *value, const char *text) {
    return (value->kind == MX_PICKLE_TEXT || value->kind == MX_PICKLE_GLOBAL) &&
           value->length == strlen(text) && memcmp(value->text, text, value->length) == 0;
}

const mx_pickle_value *mx_pickle_find(const mx_pickle_value *dict, const char *key) {
    for (size_t i = dict->n_items; i >= 2; i -= 2)
        if (mx_pickle_is_text(dict->items[i - 2], key)) return dict->items[i - 1];
    return NULL;
}

const char *mx_pickle_kind_name(mx_pickle_kind kind) {
    static const char *const names[] = {
        [MX_PICKLE_NONE] = "None",          [MX_PICKLE_BOOL] = "a boolean",
        [MX_PICKLE_INT] = "a whole number", [MX_PICKLE_LONG] = "a whole number",
        [MX_PICKLE_FLOAT] = "a number",     [MX_PICKLE_TEXT] = "a text",
        [MX_PICKLE_BYTES] = "bytes",        [MX_PICKLE_LIST] = "a list",
        [MX_PICKLE_TUPLE] = "a tuple",      [MX_PICKLE_DICT] = "a mapping",
        [MX_PICKLE_GLOBAL] = "a class",     [MX_PICKLE_PERSISTENT] = "a storage",
        [MX_PICKLE_CALL] = "an object",
    };
    return names[kind];
}

void mx_pickle_release(mx_pickle *pickle) {
    mx_arena_release(&pickle->arena);
    *pickle = (mx_pickle){0};
}
