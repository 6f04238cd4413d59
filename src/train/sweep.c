#include "train/sweep.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/sha256.h"
#include "train/config_internal.h"

/* A dimension as it is written. */
typedef struct text_of_dimension {
    const char *name, *text;
    const char *where;  /* prefix of messages */
    const char *folder; /* that relative paths start at; NULL: the working folder */
} text_of_dimension;

static mx_status no_memory(void) {
    return mx_fail(MX_MEMORY, "cannot hold the grid of a sweep");
}

/* A copy of text[0 .. length) without white space around it; NULL out of memory. */
static char *copy_trimmed(mx_arena *arena, const char *text, size_t length) {
    while (length > 0 && isspace((unsigned char)*text))
        text++, length--;
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    char *copy = mx_arena_alloc(arena, length + 1);
    if (copy) memcpy(copy, text, length);
    return copy;
}

/* The row of config.def for text[0 .. length), "section.key", or NULL. */
static const mx_key *find_key(const char *text, size_t length) {
    static const char source[] = "source.";
    const bool of_source = strncmp(text, source, sizeof source - 1) == 0;
    const mx_key *keys = of_source ? mx_config_source_keys : mx_config_keys;
    const int n_keys = of_source ? MX_N_SOURCE_KEYS : MX_N_KEYS;
    size_t name = length;
    while (name > 0 && text[name - 1] != '.')
        name--;
    for (int i = 0; i < n_keys; i++) {
        const size_t section = strlen(keys[i].section);
        const bool here =
            of_source || (name == section + 1 && strncmp(keys[i].section, text, section) == 0);
        if (here && strlen(keys[i].name) == length - name &&
            strncmp(keys[i].name, text + name, length - name) == 0)
            return &keys[i];
    }
    return NULL;
}

/* Appends "key=value" to `value`, the path in it made absolute where it is one of the file's. */
static mx_status add_set(mx_sweep *sweep, const text_of_dimension *from, mx_sweep_value *value,
                         const char *key, const char *text) {
    const mx_key *row = find_key(key, strlen(key));
    const bool is_path =
        row && row->type == MX_KEY_PATH && *text && from->folder && !mx_is_choice(row->range, text);
    char *path = NULL;
    if (is_path) MX_TRY(mx_path_join(&path, from->folder, text));
    const char *whole = path ? path : text;
    const size_t bytes = strlen(key) + strlen(whole) + 2;
    char *set = mx_arena_alloc(&sweep->arena, bytes);
    if (set) snprintf(set, bytes, "%s=%s", key, whole);
    free(path);
    if (!set) return no_memory();
    value->sets[value->n_sets++] = set;
    return MX_OK;
}

/* Where the assignment after `text` begins: at a word with a '='. */
static const char *next_assignment(const char *text) {
    for (;;) {
        text += strcspn(text, " \t");
        text += strspn(text, " \t");
        if (*text == '\0' || memchr(text, '=', strcspn(text, " \t"))) return text;
    }
}

/* "LABEL: section.key=value section.key=value" */
static mx_status read_variant(mx_sweep *sweep, const text_of_dimension *from, const char *item,
                              mx_sweep_value *value) {
    const char *colon = strchr(item, ':');
    if (!colon || colon == item)
        return mx_fail(MX_USAGE, "%s: '%s' is not 'LABEL: SECTION.KEY=VALUE ...'", from->where,
                       item);
    value->label = copy_trimmed(&sweep->arena, item, (size_t)(colon - item));
    value->sets = mx_arena_alloc(&sweep->arena, (strlen(item) / 2 + 1) * sizeof *value->sets);
    if (!value->label || !value->sets) return no_memory();
    for (const char *at = colon + 1 + strspn(colon + 1, " \t"), *end; *at; at = end) {
        end = next_assignment(at);
        const char *equals = memchr(at, '=', (size_t)(end - at));
        if (!equals || equals == at || !memchr(at, '.', (size_t)(equals - at)))
            return mx_fail(MX_USAGE, "%s: '%.*s' in '%s' is not SECTION.KEY=VALUE", from->where,
                           (int)strcspn(at, " \t"), at, item);
        const char *key = copy_trimmed(&sweep->arena, at, (size_t)(equals - at));
        const char *text = copy_trimmed(&sweep->arena, equals + 1, (size_t)(end - equals - 1));
        if (!key || !text) return no_memory();
        MX_TRY(add_set(sweep, from, value, key, text));
    }
    return MX_OK;
}

static mx_status read_value(mx_sweep *sweep, const text_of_dimension *from, const char *item,
                            mx_sweep_value *value) {
    if (*item == '\0')
        return mx_fail(MX_USAGE, "%s: '%s' has an empty value", from->where, from->name);
    if (!strchr(from->name, '.')) return read_variant(sweep, from, item, value);
    value->label = item;
    value->sets = mx_arena_alloc(&sweep->arena, sizeof *value->sets);
    if (!value->sets) return no_memory();
    return add_set(sweep, from, value, from->name, item);
}

static mx_status check_name(const text_of_dimension *from) {
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    const char *name = from->name;
    if (strchr(name, '.') || (*name && name[strspn(name, allowed)] == '\0')) return MX_OK;
    return mx_fail(MX_USAGE,
                   "%s: '%s' is neither SECTION.KEY nor a name of letters, digits, '-' and '_'",
                   from->where, name);
}

static mx_status check_twice(const text_of_dimension *from, const mx_sweep_dimension *dimension) {
    const char *last = dimension->values[dimension->n_values - 1].label;
    for (int i = 0; i + 1 < dimension->n_values; i++)
        if (strcmp(dimension->values[i].label, last) == 0)
            return mx_fail(MX_USAGE, "%s: '%s' has the value '%s' twice", from->where, from->name,
                           last);
    return MX_OK;
}

static mx_status add_dimension(mx_sweep *sweep, const text_of_dimension *from) {
    MX_TRY(check_name(from));
    if (sweep->n_dimensions == MX_SWEEP_DIMENSIONS)
        return mx_fail(MX_USAGE, "%s: a sweep varies at most %d things", from->where,
                       MX_SWEEP_DIMENSIONS);
    mx_sweep_dimension *dimension = &sweep->dimensions[sweep->n_dimensions++];
    const bool bars = strchr(from->text, '|') || !strchr(from->name, '.');
    size_t n_values = 1;
    for (const char *c = from->text; *c; c++)
        n_values += *c == (bars ? '|' : ',');
    *dimension = (mx_sweep_dimension){.name = mx_arena_strdup(&sweep->arena, from->name)};
    dimension->values = mx_arena_alloc(&sweep->arena, n_values * sizeof *dimension->values);
    if (!dimension->name || !dimension->values) return no_memory();
    for (const char *at = from->text;; at++) {
        const size_t length = strcspn(at, bars ? "|" : ",");
        const char *item = copy_trimmed(&sweep->arena, at, length);
        if (!item) return no_memory();
        MX_TRY(read_value(sweep, from, item, &dimension->values[dimension->n_values++]));
        MX_TRY(check_twice(from, dimension));
        at += length;
        if (*at == '\0') return MX_OK;
    }
}

static bool same_key(const char *a, const char *b) {
    const size_t length = strcspn(a, "=");
    return length == strcspn(b, "=") && strncmp(a, b, length) == 0;
}

/* A value of `dimension` that sets the key of `set`, or NULL. */
static const char *setter(const mx_sweep_dimension *dimension, const char *set) {
    for (int v = 0; v < dimension->n_values; v++)
        for (int s = 0; s < dimension->values[v].n_sets; s++)
            if (same_key(dimension->values[v].sets[s], set)) return dimension->values[v].sets[s];
    return NULL;
}

static mx_status check_key(const mx_sweep *sweep, int dimension, const char *set) {
    static const char *const own[] = {"run.name=", "run.out="};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (same_key(own[i], set))
            return mx_fail(MX_USAGE,
                           "a sweep names its runs itself: '%.*s' cannot be varied; --out and "
                           "--set run.name=NAME say where they go",
                           (int)strcspn(set, "="), set);
    for (int other = 0; other < dimension; other++)
        if (setter(&sweep->dimensions[other], set))
            return mx_fail(MX_USAGE, "'%.*s' is varied by '%s' and by '%s'", (int)strcspn(set, "="),
                           set, sweep->dimensions[other].name, sweep->dimensions[dimension].name);
    return MX_OK;
}

static mx_status check_keys(const mx_sweep *sweep) {
    for (int d = 0; d < sweep->n_dimensions; d++)
        for (int v = 0; v < sweep->dimensions[d].n_values; v++)
            for (int s = 0; s < sweep->dimensions[d].values[v].n_sets; s++)
                MX_TRY(check_key(sweep, d, sweep->dimensions[d].values[v].sets[s]));
    return MX_OK;
}

/* "NAME=VALUES" of the command line. */
static mx_status take_apart(mx_sweep *sweep, const char *vary, text_of_dimension *out) {
    const char *equals = strchr(vary, '=');
    const size_t bytes = strlen(vary) + sizeof "--vary ";
    char *where = mx_arena_alloc(&sweep->arena, bytes);
    if (!where) return no_memory();
    snprintf(where, bytes, "--vary %s", vary);
    if (!equals)
        return mx_fail(MX_USAGE, "%s: expected SECTION.KEY=VALUE,VALUE,... or NAME=LABEL:...",
                       where);
    *out = (text_of_dimension){.name = copy_trimmed(&sweep->arena, vary, (size_t)(equals - vary)),
                               .text = copy_trimmed(&sweep->arena, equals + 1, strlen(equals + 1)),
                               .where = where};
    return out->name && out->text ? MX_OK : no_memory();
}

/* Lines of the file, then those of the command line, which replace their namesakes. */
static mx_status read_texts(mx_sweep *sweep, const mx_config *config, const char *const *vary,
                            int n_vary) {
    text_of_dimension given[MX_SWEEP_DIMENSIONS];
    bool taken[MX_SWEEP_DIMENSIONS] = {false};
    if (n_vary > MX_SWEEP_DIMENSIONS)
        return mx_fail(MX_USAGE, "a sweep varies at most %d things", MX_SWEEP_DIMENSIONS);
    for (int i = 0; i < n_vary; i++) {
        MX_TRY(take_apart(sweep, vary[i], &given[i]));
        for (int j = 0; j < i; j++)
            if (strcmp(given[j].name, given[i].name) == 0)
                return mx_fail(MX_USAGE, "%s: '%s' is varied twice", given[i].where, given[i].name);
    }
    for (int i = 0; i < config->n_varied; i++) {
        const mx_config_vary *line = &config->varied[i];
        text_of_dimension from = {line->name, line->text, line->where, config->folder};
        for (int j = 0; j < n_vary; j++)
            if (strcmp(given[j].name, line->name) == 0) {
                from = given[j];
                taken[j] = true;
            }
        MX_TRY(add_dimension(sweep, &from));
    }
    for (int j = 0; j < n_vary; j++)
        if (!taken[j]) MX_TRY(add_dimension(sweep, &given[j]));
    return MX_OK;
}

static mx_status count_runs(mx_sweep *sweep) {
    size_t count = 1;
    for (int d = 0; d < sweep->n_dimensions; d++) {
        count *= (size_t)sweep->dimensions[d].n_values;
        if (count > MX_SWEEP_RUNS)
            return mx_fail(MX_USAGE, "a sweep has at most %d runs; vary less", MX_SWEEP_RUNS);
    }
    sweep->n_runs = (int)count;
    return MX_OK;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(a, b);
}

/* Labels may differ in nothing but what a folder's name cannot have. */
static mx_status check_folders(const mx_sweep *sweep) {
    char(*names)[MX_SWEEP_NAME_BYTES] = NULL;
    mx_status status = MX_OK;
    MX_TRY(mx_alloc(&names, (size_t)sweep->n_runs, sizeof *names));
    for (int run = 0; run < sweep->n_runs; run++)
        mx_sweep_name(sweep, run, names[run]);
    qsort(names, (size_t)sweep->n_runs, sizeof *names, compare_names);
    for (int run = 1; run < sweep->n_runs && status == MX_OK; run++)
        if (strcmp(names[run - 1], names[run]) == 0)
            status = mx_fail(MX_USAGE,
                             "two runs would have the folder '%s'; give their values labels: "
                             "NAME=LABEL: SECTION.KEY=VALUE | LABEL: ...",
                             names[run]);
    free(names);
    return status;
}

mx_status mx_sweep_open(mx_sweep *out, const mx_config *config, const char *const *vary,
                        int n_vary) {
    *out = (mx_sweep){0};
    MX_TRY(read_texts(out, config, vary, n_vary));
    if (out->n_dimensions == 0)
        return mx_fail(MX_USAGE,
                       "'%s' has no [sweep]: say what varies with --vary SECTION.KEY=VALUE,VALUE",
                       config->path);
    MX_TRY(check_keys(out));
    MX_TRY(count_runs(out));
    return check_folders(out);
}

void mx_sweep_release(mx_sweep *sweep) {
    mx_arena_release(&sweep->arena);
    *sweep = (mx_sweep){0};
}

void mx_sweep_pick(const mx_sweep *sweep, int run, int picks[MX_SWEEP_DIMENSIONS]) {
    for (int d = sweep->n_dimensions - 1; d >= 0; d--) {
        picks[d] = run % sweep->dimensions[d].n_values;
        run /= sweep->dimensions[d].n_values;
    }
}

int mx_sweep_run(const mx_sweep *sweep, const int picks[MX_SWEEP_DIMENSIONS]) {
    int run = 0;
    for (int d = 0; d < sweep->n_dimensions; d++)
        run = run * sweep->dimensions[d].n_values + picks[d];
    return run;
}

/* The end of a name that is too long: four bytes of its SHA-256. */
static void shorten(const mx_buf *whole, char out[MX_SWEEP_NAME_BYTES]) {
    enum { TAIL = 9 };
    unsigned char digest[MX_SHA256_BYTES];
    mx_sha256 hash;
    mx_sha256_init(&hash);
    mx_sha256_add(&hash, whole->data, whole->length);
    mx_sha256_finish(&hash, digest);
    snprintf(out + MX_SWEEP_NAME_BYTES - 1 - TAIL, TAIL + 1, "-%02x%02x%02x%02x", digest[0],
             digest[1], digest[2], digest[3]);
}

void mx_sweep_name(const mx_sweep *sweep, int run, char out[MX_SWEEP_NAME_BYTES]) {
    int picks[MX_SWEEP_DIMENSIONS];
    mx_buf whole = {0};
    mx_sweep_pick(sweep, run, picks);
    for (int d = 0; d < sweep->n_dimensions; d++)
        mx_buf_printf(&whole, "%s%s=%s", d ? "," : "", sweep->dimensions[d].name,
                      sweep->dimensions[d].values[picks[d]].label);
    snprintf(out, MX_SWEEP_NAME_BYTES, "%s", mx_buf_text(&whole));
    for (char *c = out; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._+=,-", *c)) *c = '-';
    if (whole.length >= MX_SWEEP_NAME_BYTES) shorten(&whole, out);
    mx_buf_release(&whole);
}

int mx_sweep_seeds(const mx_sweep *sweep) {
    for (int d = 0; d < sweep->n_dimensions; d++)
        if (strcmp(sweep->dimensions[d].name, "run.seed") == 0) return d;
    return -1;
}
