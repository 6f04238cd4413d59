/* mixcl selftest: whether this device computes what plain C does. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/open_config.h"
#include "ops/check.h"

const mx_option mx_cmd_selftest_options[] = {
    MX_DEVICE_OPTION,
    {"--limits", "NAME", "hold the device to those of a GPU: gpu-small ..."},
    {"--json", NULL, "print JSON"},
    {0},
};

static void show(mx_check_mode mode, const mx_check_row *row) {
    mx_check_print_row(stdout, mode, row);
    fflush(stdout);
}

/* What a bug report needs, in one piece. */
static void print_report(const mx_device *device, const mx_check *check) {
    const mx_device_info *info = mx_device_get_info(device);
    const size_t failed = mx_check_failed(check), all = mx_check_passed(check) + failed;
    printf("\nmixcl     %s\ndevice    %s\nplatform  %s\ndriver    %s\nversion   %s\n", mx_version(),
           info->name, info->platform_name, info->driver, info->version);
    printf("kind      %s, %u compute units, %llu MiB, %llu KiB local, work-groups of %zu\n",
           mx_device_type_name(info->type), info->compute_units,
           (unsigned long long)info->global_memory >> 20,
           (unsigned long long)info->local_memory >> 10, info->max_work_group);
    if (failed)
        printf("verdict   %zu of %zu checks failed\n%s", failed, all, mx_check_failures(check));
    else
        printf("verdict   all %zu checks passed\n", all);
}

static mx_status run(mx_device *device, mx_check *check, bool json) {
    if (!json) mx_check_print_head(stdout, MX_CHECK_TEST);
    MX_TRY(mx_check_run(check, json ? NULL : show));
    if (json)
        MX_TRY(mx_print_json(mx_check_to_json(check)));
    else
        print_report(device, check);
    if (mx_check_failed(check) == 0) return MX_OK;
    return mx_fail(MX_OPENCL, "device '%s' fails %zu checks", mx_device_get_info(device)->name,
                   mx_check_failed(check));
}

mx_status mx_cmd_selftest(const mx_args *args) {
    const mx_check_options options = {.mode = MX_CHECK_TEST};
    const char *selector = mx_args_value(args, "--device");
    const char *limits = mx_args_value(args, "--limits");
    mx_device *device = NULL;
    mx_check *check = NULL;
    mx_status status;
    if (!selector) selector = getenv("MIXCL_DEVICE");
    MX_GO(mx_device_open_limited(&device, selector, limits ? limits : "none", true));
    MX_GO(mx_check_open(&check, device, &options));
    status = run(device, check, mx_args_flag(args, "--json"));
done:
    mx_check_close(check);
    mx_device_close(device);
    return status;
}
