/* What every command that takes a CONFIG shares. */
#ifndef MX_CLI_OPEN_CONFIG_H
#define MX_CLI_OPEN_CONFIG_H

#include "cli/args.h"
#include "train/config.h"

/* Rows of the option table. */
#define MX_SET_OPTION                                                                              \
    { "--set", "SECTION.KEY=VALUE", "override the file; may be repeated" }
#define MX_DEVICE_OPTION                                                                           \
    { "--device", "DEVICE", "index, P:D, cpu, gpu or part of a name" }

/* Opens the file `path` with the command's --set, and its --device and --out FOLDER where `args`
 * has those options. Fails as mx_config_open does. */
mx_status mx_open_config(mx_config **out, const mx_args *args, const char *path);
/* The same with `more` texts "section.key=value" that override all others. */
mx_status mx_open_config_with(mx_config **out, const mx_args *args, const char *path,
                              const char *const *more, int n_more);

/* Weights and INI file that a command's first positional, a run folder or a file of weights, and
 * its
 * --config name. Released with free(), also on failure: MX_DATA, MX_USAGE or MX_MEMORY. */
mx_status mx_locate_weights(const mx_args *args, char **weights, char **ini);

#endif
