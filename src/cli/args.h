/* Command lines, read by one table per command; the table is also what its help is printed from. */
#ifndef MX_CLI_ARGS_H
#define MX_CLI_ARGS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/status.h"

/* One row of a command's table; a row without a name ends it. First the positionals in order:
 * "NAME" is required, "[NAME]" may be left out, and "NAME..." or "[NAME...]" takes all that follow.
 * Then the options, "--name". Any option may be given several times. */
typedef struct mx_option {
    const char *name;
    const char *argument; /* of an option: what its value is called; NULL for one without a value */
    const char *help;     /* one line of at most 52 bytes */
} mx_option;

/* A command line taken apart. All strings belong to argv. */
typedef struct mx_args {
    const mx_option *options;
    const char **positionals;
    int n_positionals;
    bool help, version, quiet, verbose; /* the options that every command has */
    const char **values;                /* per row of `options`: room for `capacity` values */
    int *counts;                        /* per row of `options`: how often it was given */
    int capacity;
} mx_args;

/* Options of every command: -h --help, -V --version, -q --quiet, -v --verbose. */
extern const mx_option mx_common_options[];

/* Reads argv[0 .. argc), which begins after the command's name; help, version, quiet and verbose
 * start as in `common`, unless that is NULL. "--" ends the options, "-" is a positional.
 * Positionals are not counted when help or version is asked for. Fails with MX_USAGE (unknown
 * option, naming a near one; a value missing or not wanted; too few or too many positionals) or
 * MX_MEMORY. Release with mx_args_release in either case. */
mx_status mx_args_parse(mx_args *out, const mx_option *options, const mx_args *common, int argc,
                        const char *const *argv);
void mx_args_release(mx_args *args);

/* Reads `word` as one of the options of every command; false when it is none. */
bool mx_args_common(mx_args *args, const char *word);

/* All values of option `name`, in order; *count is 0 when it was not given. For an option without a
 * value, the values are NULL. `name` must be in the table. */
const char *const *mx_args_values(const mx_args *args, const char *name, int *count);
/* The last value of option `name`, or NULL. */
const char *mx_args_value(const mx_args *args, const char *name);
/* The last value of option `name` as a number within 1..most, or `fallback`. Fails with MX_USAGE.
 */
mx_status mx_args_number(const mx_args *args, const char *name, int fallback, int most, int *out);
/* True when option `name` was given. */
bool mx_args_flag(const mx_args *args, const char *name);
/* Positional `index`, or NULL when there are fewer. */
const char *mx_args_positional(const mx_args *args, int index);

/* Appends the table for people, at most 80 columns wide; rows of positionals or of options only. */
void mx_args_describe(mx_buf *out, const mx_option *options, bool positionals);

#endif
