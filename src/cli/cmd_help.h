/* The help texts, which main prints for -h as well. */
#ifndef MX_CLI_CMD_HELP_H
#define MX_CLI_CMD_HELP_H

#include <stdio.h>

#include "cli/commands.h"

void mx_print_usage(FILE *stream);
/* On standard output. Fails with MX_MEMORY. */
mx_status mx_print_command_help(const mx_command *command);

#endif
