#include "train/resume.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

/* Keys that leave the course of a run as it is; "SECTION." stands for all of a section. */
static const char *const free_keys[] = {
    "run.name",        "run.out",          "device.",           "log.",
    "data.cache",      "model.weights",    "model.recompute",   "train.steps",
    "train.epochs",    "train.eval_every", "train.save_every",  "train.eval_batch",
    "train.log_every", "train.patience",   "train.max_minutes", "train.keep"};

/* The course of a cosine is its length. */
static bool is_length(const mx_key *key) {
    return strcmp(key->section, "train") == 0 &&
           (strcmp(key->name, "steps") == 0 || strcmp(key->name, "epochs") == 0);
}

static bool is_free(const mx_config *now, const mx_key *key) {
    const size_t section = strlen(key->section);
    if (now->lr_schedule.cosine && is_length(key)) return false;
    for (size_t i = 0; i < sizeof free_keys / sizeof *free_keys; i++) {
        const char *name = free_keys[i];
        if (strncmp(name, key->section, section) != 0 || name[section] != '.') continue;
        if (name[section + 1] == '\0' || strcmp(name + section + 1, key->name) == 0) return true;
    }
    return false;
}

static void note(mx_buf *list, const char *section, const char *name, const char *now,
                 const char *then) {
    if (strcmp(now, then) == 0) return;
    mx_buf_printf(list, "%s%s.%s = %s was %s", list->length ? ", " : "", section, name,
                  *now ? now : "empty", *then ? then : "empty");
}

static void compare_sources(mx_buf *list, const mx_config *now, const mx_config *then) {
    if (now->n_sources != then->n_sources) {
        mx_buf_printf(list, "%s%d sources were %d", list->length ? ", " : "", now->n_sources,
                      then->n_sources);
        return;
    }
    for (int s = 0; s < now->n_sources; s++)
        for (int i = 0; i < MX_N_SOURCE_KEYS; i++)
            note(list, now->sources[s].section, mx_config_source_keys[i].name,
                 now->sources[s].values[i].text, then->sources[s].values[i].text);
}

static mx_status compare(const mx_config *now, const mx_config *then) {
    mx_buf list = {0};
    for (int i = 0; i < MX_N_KEYS; i++)
        if (!is_free(now, &mx_config_keys[i]))
            note(&list, mx_config_keys[i].section, mx_config_keys[i].name, now->values[i].text,
                 then->values[i].text);
    compare_sources(&list, now, then);
    const mx_status status =
        list.length ? mx_fail(MX_USAGE,
                              "the run was begun with another configuration: %s; only the device, "
                              "%show to end, and when to log, evaluate and save may change",
                              mx_buf_text(&list), now->lr_schedule.cosine ? "" : "the length, ")
                    : MX_OK;
    mx_buf_release(&list);
    return status;
}

mx_status mx_resume_check(const mx_config *config, const char *run) {
    char *path = NULL;
    mx_config *then = NULL;
    mx_status status;
    MX_GO(mx_path_join(&path, run, "config.ini"));
    if (!mx_file_exists(path)) {
        status = mx_fail(MX_DATA, "'%s' is not the folder of a run: it has no config.ini", run);
        goto done;
    }
    MX_GO(mx_config_open(&then, path, NULL, 0));
    MX_GO(compare(config, then));
done:
    mx_config_close(then);
    free(path);
    return status;
}
