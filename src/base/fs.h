/* Files and folders. Paths are UTF-8 with '/'; failures name the path and the system's reason. */
#ifndef MX_BASE_FS_H
#define MX_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/status.h"

/* `base`/`name` into `out`, or `name` alone when it is absolute or `base` is "". Released with
 * free(). Fails with MX_MEMORY. */
mx_status mx_path_join(char **out, const char *base, const char *name);
/* The folder part of `path` ("." when it has none), released with free(). */
mx_status mx_path_folder(char **out, const char *path);
/* The part after the last '/', inside `path`. */
const char *mx_path_name(const char *path);
/* True when the name ends in `.EXTENSION`, ignoring ASCII case. */
bool mx_path_has_extension(const char *path, const char *extension);

bool mx_file_exists(const char *path);
bool mx_is_folder(const char *path);

/* Appends a regular file's bytes to `out`. Fails with MX_DATA when it cannot be read, is not a
 * regular file, or holds more than `limit` bytes. */
mx_status mx_read_file(mx_buf *out, const char *path, size_t limit);

/* Makes a folder and its parents. Fails with MX_WRITE. */
mx_status mx_make_folders(const char *path);

/* Replaces `path` by `count` bytes, or leaves it as it was: temporary file, fsync, rename, fsync of
 * the folder. Fails with MX_WRITE. */
mx_status mx_write_atomic(const char *path, const void *bytes, size_t count);

/* Puts a file's name on disk as fsync puts its bytes, where the file system can. */
void mx_sync_folder_of(const char *path);

/* The same for bytes that lie in several places, one after another. */
typedef struct mx_bytes {
    const void *data;
    size_t count;
} mx_bytes;
mx_status mx_write_atomic_parts(const char *path, const mx_bytes *parts, size_t count);

/* $MIXCL_CACHE_DIR, else $XDG_CACHE_HOME/mixcl, else ~/.cache/mixcl; made when absent. Released
 * with free(). Fails with MX_WRITE or MX_MEMORY. */
mx_status mx_cache_folder(char **out);

#endif
