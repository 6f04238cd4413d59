/* mixcl show: a table of what can be shown, each in a file of its own. */
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/open_config.h"
#include "cli/show.h"
#include "report/canvas.h"

const mx_option mx_cmd_show_options[] = {
    {"WHAT", NULL, "model, batch, mixup or augment"},
    {"[CONFIG]", NULL, "the INI file; mixup does without"},
    MX_SET_OPTION,
    MX_DEVICE_OPTION,
    {"--out", "FILE", "picture to write, .png or .svg (default WHAT.png)"},
    {"--split", "SPLIT", "batch: train (default), unlabelled or test"},
    {"--augmented", NULL, "batch: views and mixed pictures, as trained on"},
    {"--rows", "N", "batch: rows of pictures"},
    {"--pictures", "N", "augment: pictures to show (default 1)"},
    {"--json", NULL, "model, mixup: print JSON"},
    {0},
};

typedef struct show_row {
    const char *name;
    mx_status (*run)(const mx_args *args, const mx_config *config);
    bool needs_config, draws;
    const char *options; /* those of the table that only some take */
} show_row;

static const show_row rows[] = {
    {"model", mx_show_model, true, false, "--json"},
    {"batch", mx_show_batch, true, true, "--out --split --augmented --rows"},
    {"mixup", mx_show_mixup, false, true, "--out --json"},
    {"augment", mx_show_augment, true, true, "--out --pictures"},
};

enum { N_ROWS = sizeof rows / sizeof *rows };

static const show_row *find(const char *name) {
    mx_buf names = {0};
    for (size_t i = 0; i < N_ROWS; i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    for (size_t i = 0; i < N_ROWS; i++)
        mx_buf_printf(&names, "%s%s", i == 0 ? "" : i + 1 < N_ROWS ? ", " : " and ", rows[i].name);
    (void)mx_fail(MX_USAGE, "cannot show '%s'; there are %s", name, mx_buf_text(&names));
    mx_buf_release(&names);
    return NULL;
}

/* Options that are for something else are refused, since they would do nothing. */
static mx_status check_options(const mx_args *args, const show_row *row) {
    static const char *const some[] = {"--out",  "--split",    "--augmented",
                                       "--rows", "--pictures", "--json"};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        if (mx_args_flag(args, some[i]) && !strstr(row->options, some[i]))
            return mx_fail(MX_USAGE, "'show %s' does not take %s", row->name, some[i]);
    if (row->needs_config && !mx_args_positional(args, 1))
        return mx_fail(MX_USAGE, "missing CONFIG after 'show %s'; see 'mixcl show -h'", row->name);
    if (mx_args_flag(args, "--set") && !mx_args_positional(args, 1))
        return mx_fail(MX_USAGE, "--set changes a CONFIG, and there is none");
    const char *out = mx_args_value(args, "--out");
    return row->draws && out ? mx_canvas_check_path(out) : MX_OK;
}

const char *mx_show_out(const mx_args *args, const char *fallback) {
    const char *out = mx_args_value(args, "--out");
    return out ? out : fallback;
}

mx_status mx_cmd_show(const mx_args *args) {
    const show_row *row = find(mx_args_positional(args, 0));
    const char *path = mx_args_positional(args, 1);
    mx_config *config = NULL;
    if (!row) return MX_USAGE;
    MX_TRY(check_options(args, row));
    if (path) MX_TRY(mx_open_config(&config, args, path));
    const mx_status status = row->run(args, config);
    mx_config_close(config);
    return status;
}
