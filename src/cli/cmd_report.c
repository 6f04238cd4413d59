/* mixcl report: the page of a run, or of several side by side, or their curves in one picture. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/open_config.h"
#include "report/html.h"
#include "report/report_plots.h"
#include "train/report_data.h"

const mx_option mx_cmd_report_options[] = {
    {"RUN...", NULL, "run folders; several are compared"},
    {"--out", "FILE", "the page (the default), or accuracies: .png, .svg"},
    MX_SET_OPTION,
    MX_DEVICE_OPTION,
    {0},
};

static void say_notes(const mx_report *report) {
    for (size_t i = 0; i < report->n_notes; i++)
        fprintf(stderr, "%s\n", report->notes[i]);
}

static mx_status report_one(const mx_args *args, const char *run, const char *path) {
    char *ini = NULL;
    mx_report_data *data = NULL;
    mx_config *config = NULL;
    mx_status status;
    MX_GO(mx_report_data_open(&data, run));
    MX_GO(mx_path_join(&ini, run, "config.ini"));
    MX_GO(mx_open_config(&config, args, ini));
    MX_GO(mx_report_data_evaluate_anew(data, config));
    MX_GO(mx_report_data_write(data, path));
    say_notes(mx_report_data_get(data));
    if (path)
        printf("%s\n", path);
    else
        printf("%s/report.html\n", run);
done:
    mx_report_data_close(data);
    mx_config_close(config);
    free(ini);
    return status;
}

static mx_status write_comparison(const mx_report *const *reports, int count, const char *path) {
    mx_buf page = {0};
    mx_status status;
    MX_GO(mx_report_compare_html(reports, count, &page));
    MX_GO(mx_write_atomic(path, page.data, page.length));
done:
    mx_buf_release(&page);
    return status;
}

static bool is_picture(const char *path) {
    return mx_path_has_extension(path, "png") || mx_path_has_extension(path, "svg");
}

static mx_status compare(const mx_args *args, int count, const char *path) {
    mx_report_data **data = NULL;
    const mx_report **reports = NULL;
    mx_status status;
    MX_GO(mx_alloc(&data, (size_t)count, sizeof *data));
    MX_GO(mx_alloc(&reports, (size_t)count, sizeof *reports));
    for (int i = 0; i < count; i++) {
        MX_GO(mx_report_data_open(&data[i], mx_args_positional(args, i)));
        reports[i] = mx_report_data_get(data[i]);
        say_notes(reports[i]);
    }
    if (is_picture(path))
        MX_GO(mx_report_accuracies_write(reports, count, path));
    else
        MX_GO(write_comparison(reports, count, path));
    printf("%s\n", path);
done:
    for (int i = 0; data && i < count; i++)
        mx_report_data_close(data[i]);
    free(data);
    free(reports);
    return status;
}

mx_status mx_cmd_report(const mx_args *args) {
    const char *path = mx_args_value(args, "--out");
    int count = 0;
    while (mx_args_positional(args, count))
        count++;
    if (count == 1 && !(path && is_picture(path)))
        return report_one(args, mx_args_positional(args, 0), path);
    return compare(args, count, path ? path : "comparison.html");
}
