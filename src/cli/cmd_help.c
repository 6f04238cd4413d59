/* mixcl help: what the tables of commands and options say, for people. */
#include <stdio.h>

#include "cli/cmd_help.h"
#include "cli/commands.h"

const mx_option mx_cmd_help_options[] = {
    {"[COMMAND]", NULL, "the command to describe"},
    {0},
};

void mx_print_usage(FILE *stream) {
    fputs("usage: mixcl COMMAND [options]\n"
          "Trains image classifiers with MixMatch on any OpenCL device.\n\ncommands:\n",
          stream);
    for (const mx_command *command = mx_commands; command->name; command++)
        fprintf(stream, "  %-12s %s\n", command->name, command->help);
    fputs("\n'mixcl COMMAND -h' describes a command. Results go to standard output,\n"
          "everything else to standard error.\n",
          stream);
}

mx_status mx_print_command_help(const mx_command *command) {
    mx_buf positionals = {0}, options = {0};
    mx_args_describe(&positionals, command->options, true);
    mx_args_describe(&options, command->options, false);
    mx_args_describe(&options, mx_common_options, false);
    mx_status status = mx_buf_check(&positionals);
    if (status == MX_OK) status = mx_buf_check(&options);
    if (status == MX_OK) {
        printf("usage: mixcl %s%s%s [options]\n%s\n", command->name, *command->synopsis ? " " : "",
               command->synopsis, command->help);
        if (positionals.length) printf("\narguments:\n%s", mx_buf_text(&positionals));
        printf("\noptions:\n%s", mx_buf_text(&options));
    }
    mx_buf_release(&positionals);
    mx_buf_release(&options);
    return status;
}

mx_status mx_cmd_help(const mx_args *args) {
    const char *name = mx_args_positional(args, 0);
    if (!name) {
        mx_print_usage(stdout);
        return MX_OK;
    }
    const mx_command *command = mx_find_command(name);
    return command ? mx_print_command_help(command) : MX_USAGE;
}
