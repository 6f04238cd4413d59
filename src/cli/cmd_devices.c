/* mixcl devices: what there is to run on, and which would be chosen. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/open_config.h"
#include "ocl/platform.h"

const mx_option mx_cmd_devices_options[] = {
    MX_DEVICE_OPTION,
    {"--json", NULL, "print JSON"},
    {0},
};

static json_t *as_json(const mx_device_info *info, bool chosen) {
    return json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:b, s:b, s:s}", "index",
        info->index, "platform", info->platform_name, "name", info->name, "type",
        mx_device_type_name(info->type), "version", info->version, "driver", info->driver,
        "compute_units", (int)info->compute_units, "global_memory", (json_int_t)info->global_memory,
        "local_memory", (json_int_t)info->local_memory, "max_allocation",
        (json_int_t)info->max_allocation, "max_work_group", (json_int_t)info->max_work_group,
        "chosen", chosen, "usable", info->usable, "why_not", info->unusable_why);
}

static mx_status print_list_json(const mx_device_list *list, size_t chosen, bool any) {
    json_t *all = json_array();
    for (size_t i = 0; i < list->count; i++)
        if (json_array_append_new(all, as_json(&list->devices[i], any && i == chosen)) != 0) {
            json_decref(all);
            all = NULL;
            break;
        }
    return mx_print_json(all);
}

static void print_device(const mx_device_info *info, const char *why) {
    printf("%d  %s\n", info->index, info->name);
    printf("   %s, %s, driver %s\n", info->platform_name, mx_device_type_name(info->type),
           info->driver);
    printf("   %s\n", info->version);
    printf("   %u compute units, %.1f GiB memory (%.1f GiB in one piece)\n", info->compute_units,
           (double)info->global_memory / (1 << 30), (double)info->max_allocation / (1 << 30));
    printf("   %llu KiB local memory, work-groups up to %zu\n",
           (unsigned long long)info->local_memory >> 10, info->max_work_group);
    if (!info->usable) printf("   cannot be used: %s\n", info->unusable_why);
    if (why) printf("   <- chosen: %s\n", why);
}

mx_status mx_cmd_devices(const mx_args *args) {
    mx_device_list list;
    size_t chosen = 0;
    char why[160] = "", problem[512] = "";
    const char *selector = mx_args_value(args, "--device");
    if (!selector) selector = getenv("MIXCL_DEVICE");
    MX_TRY(mx_device_list_load(&list));
    mx_status status = mx_device_choose(&list, selector, &chosen, why, sizeof why);
    if (status != MX_OK) snprintf(problem, sizeof problem, "%s", mx_error());
    const bool any = status == MX_OK;
    if (mx_args_flag(args, "--json")) {
        const mx_status printed = print_list_json(&list, chosen, any);
        if (any) status = printed;
    } else {
        for (size_t i = 0; i < list.count; i++)
            print_device(&list.devices[i], any && i == chosen ? why : NULL);
    }
    mx_device_list_release(&list);
    return any ? status : mx_fail(status, "%s", problem);
}
