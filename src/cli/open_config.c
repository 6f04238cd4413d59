#include "cli/open_config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"

static bool has_option(const mx_args *args, const char *name, const char *argument) {
    for (const mx_option *option = args->options; option->name; option++)
        if (strcmp(option->name, name) == 0) return strcmp(option->argument, argument) == 0;
    return false;
}

/* "KEY=VALUE" for an option that was given; it stays in `text`. An --out that takes a file is
 * another option than that of run folders. */
static void add_option(const mx_args *args, const char *name, const char *argument, const char *key,
                       mx_buf *text, const char **sets, int *n_sets) {
    const char *value = has_option(args, name, argument) ? mx_args_value(args, name) : NULL;
    if (!value) return;
    mx_buf_printf(text, "%s=%s", key, value);
    sets[(*n_sets)++] = mx_buf_text(text);
}

mx_status mx_open_config(mx_config **out, const mx_args *args, const char *path) {
    return mx_open_config_with(out, args, path, NULL, 0);
}

mx_status mx_open_config_with(mx_config **out, const mx_args *args, const char *path,
                              const char *const *more, int n_more) {
    int given = 0, n_sets = 0;
    const char *const *values = mx_args_values(args, "--set", &given);
    mx_buf device = {0}, folder = {0};
    const char **sets = NULL;
    mx_status status;
    MX_GO(mx_alloc(&sets, (size_t)(given + n_more) + 2, sizeof *sets));
    for (; n_sets < given; n_sets++)
        sets[n_sets] = values[n_sets];
    add_option(args, "--device", "DEVICE", "device.select", &device, sets, &n_sets);
    add_option(args, "--out", "FOLDER", "run.out", &folder, sets, &n_sets);
    MX_GO(mx_buf_check(&device));
    MX_GO(mx_buf_check(&folder));
    for (int i = 0; i < n_more; i++)
        sets[n_sets++] = more[i];
    MX_GO(mx_config_open(out, path, sets, n_sets));
done:
    mx_buf_release(&device);
    mx_buf_release(&folder);
    free(sets);
    return status;
}

/* The best weights of a run, or the last where none have been evaluated. */
static mx_status weights_of_run(const char *run, char **weights) {
    char *last = NULL;
    mx_status status;
    MX_GO(mx_path_join(weights, run, "best.safetensors"));
    MX_GO(mx_path_join(&last, run, "last.safetensors"));
    if (!mx_file_exists(*weights) && mx_file_exists(last)) {
        free(*weights);
        *weights = last;
        last = NULL;
    }
done:
    free(last);
    return status;
}

mx_status mx_locate_weights(const mx_args *args, char **weights, char **ini) {
    const char *what = mx_args_positional(args, 0), *given = mx_args_value(args, "--config");
    const bool folder = mx_is_folder(what);
    if (!folder && !given) {
        if (!mx_file_exists(what))
            return mx_fail(MX_DATA, "no run folder or weights file '%s'", what);
        return mx_fail(MX_USAGE, "'%s' is a file: name its configuration with --config CONFIG",
                       what);
    }
    MX_TRY(folder ? weights_of_run(what, weights) : mx_strdup(weights, what));
    return given ? mx_strdup(ini, given) : mx_path_join(ini, what, "config.ini");
}
