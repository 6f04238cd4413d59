/* Checkpoints of a run: when, and which stay. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "train/session_internal.h"
#include "train/state.h"

#define KEPT_NAME "checkpoint-%06" PRIu64 ".safetensors"

enum { KEPT_BYTES = 48 };

bool mx_session_save_is_due(const mx_session *session) {
    const mx_config *config = session->config;
    if (session->saved_step == session->step) return false;
    if (session->ended || session->stop) return true;
    switch (config->train_save_when) {
    case MX_SAVE_EPOCH:
        return session->step % session->steps_per_epoch == 0;
    case MX_SAVE_STEPS:
        return session->step % (uint64_t)config->train_save_count == 0;
    case MX_SAVE_MINUTES:
        return mx_now_ms() * 1e-3 - session->saved >= 60.0 * (double)config->train_save_count;
    default:
        return false;
    }
}

/* Gives the checkpoint that is there a second name, which stays when the next one takes its first.
 * A file system without such links gets a copy. */
static mx_status keep_file(const char *checkpoint, const char *kept) {
    mx_buf bytes = {0};
    mx_status status;
    if (unlink(kept) != 0 && errno != ENOENT)
        return mx_fail(MX_WRITE, "cannot replace '%s': %s", kept, strerror(errno));
    if (link(checkpoint, kept) == 0) return MX_OK;
    MX_GO(mx_read_file(&bytes, checkpoint, SIZE_MAX));
    MX_GO(mx_write_atomic(kept, bytes.data, bytes.length));
done:
    mx_buf_release(&bytes);
    return status;
}

static mx_status keep_previous(const mx_session *session) {
    char name[KEPT_BYTES], *checkpoint = NULL, *kept = NULL;
    mx_status status;
    snprintf(name, sizeof name, KEPT_NAME, session->saved_step);
    MX_GO(mx_run_folder_file(&session->folder, MX_STATE_FILE, &checkpoint));
    MX_GO(mx_run_folder_file(&session->folder, name, &kept));
    if (mx_file_exists(checkpoint)) MX_GO(keep_file(checkpoint, kept));
done:
    free(checkpoint);
    free(kept);
    return status;
}

/* The step of a file that keep_previous has named, or 0. */
static uint64_t kept_step(const char *name) {
    uint64_t step = 0;
    char whole[KEPT_BYTES];
    if (sscanf(name, "checkpoint-%" SCNu64, &step) != 1) return 0;
    snprintf(whole, sizeof whole, KEPT_NAME, step);
    return strcmp(whole, name) == 0 ? step : 0;
}

/* The smallest step of which a checkpoint is kept, and how many are. */
static uint64_t first_kept(DIR *folder, int64_t *count) {
    uint64_t first = 0;
    *count = 0;
    rewinddir(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        const uint64_t step = kept_step(entry->d_name);
        if (step == 0) continue;
        if (first == 0 || step < first) first = step;
        ++*count;
    }
    return first;
}

/* Removes the earliest of more than train.keep. What cannot be removed stays, with a warning. */
static mx_status drop_old(const mx_session *session) {
    int64_t count = 0;
    DIR *folder = opendir(session->folder.path);
    mx_status status = MX_OK;
    if (!folder) return MX_OK;
    for (uint64_t step;
         (step = first_kept(folder, &count)) && count > session->config->train_keep;) {
        char name[KEPT_BYTES], *path = NULL;
        snprintf(name, sizeof name, KEPT_NAME, step);
        MX_GO(mx_run_folder_file(&session->folder, name, &path));
        const bool removed = unlink(path) == 0;
        if (!removed) mx_warn("cannot remove '%s': %s", path, strerror(errno));
        free(path);
        if (!removed) break;
    }
done:
    closedir(folder);
    return status;
}

mx_status mx_session_save(mx_session *session) {
    const bool keeps = session->config->train_keep > 0;
    MX_TRY(mx_session_write_weights(session, "last.safetensors"));
    if (keeps && session->saved_step > 0) MX_TRY(keep_previous(session));
    MX_TRY(mx_state_save(session));
    if (keeps) MX_TRY(drop_old(session));
    session->saved = mx_now_ms() * 1e-3;
    session->saved_step = session->step;
    return MX_OK;
}
