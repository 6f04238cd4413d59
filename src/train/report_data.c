#include "train/report_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "report/canvas.h"
#include "report/html.h"
#include "report/report_plots.h"
#include "train/report_internal.h"

mx_status mx_report_keep(mx_report_data *data, void *out, size_t bytes) {
    void *memory = mx_arena_alloc(&data->texts, bytes);
    memcpy(out, &memory, sizeof memory);
    return memory ? MX_OK : mx_fail(MX_MEMORY, "cannot hold a report of %zu bytes", bytes);
}

mx_status mx_report_note(mx_report_data *data, const char *what) {
    mx_buf text = {0};
    mx_buf_printf(&text, "%s: %s.", what, mx_error());
    mx_status status = mx_buf_check(&text);
    if (status == MX_OK && data->report.n_notes < MX_REPORT_NOTES) {
        const char *kept = mx_arena_strdup(&data->texts, mx_buf_text(&text));
        if (kept)
            data->notes[data->report.n_notes++] = kept;
        else
            status = mx_fail(MX_MEMORY, "cannot hold a report's notes");
    }
    mx_buf_release(&text);
    return status;
}

/* Takes in `status` of reading a part of the folder: a part that is not there is noted. */
static mx_status part(mx_report_data *data, const char *name, const char *what, mx_status status) {
    char *path = NULL;
    if (status == MX_OK) return MX_OK;
    MX_TRY(mx_path_join(&path, data->folder, name));
    const bool damaged = status == MX_DATA && mx_file_exists(path);
    free(path);
    return damaged || status == MX_MEMORY ? status : mx_report_note(data, what);
}

static mx_status read_config(mx_report_data *data) {
    char *path = NULL;
    mx_status status;
    MX_GO(mx_path_join(&path, data->folder, "config.ini"));
    if (!mx_file_exists(path)) {
        status =
            mx_fail(MX_DATA, "'%s' is not the folder of a run: it has no config.ini", data->folder);
        goto done;
    }
    MX_GO(mx_config_open(&data->config, path, NULL, 0));
    MX_GO(mx_report_list_settings(data));
    data->report.name = data->config->run_name;
    data->report.seed = (uint64_t)data->config->run_seed;
    data->report.model = data->config->model_name;
    data->report.method =
        data->config->train_method == MX_CONFIG_METHOD_MIXMATCH ? "MixMatch" : "supervised";
done:
    free(path);
    return status;
}

static mx_status read_history(mx_report_data *data) {
    char *path = NULL;
    mx_status status;
    MX_GO(mx_path_join(&path, data->folder, "metrics.csv"));
    MX_GO(mx_history_read(&data->report.history, path));
done:
    free(path);
    return status;
}

mx_status mx_report_data_open(mx_report_data **out, const char *run) {
    mx_report_data *data = NULL;
    mx_status status;
    *out = NULL;
    MX_TRY(mx_alloc(&data, 1, sizeof *data));
    mx_report *report = &data->report;
    report->state = report->device = report->platform = report->driver = "";
    report->device_version = report->version = report->git = "";
    report->best_by = report->ended = "";
    report->notes = data->notes;
    MX_GO(mx_strdup(&data->folder, run));
    MX_GO(read_config(data));
    MX_GO(part(data, "run.json", "Device, versions and scores are missing",
               mx_report_read_facts(data)));
    MX_GO(part(data, "metrics.csv", "Curves are missing", read_history(data)));
    *out = data;
done:
    if (status != MX_OK) mx_report_data_close(data);
    return status;
}

void mx_report_data_close(mx_report_data *data) {
    if (!data) return;
    mx_history_release(&data->report.history);
    mx_metrics_release(&data->metrics);
    mx_dataset_release(&data->pictures);
    mx_config_close(data->config);
    mx_arena_release(&data->texts);
    free(data->folder);
    free(data);
}

const mx_report *mx_report_data_get(const mx_report_data *data) {
    return &data->report;
}

static mx_status write_plots(const mx_report_data *data) {
    char *plots = NULL;
    if (!mx_canvas_is_there()) return MX_OK;
    MX_TRY(mx_path_join(&plots, data->folder, "plots"));
    const mx_status status = mx_report_plots_write(&data->report, plots);
    free(plots);
    return status;
}

mx_status mx_report_data_write(const mx_report_data *data, const char *path) {
    char *own = NULL;
    mx_buf page = {0};
    mx_status status;
    if (!path) MX_GO(mx_path_join(&own, data->folder, "report.html"));
    MX_GO(mx_report_html(&data->report, &page));
    MX_GO(mx_write_atomic(path ? path : own, page.data, page.length));
    if (!path) MX_GO(write_plots(data));
done:
    mx_buf_release(&page);
    free(own);
    return status;
}
