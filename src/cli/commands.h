/* The table of commands. */
#ifndef MX_CLI_COMMANDS_H
#define MX_CLI_COMMANDS_H

#include "cli/args.h"

typedef mx_status mx_command_function(const mx_args *args);

typedef struct mx_command {
    const char *name;
    mx_command_function *run;
    const char *synopsis, *help;
    const mx_option *options;
} mx_command;

/* All commands; a row without a name ends them. */
extern const mx_command mx_commands[];

/* The command of that name. NULL, with a message that names a near one, when there is none. */
const mx_command *mx_find_command(const char *name);

#define MX_COMMAND(name, function, synopsis, help)                                                 \
    mx_command_function function;                                                                  \
    extern const mx_option function##_options[];
#include "cli/commands.def"

#endif
