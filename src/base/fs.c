#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

mx_status mx_path_join(char **out, const char *base, const char *name) {
    if (name[0] == '/' || base[0] == '\0') return mx_strdup(out, name);
    const size_t base_length = strlen(base);
    const char *slash = base[base_length - 1] == '/' ? "" : "/";
    const size_t bytes = base_length + strlen(name) + 2;
    MX_TRY(mx_alloc(out, bytes, 1));
    snprintf(*out, bytes, "%s%s%s", base, slash, name);
    return MX_OK;
}

mx_status mx_path_folder(char **out, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) return mx_strdup(out, ".");
    const size_t length = slash == path ? 1 : (size_t)(slash - path);
    MX_TRY(mx_alloc(out, length + 1, 1));
    memcpy(*out, path, length);
    return MX_OK;
}

const char *mx_path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool mx_path_has_extension(const char *path, const char *extension) {
    const char *dot = strrchr(mx_path_name(path), '.');
    return dot && strcasecmp(dot + 1, extension) == 0;
}

bool mx_file_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0;
}

bool mx_is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static mx_status read_all(mx_buf *out, int file, const char *path, size_t limit) {
    char chunk[65536];
    const size_t start = out->length;
    for (;;) {
        const ssize_t count = read(file, chunk, sizeof chunk);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return mx_fail(MX_DATA, "cannot read '%s': %s", path, strerror(errno));
        if (count == 0) break;
        if (out->length - start + (size_t)count > limit)
            return mx_fail(MX_DATA, "cannot read '%s': more than %zu bytes", path, limit);
        mx_buf_append(out, chunk, (size_t)count);
    }
    return mx_buf_check(out);
}

mx_status mx_read_file(mx_buf *out, const char *path, size_t limit) {
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return mx_fail(MX_DATA, "cannot open '%s': %s", path, strerror(errno));
    struct stat info;
    mx_status status = MX_OK;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
        status = mx_fail(MX_DATA, "cannot read '%s': not a regular file", path);
    else
        status = read_all(out, file, path, limit);
    close(file);
    return status;
}

mx_status mx_make_folders(const char *path) {
    char *copy = NULL;
    MX_TRY(mx_strdup(&copy, path));
    mx_status status = MX_OK;
    for (char *end = copy + 1; status == MX_OK; end++) {
        if (*end != '/' && *end != '\0') continue;
        const char kept = *end;
        *end = '\0';
        if (mkdir(copy, 0777) != 0 && !(errno == EEXIST && mx_is_folder(copy)))
            status = mx_fail(MX_WRITE, "cannot make folder '%s': %s", copy, strerror(errno));
        *end = kept;
        if (kept == '\0') break;
    }
    free(copy);
    return status;
}

static bool write_all(int file, const char *bytes, size_t count) {
    while (count > 0) {
        const ssize_t written = write(file, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

void mx_sync_folder_of(const char *path) {
    char *folder = NULL;
    if (mx_path_folder(&folder, path) != MX_OK) return;
    const int handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle >= 0) {
        /* Some file systems cannot sync a folder; the file itself is already safe. */
        (void)fsync(handle);
        close(handle);
    }
    free(folder);
}

static bool write_parts(int file, const mx_bytes *parts, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!write_all(file, parts[i].data, parts[i].count)) return false;
    return true;
}

mx_status mx_write_atomic(const char *path, const void *bytes, size_t count) {
    return mx_write_atomic_parts(path, &(const mx_bytes){bytes, count}, 1);
}

mx_status mx_write_atomic_parts(const char *path, const mx_bytes *parts, size_t count) {
    char *temporary = NULL;
    const size_t length = strlen(path) + 32;
    MX_TRY(mx_alloc(&temporary, length, 1));
    snprintf(temporary, length, "%s.tmp-%ld", path, (long)getpid());
    mx_status status = MX_OK;
    const int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        status = mx_fail(MX_WRITE, "cannot create '%s': %s", temporary, strerror(errno));
        goto done;
    }
    const bool written = write_parts(file, parts, count) && fsync(file) == 0;
    const int reason = errno;
    const bool closed = close(file) == 0;
    if (!written || !closed || rename(temporary, path) != 0) {
        status =
            mx_fail(MX_WRITE, "cannot write '%s': %s", path, strerror(written ? errno : reason));
        unlink(temporary);
        goto done;
    }
    mx_sync_folder_of(path);
done:
    free(temporary);
    return status;
}

mx_status mx_cache_folder(char **out) {
    const char *own = getenv("MIXCL_CACHE_DIR"), *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    *out = NULL;
    if (own && *own)
        MX_TRY(mx_strdup(out, own));
    else if (xdg && xdg[0] == '/')
        MX_TRY(mx_path_join(out, xdg, "mixcl"));
    else
        MX_TRY(mx_path_join(out, home && *home ? home : "/tmp", ".cache/mixcl"));
    const mx_status status = mx_make_folders(*out);
    if (status != MX_OK) {
        free(*out);
        *out = NULL;
    }
    return status;
}
