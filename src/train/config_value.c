/* From the text of a value to a typed field. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/config_internal.h"
#include "train/config_nearest.h"

bool mx_parse_int(const char *text, int64_t *out) {
    const char *digits = text + (*text == '-' || *text == '+');
    if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0') return false;
    errno = 0;
    const long long value = strtoll(text, NULL, 10);
    *out = value;
    return errno == 0 && value >= INT64_MIN && value <= INT64_MAX;
}

/* Decimal only: strtod alone would take "inf", "nan" and hexadecimal. */
bool mx_parse_real(const char *text, double *out) {
    if (*text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0') return false;
    char *end;
    errno = 0;
    *out = strtod(text, &end);
    return *end == '\0' && errno == 0 && isfinite(*out);
}

/* "A..B" or "A..<B": strtod on the whole would read "0." from "0..1". */
static void split_range(const char *range, char low[32], const char **high, bool *below) {
    const char *dots = strstr(range, "..");
    const size_t length = (size_t)(dots - range);
    memcpy(low, range, length);
    low[length] = '\0';
    *below = dots[2] == '<';
    *high = dots + 2 + *below;
}

static bool int_in_range(int64_t value, const char *range) {
    int64_t bound = 0;
    if (strchr(range, '|')) {
        for (const char *next = range; next;
             next = strchr(next, '|') ? strchr(next, '|') + 1 : NULL)
            if (strtoll(next, NULL, 10) == value) return true;
        return false;
    }
    char low[32];
    const char *high;
    bool below;
    split_range(range, low, &high, &below);
    return mx_parse_int(low, &bound) && value >= bound && mx_parse_int(high, &bound) &&
           value <= bound;
}

static bool real_in_range(double value, const char *range) {
    char low[32];
    const char *high;
    bool below;
    split_range(range, low, &high, &below);
    const double top = strtod(high, NULL);
    return value >= strtod(low, NULL) && (below ? value < top : value <= top);
}

static bool parse_bool(const char *text, bool *out) {
    static const char *const words[][2] = {
        {"false", "true"}, {"no", "yes"}, {"off", "on"}, {"0", "1"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (int value = 0; value < 2; value++)
            if (strcmp(text, words[i][value]) == 0) {
                *out = value;
                return true;
            }
    return false;
}

static bool parse_choice(const char *text, const char *choices, int *out) {
    const char *cursor = choices, *word;
    size_t length;
    for (int i = 0; mx_next_choice(&cursor, &word, &length); i++)
        if (strlen(text) == length && memcmp(text, word, length) == 0) {
            *out = i;
            return true;
        }
    return false;
}

/* Cuts `rest` at its first comma: the trimmed item before it; *rest is NULL after the last one. */
static char *next_item(char **rest) {
    char *item = *rest, *comma = strchr(item, ',');
    *rest = comma ? comma + 1 : NULL;
    char *end = comma ? comma : item + strlen(item);
    while (isspace((unsigned char)*item))
        item++;
    while (end > item && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return item;
}

static bool has_item(const mx_list *list, const char *item) {
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->items[i], item) == 0) return true;
    return false;
}

static mx_status parse_list(const mx_key_slot *slot, const char *text, const char *where,
                            mx_arena *arena) {
    const char *name = slot->key->name;
    mx_list list = {0};
    size_t n_items = *text != '\0';
    for (const char *c = text; *c; c++)
        n_items += *c == ',';
    char *rest = mx_arena_strdup(arena, text);
    list.items = n_items ? mx_arena_alloc(arena, n_items * sizeof *list.items) : NULL;
    if (!rest || (n_items && !list.items))
        return mx_fail(MX_MEMORY, "cannot hold a list of %zu items", n_items);
    for (size_t i = 0; i < n_items; i++) {
        const char *item = next_item(&rest);
        if (*item == '\0')
            return mx_fail(MX_USAGE, "%s: %s.%s = '%s' has an empty item", where, slot->section,
                           name, text);
        if (has_item(&list, item))
            return mx_fail(MX_USAGE, "%s: %s.%s = '%s' has '%s' twice", where, slot->section, name,
                           text, item);
        list.items[list.count++] = item;
    }
    memcpy((char *)slot->fields + slot->key->offset, &list, sizeof list);
    return MX_OK;
}

/* Appends "; did you mean 'WORD'?" for a mistyped choice. */
static void suggest_choice(mx_buf *out, const char *choices, const char *text) {
    mx_nearest nearest = {.word = text};
    const char *cursor = choices, *start;
    size_t length;
    while (mx_next_choice(&cursor, &start, &length)) {
        char word[MX_NEAREST_BYTES] = "";
        if (length < sizeof word) memcpy(word, start, length);
        mx_nearest_offer(&nearest, word);
    }
    if (*nearest.best) mx_buf_printf(out, "; did you mean '%s'?", nearest.best);
}

static mx_status refuse(const mx_key_slot *slot, const char *text, const char *where) {
    const mx_key *key = slot->key;
    static const char *const nouns[] = {[MX_KEY_INT] = "a whole number within ",
                                        [MX_KEY_REAL] = "a number within ",
                                        [MX_KEY_BOOL] = "",
                                        [MX_KEY_CHOICE] = ""};
    mx_buf expected = {0};
    if (!strchr(key->range, '|')) mx_buf_puts(&expected, nouns[key->type]);
    mx_key_describe_range(&expected, key);
    if (key->type == MX_KEY_CHOICE) suggest_choice(&expected, key->range, text);
    const mx_status status = mx_fail(MX_USAGE, "%s: %s.%s = '%s' is not %s", where, slot->section,
                                     key->name, text, mx_buf_text(&expected));
    mx_buf_release(&expected);
    return status;
}

mx_status mx_key_parse(const mx_key_slot *slot, const char *text, const char *where,
                       mx_arena *arena) {
    const mx_key *key = slot->key;
    void *field = (char *)slot->fields + key->offset;
    bool ok = false;
    switch (key->type) {
    case MX_KEY_INT:
        ok = mx_parse_int(text, field) && int_in_range(*(int64_t *)field, key->range);
        break;
    case MX_KEY_REAL:
        ok = mx_parse_real(text, field) && real_in_range(*(double *)field, key->range);
        break;
    case MX_KEY_BOOL:
        ok = parse_bool(text, field);
        break;
    case MX_KEY_CHOICE:
        ok = parse_choice(text, key->range, field);
        break;
    case MX_KEY_TEXT:
    case MX_KEY_PATH:
        *(const char **)field = text;
        return MX_OK;
    case MX_KEY_LIST:
        return parse_list(slot, text, where, arena);
    }
    return ok ? MX_OK : refuse(slot, text, where);
}
