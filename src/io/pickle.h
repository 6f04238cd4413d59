/* Python pickles as torch.save writes them (protocols 2 to 4, and Python 2's), read without
 * executing anything: globals are names out of a list that the caller gives, and what a pickle
 * would call becomes a value that says so. Nothing of the stream is trusted: stack, memo, number of
 * values and their memory are bounded, strings must fit the bytes that are left, nothing recurses.
 * Format: CPython's Lib/pickletools.py. */
#ifndef MX_IO_PICKLE_H
#define MX_IO_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/status.h"

typedef enum mx_pickle_kind {
    MX_PICKLE_NONE,
    MX_PICKLE_BOOL,
    MX_PICKLE_INT,
    MX_PICKLE_LONG, /* beyond 64 bits: little-endian two's complement in `text` */
    MX_PICKLE_FLOAT,
    MX_PICKLE_TEXT, /* UTF-8, unchecked, may hold NUL */
    MX_PICKLE_BYTES,
    MX_PICKLE_LIST,
    MX_PICKLE_TUPLE,
    MX_PICKLE_DICT,       /* items: key, value, key, value, ...; keys may come twice */
    MX_PICKLE_GLOBAL,     /* text: "module.name" out of the list */
    MX_PICKLE_PERSISTENT, /* items: what the id is */
    MX_PICKLE_CALL,       /* items: a global, the tuple of its arguments */
} mx_pickle_kind;

typedef struct mx_pickle_value {
    mx_pickle_kind kind;
    union {
        int64_t integer; /* BOOL, INT */
        double number;   /* FLOAT */
        struct {
            const char *text; /* inside the stream, without a NUL at its end; GLOBAL has one */
            size_t length;
        };
        struct {
            struct mx_pickle_value **items;
            size_t n_items, capacity;
        };
    };
} mx_pickle_value;

typedef struct mx_pickle {
    const mx_pickle_value *root;  /* may contain itself: a walk must bound its depth */
    mx_pickle_value **persistent; /* every persistent id in the order of the stream */
    size_t n_persistent;
    size_t length; /* bytes that the pickle took, less than given when more follows */
    mx_arena arena;
} mx_pickle;

/* Reads the pickle at the beginning of `length` bytes, which must outlive the result. `globals` are
 * the names that may occur, NULL after the last; collections.OrderedDict becomes a DICT, and
 * attributes set on a DICT or a CALL are left out. Fails with MX_DATA (byte and opcode in the
 * message) and MX_MEMORY; *out is then empty. Release with mx_pickle_release. */
mx_status mx_pickle_read(mx_pickle *out, const char *bytes, size_t length,
                         const char *const *globals);
/* True for a TEXT or GLOBAL of these characters. */
bool mx_pickle_is_text(const mx_pickle_value *value, const char *text);
/* The last value of a DICT under a TEXT key, or NULL. */
const mx_pickle_value *mx_pickle_find(const mx_pickle_value *dict, const char *key);
/* "a list", for messages. */
const char *mx_pickle_kind_name(mx_pickle_kind kind);
void mx_pickle_release(mx_pickle *pickle);

#endif
