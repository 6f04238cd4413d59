/* The pickle machine: a stack of values with marks, and a memo; opcodes are in pickle_opcodes.c. */
#ifndef MX_IO_PICKLE_INTERNAL_H
#define MX_IO_PICKLE_INTERNAL_H

#include "io/pickle.h"

enum { MX_PICKLE_MARKS = 1000 };

typedef struct mx_pickle_machine {
    const char *bytes;
    size_t length, at, opcode_at;
    const char *const *globals;
    mx_pickle *out;
    mx_pickle_value persistent; /* items: every persistent id so far */
    size_t memory;              /* bytes of all values so far */
    mx_pickle_value **stack, **memo;
    size_t depth, stack_capacity, n_memo, memo_capacity;
    size_t marks[MX_PICKLE_MARKS]; /* stack depths */
    int n_marks;
} mx_pickle_machine;

/* Runs one opcode; STOP sets out->root. */
mx_status mx_pickle_step(mx_pickle_machine *m, unsigned char code);

/* MX_DATA: "pickle byte B: opcode 0xNN WHY; ...". */
mx_status mx_pickle_bad(const mx_pickle_machine *m, const char *why);
/* The next `count` bytes; a little-endian number of `width` bytes; up to a newline. */
mx_status mx_pickle_take(mx_pickle_machine *m, uint64_t count, const char **out);
mx_status mx_pickle_take_number(mx_pickle_machine *m, int width, uint64_t *out);
mx_status mx_pickle_take_line(mx_pickle_machine *m, const char **out, size_t *length);

/* Values above the last mark can be popped. */
mx_status mx_pickle_push(mx_pickle_machine *m, mx_pickle_value *value);
mx_status mx_pickle_push_new(mx_pickle_machine *m, mx_pickle_kind kind, mx_pickle_value **out);
mx_status mx_pickle_push_global(mx_pickle_machine *m, const char *module, size_t module_length,
                                const char *name, size_t length);
mx_status mx_pickle_pop(mx_pickle_machine *m, mx_pickle_value **out);
mx_status mx_pickle_need(const mx_pickle_machine *m, size_t count);
/* The depth of the last mark, 0 without one. */
size_t mx_pickle_floor(const mx_pickle_machine *m);
mx_status mx_pickle_mark(mx_pickle_machine *m);
/* Removes the last mark; what was above it begins at *first of the stack. */
mx_status mx_pickle_pop_mark(mx_pickle_machine *m, size_t *first);

/* Appends to the items of a value. */
mx_status mx_pickle_add(mx_pickle_machine *m, mx_pickle_value *to, mx_pickle_value **items,
                        size_t count);
mx_status mx_pickle_remember(mx_pickle_machine *m, uint64_t index, mx_pickle_value *value);
mx_status mx_pickle_recall(const mx_pickle_machine *m, uint64_t index, mx_pickle_value **out);

#endif
