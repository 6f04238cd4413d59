/* The rows of config.def as tables, and what can be said of a key without a configuration. */
#include <string.h>

#include "data/dataset.h"
#include "train/config_internal.h"

_Static_assert(MX_SOURCE_FOLDER == 0 && MX_SOURCE_IDX == 1, "order of MX_CONFIG_KIND_CHOICES");
_Static_assert(MX_SPLIT_TRAIN == 0 && MX_SPLIT_TEST == 1 && MX_SPLIT_UNLABELLED == 2,
               "order of MX_CONFIG_SPLIT_CHOICES");

const mx_key mx_config_keys[MX_N_KEYS] = {
#define MX_KEY(section, key, TYPE, fallback, range, help)                                          \
    {#section, #key, MX_KEY_##TYPE, fallback, range, help, offsetof(mx_config, section##_##key)},
#include "train/config.def"
};

const mx_key mx_config_source_keys[MX_N_SOURCE_KEYS] = {
#define MX_SOURCE_KEY(key, TYPE, fallback, range, help)                                            \
    {"source", #key, MX_KEY_##TYPE, fallback, range, help, offsetof(mx_config_source, key)},
#include "train/config.def"
};

const char *mx_key_type_name(mx_key_type type) {
    static const char *const names[] = {
        [MX_KEY_INT] = "int",   [MX_KEY_REAL] = "real", [MX_KEY_BOOL] = "bool",
        [MX_KEY_TEXT] = "text", [MX_KEY_PATH] = "path", [MX_KEY_CHOICE] = "choice",
        [MX_KEY_LIST] = "list",
    };
    return names[type];
}

bool mx_next_choice(const char **cursor, const char **word, size_t *length) {
    if (**cursor == '|') ++*cursor;
    if (**cursor == '\0') return false;
    *word = *cursor;
    *length = strcspn(*word, "|");
    *cursor = *word + *length;
    return true;
}

bool mx_is_choice(const char *choices, const char *text) {
    const char *cursor = choices, *word;
    size_t length;
    while (mx_next_choice(&cursor, &word, &length))
        if (strlen(text) == length && memcmp(text, word, length) == 0) return true;
    return false;
}

static void describe_choices(mx_buf *out, const char *range) {
    const char *cursor = range, *word;
    size_t length;
    for (bool first = true; mx_next_choice(&cursor, &word, &length); first = false) {
        if (!first) mx_buf_puts(out, *cursor ? ", " : " or ");
        mx_buf_append(out, word, length);
    }
}

/* "a, b or a path" */
static void describe_words(mx_buf *out, const char *range) {
    const char *cursor = range, *word;
    size_t length;
    for (bool first = true; mx_next_choice(&cursor, &word, &length); first = false) {
        if (!first) mx_buf_puts(out, ", ");
        mx_buf_append(out, word, length);
    }
    mx_buf_puts(out, " or a path");
}

void mx_key_describe_range(mx_buf *out, const mx_key *key) {
    const char *below = strstr(key->range, "..<");
    if (key->type == MX_KEY_CHOICE || (key->type == MX_KEY_INT && strchr(key->range, '|')))
        describe_choices(out, key->range);
    else if (key->type == MX_KEY_BOOL)
        mx_buf_puts(out, "true or false");
    else if (key->type == MX_KEY_PATH && *key->range)
        describe_words(out, key->range);
    else if (key->type == MX_KEY_REAL && below)
        mx_buf_printf(out, "%.*s..%s, below %s", (int)(below - key->range), key->range, below + 3,
                      below + 3);
    else
        mx_buf_puts(out, key->range);
}
