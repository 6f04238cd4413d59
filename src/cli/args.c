#include "cli/args.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "train/config_nearest.h"

enum { HELP_COLUMN = 28 };

const mx_option mx_common_options[] = {
    {"-h, --help", NULL, "print this text"},
    {"-q, --quiet", NULL, "print warnings and errors only"},
    {"-v, --verbose", NULL, "print more than usual"},
    {"-V, --version", NULL, "print the version"},
    {0},
};

static bool is_option(const mx_option *row) {
    return row->name[0] == '-';
}

static size_t count_rows(const mx_option *options) {
    size_t count = 0;
    while (options[count].name)
        count++;
    return count;
}

/* The row of the option that the first `length` bytes of `word` name, or -1. */
static int find_option(const mx_option *options, const char *word, size_t length) {
    for (int i = 0; options[i].name; i++)
        if (is_option(&options[i]) && strlen(options[i].name) == length &&
            memcmp(options[i].name, word, length) == 0)
            return i;
    return -1;
}

static bool *common_flag(mx_args *args, char letter) {
    switch (letter) {
    case 'h':
        return &args->help;
    case 'V':
        return &args->version;
    case 'q':
        return &args->quiet;
    case 'v':
        return &args->verbose;
    default:
        return NULL;
    }
}

/* "-qv" is "-q -v". */
static bool take_letters(mx_args *args, const char *letters) {
    for (const char *c = letters; *c; c++)
        if (!common_flag(args, *c)) return false;
    for (const char *c = letters; *c; c++)
        *common_flag(args, *c) = true;
    return *letters != '\0';
}

bool mx_args_common(mx_args *args, const char *word) {
    if (word[0] == '-' && word[1] != '-') return take_letters(args, word + 1);
    for (const mx_option *row = mx_common_options; row->name; row++)
        if (strcmp(strchr(row->name, ' ') + 1, word) == 0)
            return take_letters(args, (const char[]){row->name[1], '\0'});
    return false;
}

static mx_status unknown_option(const mx_option *options, const char *word, size_t length) {
    char name[MX_NEAREST_BYTES] = "";
    if (length < sizeof name) memcpy(name, word, length);
    mx_nearest nearest = {.word = name};
    for (const mx_option *row = options; row->name; row++)
        if (is_option(row)) mx_nearest_offer(&nearest, row->name);
    for (const mx_option *row = mx_common_options; row->name; row++)
        mx_nearest_offer(&nearest, strchr(row->name, ' ') + 1);
    mx_fail(MX_USAGE, "unknown option '%.*s'", (int)length, word);
    if (*nearest.best) mx_fail(MX_USAGE, "%s; did you mean '%s'?", mx_error(), nearest.best);
    return MX_USAGE;
}

/* Takes the option at argv[*at], and its value where that is the next word. */
static mx_status take_option(mx_args *args, int argc, const char *const *argv, int *at) {
    const char *word = argv[*at], *value = NULL;
    const size_t length = strcspn(word, "=");
    const int i = find_option(args->options, word, length);
    if (i < 0) return unknown_option(args->options, word, length);
    const mx_option *row = &args->options[i];
    if (!row->argument && word[length] == '=')
        return mx_fail(MX_USAGE, "%s takes no value", row->name);
    if (row->argument && word[length] == '=')
        value = word + length + 1;
    else if (row->argument && *at + 1 == argc)
        return mx_fail(MX_USAGE, "%s needs a value: %s %s", row->name, row->name, row->argument);
    else if (row->argument)
        value = argv[++*at];
    args->values[i * args->capacity + args->counts[i]++] = value;
    return MX_OK;
}

static bool takes_rest(const mx_option *row) {
    return strstr(row->name, "...") != NULL;
}

/* Holds the positionals to the table's first rows. */
static mx_status check_positionals(const mx_args *args) {
    int taken = 0;
    for (const mx_option *row = args->options; row->name && !is_option(row); row++) {
        if (row->name[0] != '[' && taken >= args->n_positionals)
            return mx_fail(MX_USAGE, "missing %s", row->name);
        taken = takes_rest(row) ? args->n_positionals : taken + 1;
    }
    if (args->n_positionals > taken)
        return mx_fail(MX_USAGE, "unexpected argument '%s'", args->positionals[taken]);
    return MX_OK;
}

static mx_status allocate(mx_args *out) {
    const size_t n_rows = count_rows(out->options), n_words = (size_t)out->capacity;
    MX_TRY(mx_alloc(&out->positionals, n_words, sizeof *out->positionals));
    MX_TRY(mx_alloc(&out->counts, n_rows, sizeof *out->counts));
    return mx_alloc(&out->values, n_rows * n_words, sizeof *out->values);
}

mx_status mx_args_parse(mx_args *out, const mx_option *options, const mx_args *common, int argc,
                        const char *const *argv) {
    *out = common ? *common : (mx_args){0};
    out->options = options;
    out->capacity = argc;
    MX_TRY(allocate(out));
    bool options_end = false;
    for (int i = 0; i < argc; i++) {
        if (options_end || argv[i][0] != '-' || argv[i][1] == '\0')
            out->positionals[out->n_positionals++] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            options_end = true;
        else if (!mx_args_common(out, argv[i]))
            MX_TRY(take_option(out, argc, argv, &i));
    }
    return out->help || out->version ? MX_OK : check_positionals(out);
}

void mx_args_release(mx_args *args) {
    free(args->positionals);
    free(args->counts);
    free(args->values);
    *args = (mx_args){0};
}

const char *const *mx_args_values(const mx_args *args, const char *name, int *count) {
    const int i = find_option(args->options, name, strlen(name));
    *count = args->counts[i];
    return args->values + i * args->capacity;
}

const char *mx_args_value(const mx_args *args, const char *name) {
    int count;
    const char *const *values = mx_args_values(args, name, &count);
    return count ? values[count - 1] : NULL;
}

mx_status mx_args_number(const mx_args *args, const char *name, int fallback, int most, int *out) {
    const char *text = mx_args_value(args, name);
    char *end = NULL;
    const long value = text ? strtol(text, &end, 10) : fallback;
    if (text && (end == text || *end != '\0' || value < 1 || value > most))
        return mx_fail(MX_USAGE, "%s %s: not a number from 1 to %d", name, text, most);
    *out = (int)value;
    return MX_OK;
}

bool mx_args_flag(const mx_args *args, const char *name) {
    int count;
    mx_args_values(args, name, &count);
    return count > 0;
}

const char *mx_args_positional(const mx_args *args, int index) {
    return index < args->n_positionals ? args->positionals[index] : NULL;
}

void mx_args_describe(mx_buf *out, const mx_option *options, bool positionals) {
    for (const mx_option *row = options; row->name; row++) {
        if (is_option(row) == positionals) continue;
        const size_t start = out->length;
        mx_buf_printf(out, "  %s%s%s", row->name, row->argument ? " " : "",
                      row->argument ? row->argument : "");
        const int width = (int)(out->length - start);
        if (width >= HELP_COLUMN)
            mx_buf_printf(out, "\n%*s%s\n", HELP_COLUMN, "", row->help);
        else
            mx_buf_printf(out, "%*s%s\n", HELP_COLUMN - width, "", row->help);
    }
}
