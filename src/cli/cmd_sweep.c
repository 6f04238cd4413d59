/* mixcl sweep: trains every combination of values, and compares what they came to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/open_config.h"
#include "cli/sweep_jobs.h"
#include "cli/train_run.h"
#include "report/canvas.h"
#include "train/resume.h"
#include "train/sweep_results.h"

const mx_option mx_cmd_sweep_options[] = {
    {"CONFIG", NULL, "the INI file; its [sweep] says what varies"},
    {"--vary", "KEY=A,B,...", "vary a key too, or otherwise than the file says"},
    MX_SET_OPTION,
    MX_DEVICE_OPTION,
    {"--jobs", "N|DEV,DEV", "runs at a time, or a device for each of them"},
    {"--out", "FOLDER", "folder that holds the folder of the sweep"},
    {"--json", NULL, "print JSON"},
    {0},
};

/* What the parts of the command share. */
typedef struct command {
    const mx_args *args;
    mx_config *base; /* without what varies */
    mx_sweep sweep;
    mx_sweep_jobs jobs;
    char *folder;  /* run.out/run.name */
    char *devices; /* that jobs.devices point into */
    mx_sweep_outcome *outcomes;
    mx_sweep_result *results;
} command;

static mx_status bad_jobs(const char *text) {
    return mx_fail(MX_USAGE,
                   "--jobs %s: not a number from 1 to %d, nor devices separated by commas", text,
                   MX_SWEEP_JOBS);
}

/* "N", or "DEVICE,DEVICE,...". */
static mx_status read_jobs(command *c) {
    const char *text = mx_args_value(c->args, "--jobs");
    if (!text || !strchr(text, ','))
        return mx_args_number(c->args, "--jobs", 1, MX_SWEEP_JOBS, &c->jobs.n_jobs) == MX_OK
                   ? MX_OK
                   : bad_jobs(text);
    if (mx_args_value(c->args, "--device"))
        return mx_fail(MX_USAGE, "--jobs %s and --device both name devices; leave one out", text);
    MX_TRY(mx_strdup(&c->devices, text));
    for (char *at = c->devices; at;) {
        char *device = at, *comma = strchr(at, ',');
        if (comma) *comma = '\0';
        at = comma ? comma + 1 : NULL;
        if (*device == '\0' || c->jobs.n_jobs == MX_SWEEP_JOBS) return bad_jobs(text);
        c->jobs.devices[c->jobs.n_jobs++] = device;
    }
    return MX_OK;
}

/* The configuration of a run, on `device` where that is not NULL. */
static mx_status open_run(const command *c, int run, const char *device, mx_config **out) {
    int picks[MX_SWEEP_DIMENSIONS], n_sets = 0, most = 3;
    char name[MX_SWEEP_NAME_BYTES];
    const char **sets = NULL;
    mx_buf texts[3] = {{0}};
    mx_status status;
    mx_sweep_pick(&c->sweep, run, picks);
    mx_sweep_name(&c->sweep, run, name);
    for (int d = 0; d < c->sweep.n_dimensions; d++)
        most += c->sweep.dimensions[d].values[picks[d]].n_sets;
    MX_GO(mx_alloc(&sets, (size_t)most, sizeof *sets));
    for (int d = 0; d < c->sweep.n_dimensions; d++) {
        const mx_sweep_value *value = &c->sweep.dimensions[d].values[picks[d]];
        for (int i = 0; i < value->n_sets; i++)
            sets[n_sets++] = value->sets[i];
    }
    mx_buf_printf(&texts[0], "run.name=%s", name);
    mx_buf_printf(&texts[1], "run.out=%s", c->folder);
    if (device) mx_buf_printf(&texts[2], "device.select=%s", device);
    for (int i = 0; i < (device ? 3 : 2); i++) {
        MX_GO(mx_buf_check(&texts[i]));
        sets[n_sets++] = mx_buf_text(&texts[i]);
    }
    MX_GO(mx_open_config_with(out, c->args, mx_args_positional(c->args, 0), sets, n_sets));
done:
    for (int i = 0; i < 3; i++)
        mx_buf_release(&texts[i]);
    free(sets);
    return status;
}

static mx_status run_folder(const command *c, int run, char **out) {
    char name[MX_SWEEP_NAME_BYTES];
    mx_sweep_name(&c->sweep, run, name);
    return mx_path_join(out, c->folder, name);
}

/* A run's configuration makes sense, and is that of the run in its folder, if there is one. */
static mx_status check_run(command *c, int run) {
    mx_config *config = NULL;
    char *folder = NULL;
    mx_status status;
    MX_GO(open_run(c, run, NULL, &config));
    MX_GO(run_folder(c, run, &folder));
    MX_GO(mx_sweep_result_read(&c->results[run], folder));
    if (c->results[run].state == MX_SWEEP_WAITING) goto done;
    status = mx_resume_check_same(config, folder);
    if (status == MX_USAGE)
        status = mx_fail(status, "'%s': %s; use another --out or --set run.name=NAME", folder,
                         mx_error());
done:
    mx_config_close(config);
    free(folder);
    return status;
}

static mx_status check_folder(const command *c) {
    char *metrics = NULL;
    MX_TRY(mx_path_join(&metrics, c->folder, "metrics.csv"));
    const bool is_run = mx_file_exists(metrics);
    free(metrics);
    if (!is_run) return MX_OK;
    return mx_fail(MX_WRITE, "'%s' holds a run; use another --out or --set run.name=NAME",
                   c->folder);
}

static mx_status open_sweep(command *c) {
    int n_vary;
    const char *const *vary = mx_args_values(c->args, "--vary", &n_vary);
    MX_TRY(read_jobs(c));
    MX_TRY(mx_open_config(&c->base, c->args, mx_args_positional(c->args, 0)));
    MX_TRY(mx_sweep_open(&c->sweep, c->base, vary, n_vary));
    MX_TRY(mx_path_join(&c->folder, c->base->run_out, c->base->run_name));
    MX_TRY(mx_alloc(&c->outcomes, (size_t)c->sweep.n_runs, sizeof *c->outcomes));
    MX_TRY(mx_alloc(&c->results, (size_t)c->sweep.n_runs, sizeof *c->results));
    MX_TRY(check_folder(c));
    for (int run = 0; run < c->sweep.n_runs; run++)
        MX_TRY(check_run(c, run));
    return MX_OK;
}

/* In the process of a run. */
static mx_status train(void *user, int run, const char *device) {
    const command *c = user;
    mx_config *config = NULL;
    mx_session *session = NULL;
    mx_status status;
    MX_GO(open_run(c, run, device, &config));
    MX_GO(mx_train_run(&session, config, "auto"));
done:
    mx_session_close(session);
    mx_config_close(config);
    return status;
}

static mx_status train_all(command *c) {
    int done = 0;
    for (int run = 0; run < c->sweep.n_runs; run++)
        done += c->results[run].state == MX_SWEEP_FINISHED;
    if (done)
        mx_info("%d runs in '%s', of which %d are finished", c->sweep.n_runs, c->folder, done);
    else
        mx_info("%d runs in '%s'", c->sweep.n_runs, c->folder);
    c->jobs.sweep = &c->sweep;
    c->jobs.folder = c->folder;
    c->jobs.train = train;
    c->jobs.user = c;
    return mx_sweep_jobs_run(&c->jobs, c->outcomes);
}

static bool is_failure(mx_status status) {
    return status != MX_OK && status != MX_SIGINT && status != MX_SIGTERM && status != MX_BUSY;
}

static mx_status read_results(command *c) {
    for (int run = 0; run < c->sweep.n_runs; run++) {
        char *folder = NULL;
        MX_TRY(run_folder(c, run, &folder));
        const mx_status status = mx_sweep_result_read(&c->results[run], folder);
        free(folder);
        MX_TRY(status);
        if (is_failure(c->outcomes[run].status)) c->results[run].state = MX_SWEEP_FAILED;
    }
    return MX_OK;
}

static mx_status write_csv(const command *c, const mx_sweep_table *table) {
    char *path = NULL;
    mx_buf text = {0};
    mx_status status;
    mx_sweep_table_csv(table, &text);
    MX_GO(mx_buf_check(&text));
    MX_GO(mx_path_join(&path, c->folder, "sweep.csv"));
    MX_GO(mx_write_atomic(path, text.data, text.length));
done:
    mx_buf_release(&text);
    free(path);
    return status;
}

static mx_status write_plots(const command *c, const mx_sweep_table *table) {
    static const char *const names[] = {"sweep.png", "sweep.svg"};
    mx_arena arena = {0};
    mx_sweep_figure figure;
    mx_status status = mx_sweep_table_figure(table, &arena, &figure);
    for (size_t i = 0; i < 2 && status == MX_OK; i++) {
        char *path = NULL;
        status = mx_path_join(&path, c->folder, names[i]);
        if (status == MX_OK) status = mx_sweep_plot_write(&figure, path);
        free(path);
    }
    mx_arena_release(&arena);
    return status;
}

static mx_status print_json(const command *c, const mx_sweep_table *table) {
    json_t *json = NULL;
    MX_TRY(mx_sweep_table_json(table, &json));
    /* A folder's name may be any bytes; jansson takes UTF-8 alone. */
    json_t *folder = json_string(c->folder);
    json_object_set_new(json, "folder", folder ? folder : json_null());
    return mx_print_json(json);
}

static mx_status print_text(const command *c, const mx_sweep_table *table) {
    mx_buf text = {0};
    mx_sweep_table_print(table, &text);
    const mx_status status = mx_buf_check(&text);
    if (status == MX_OK)
        printf("%s\n%s/sweep.csv%s\n", mx_buf_text(&text), c->folder,
               mx_canvas_is_there() ? ", sweep.png, sweep.svg" : "");
    mx_buf_release(&text);
    return status;
}

static mx_status show_results(command *c) {
    mx_sweep_table table = {0};
    mx_status status;
    MX_GO(read_results(c));
    MX_GO(mx_sweep_table_init(&table, &c->sweep, c->results));
    MX_GO(write_csv(c, &table));
    if (mx_canvas_is_there())
        MX_GO(write_plots(c, &table));
    else
        mx_info("no plot: this mixcl was built without Cairo");
    MX_GO(mx_args_flag(c->args, "--json") ? print_json(c, &table) : print_text(c, &table));
done:
    mx_sweep_table_release(&table);
    return status;
}

/* The first failure of a run; runs that others have at work come last. */
static mx_status judge(const command *c) {
    int n_failed = 0, n_busy = 0, first = -1;
    for (int run = 0; run < c->sweep.n_runs; run++) {
        const mx_status status = c->outcomes[run].status;
        n_busy += status == MX_BUSY;
        n_failed += is_failure(status);
        if (first < 0 && is_failure(status)) first = run;
    }
    if (n_failed > 0)
        return mx_fail(c->outcomes[first].status,
                       "%d of %d runs failed, the first with: %s; the same command tries again",
                       n_failed, c->sweep.n_runs, c->outcomes[first].message);
    if (n_busy > 0)
        return mx_fail(MX_BUSY,
                       "%d of %d runs are at work in another process; the same command looks again",
                       n_busy, c->sweep.n_runs);
    return MX_OK;
}

static mx_status train_and_show(command *c) {
    char why[MX_SWEEP_MESSAGE_BYTES] = "";
    const mx_status trained = train_all(c);
    if (trained != MX_OK && trained != MX_SIGINT && trained != MX_SIGTERM) return trained;
    if (trained != MX_OK) snprintf(why, sizeof why, "%s", mx_error());
    MX_TRY(show_results(c));
    return trained != MX_OK ? mx_fail(trained, "%s", why) : judge(c);
}

mx_status mx_cmd_sweep(const mx_args *args) {
    command c = {.args = args};
    mx_status status;
    MX_GO(open_sweep(&c));
    status = train_and_show(&c);
done:
    mx_sweep_release(&c.sweep);
    mx_config_close(c.base);
    free(c.folder);
    free(c.devices);
    free(c.outcomes);
    free(c.results);
    return status;
}
