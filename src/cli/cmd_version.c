/* mixcl version */
#include <stdio.h>

#include "cli/commands.h"

const mx_option mx_cmd_version_options[] = {{0}};

mx_status mx_cmd_version(const mx_args *args) {
    (void)args;
    printf("mixcl %s\n", mx_version());
    return MX_OK;
}
