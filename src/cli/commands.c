#include "cli/commands.h"

#include <string.h>

#include "train/config_nearest.h"

const mx_command mx_commands[] = {
#define MX_COMMAND(name, function, synopsis, help)                                                 \
    {#name, function, synopsis, help, function##_options},
#include "cli/commands.def"
    {0},
};

const mx_command *mx_find_command(const char *name) {
    mx_nearest nearest = {.word = name};
    for (const mx_command *command = mx_commands; command->name; command++) {
        if (strcmp(command->name, name) == 0) return command;
        mx_nearest_offer(&nearest, command->name);
    }
    if (*nearest.best)
        mx_fail(MX_USAGE, "unknown command '%s'; did you mean '%s'?", name, nearest.best);
    else
        mx_fail(MX_USAGE, "unknown command '%s'; 'mixcl help' lists them", name);
    return NULL;
}
