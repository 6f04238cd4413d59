#include "train/resume.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

/* Keys that leave a run's results as they are; "SECTION." stands for all of a section. */
static const char *const idle_keys[] = {"run.name",
                                        "run.out",
                                        "device.",
                                        "log.",
                                        "data.cache",
                                        "model.recompute",
                                        "train.save_every",
                                        "train.eval_batch",
                                        "train.log_every",
                                        "train.keep",
                                        NULL};
/* Keys that leave its course as it is, but not where it begins and ends and what is its best. */
static const char *const end_keys[] = {
    "model.weights",     "train.steps", "train.epochs", "train.eval_every", "train.patience",
    "train.max_minutes", NULL};

/* The course of a cosine is its length. */
static bool is_length(const mx_key *key) {
    return strcmp(key->section, "train") == 0 &&
           (strcmp(key->name, "steps") == 0 || strcmp(key->name, "epochs") == 0);
}

static bool is_among(const char *const *names, const mx_key *key) {
    const size_t section = strlen(key->section);
    for (; *names; names++) {
        const char *name = *names;
        if (strncmp(name, key->section, section) != 0 || name[section] != '.') continue;
        if (name[section + 1] == '\0' || strcmp(name + section + 1, key->name) == 0) return true;
    }
    return false;
}

static bool is_free(const mx_config *now, const mx_key *key) {
    if (now->lr_schedule.cosine && is_length(key)) return false;
    return is_among(idle_keys, key) || is_among(end_keys, key);
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

/* Lists what differs of the keys that are not free, or with `same` of all that are not idle. */
static void compare(mx_buf *list, const mx_config *now, const mx_config *then, bool same) {
    for (int i = 0; i < MX_N_KEYS; i++) {
        const mx_key *key = &mx_config_keys[i];
        if (same ? !is_among(idle_keys, key) : !is_free(now, key))
            note(list, key->section, key->name, now->values[i].text, then->values[i].text);
    }
    compare_sources(list, now, then);
}

static mx_status refuse(const mx_config *now, const mx_buf *list, bool same) {
    if (same)
        return mx_fail(MX_USAGE, "the run was begun with another configuration: %s",
                       mx_buf_text(list));
    return mx_fail(MX_USAGE,
                   "the run was begun with another configuration: %s; only the device, "
                   "%show to end, and when to log, evaluate and save may change",
                   mx_buf_text(list), now->lr_schedule.cosine ? "" : "the length, ");
}

static mx_status check(const mx_config *config, const char *run, bool same) {
    char *path = NULL;
    mx_config *then = NULL;
    mx_buf list = {0};
    mx_status status;
    MX_GO(mx_path_join(&path, run, "config.ini"));
    if (!mx_file_exists(path)) {
        status = mx_fail(MX_DATA, "'%s' is not the folder of a run: it has no config.ini", run);
        goto done;
    }
    MX_GO(mx_config_open(&then, path, NULL, 0));
    compare(&list, config, then, same);
    MX_GO(mx_buf_check(&list));
    if (list.length) status = refuse(config, &list, same);
done:
    mx_config_close(then);
    mx_buf_release(&list);
    free(path);
    return status;
}

mx_status mx_resume_check(const mx_config *config, const char *run) {
    return check(config, run, false);
}

mx_status mx_resume_check_same(const mx_config *config, const char *run) {
    return check(config, run, true);
}
