#include "train/run_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

mx_status mx_run_folder_file(const mx_run_folder *folder, const char *name, char **out) {
    return mx_path_join(out, folder->path, name);
}

/* The kernel drops the lock with its owner, however that ends. */
static mx_status take_lock(mx_run_folder *folder) {
    char *path = NULL;
    MX_TRY(mx_run_folder_file(folder, ".lock", &path));
    mx_status status = MX_OK;
    folder->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (folder->lock < 0)
        status = mx_fail(MX_WRITE, "cannot create '%s': %s", path, strerror(errno));
    else if (flock(folder->lock, LOCK_EX | LOCK_NB) != 0)
        status = mx_fail(MX_BUSY, "run folder '%s' is in use by another process", folder->path);
    free(path);
    return status;
}

static mx_status refuse_old_run(const mx_run_folder *folder) {
    char *path = NULL;
    MX_TRY(mx_run_folder_file(folder, "metrics.csv", &path));
    const bool exists = mx_file_exists(path);
    free(path);
    if (!exists) return MX_OK;
    return mx_fail(
        MX_WRITE,
        "'%s' holds a run already; move it away, or use another --out or --set run.name=NAME",
        folder->path);
}

static mx_status write_config(const mx_run_folder *folder, const mx_config *config) {
    mx_buf text = {0};
    char *path = NULL;
    mx_status status;
    MX_GO(mx_run_folder_file(folder, "config.ini", &path));
    MX_GO(mx_config_write_resolved(config, &text));
    MX_GO(mx_write_atomic(path, mx_buf_text(&text), text.length));
done:
    mx_buf_release(&text);
    free(path);
    return status;
}

mx_status mx_run_folder_open(mx_run_folder *folder, const mx_config *config) {
    *folder = (mx_run_folder){.lock = -1};
    mx_status status;
    MX_GO(mx_path_join(&folder->path, config->run_out, config->run_name));
    MX_GO(mx_make_folders(folder->path));
    MX_GO(take_lock(folder));
    MX_GO(refuse_old_run(folder));
    MX_GO(write_config(folder, config));
done:
    if (status != MX_OK) mx_run_folder_release(folder);
    return status;
}

mx_status mx_run_folder_reopen(mx_run_folder *folder, const char *path) {
    *folder = (mx_run_folder){.lock = -1};
    mx_status status;
    if (!mx_is_folder(path)) return mx_fail(MX_DATA, "'%s' is not the folder of a run", path);
    MX_GO(mx_strdup(&folder->path, path));
    MX_GO(take_lock(folder));
done:
    if (status != MX_OK) mx_run_folder_release(folder);
    return status;
}

void mx_run_folder_release(mx_run_folder *folder) {
    if (folder->lock >= 0) close(folder->lock);
    free(folder->path);
    *folder = (mx_run_folder){.lock = -1};
}
