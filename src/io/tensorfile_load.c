#include "io/tensorfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/printable.h"
#include "io/torchfile.h"
#include "io/zip.h"

enum { START_BYTES = 512, SHOWN_BYTES = 8 };

typedef struct file_start {
    char bytes[START_BYTES];
    size_t length;
} file_start;

static mx_status read_start(file_start *out, const char *path) {
    struct stat info;
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    const int handle = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (handle < 0) return mx_fail(MX_DATA, "cannot open '%s': %s", path, strerror(errno));
    mx_status status = MX_OK;
    ssize_t count = 0;
    if (fstat(handle, &info) != 0 || !S_ISREG(info.st_mode))
        status = mx_fail(MX_DATA, "cannot read '%s': not a regular file", path);
    else if ((count = read(handle, out->bytes, sizeof out->bytes)) < 0)
        status = mx_fail(MX_DATA, "cannot read '%s': %s", path, strerror(errno));
    out->length = count > 0 ? (size_t)count : 0;
    close(handle);
    return status;
}

/* A header of less than 4 GiB that begins an object. */
static bool is_safetensors(const file_start *start) {
    return start->length > 8 && memcmp(start->bytes + 4, "\0\0\0\0", 4) == 0 &&
           start->bytes[8] == '{';
}

/* A pickle, or the tar archive of the first PyTorch: its reader says more. */
static bool is_stream(const file_start *start) {
    return (start->length > 1 && start->bytes[0] == '\x80' && start->bytes[1] <= 5) ||
           (start->length > 262 && memcmp(start->bytes + 257, "ustar", 5) == 0);
}

static mx_status read_any(mx_tensorfile *out, const char *path) {
    file_start start = {.length = 0};
    MX_TRY(read_start(&start, path));
    if (is_safetensors(&start)) return mx_tensorfile_read(out, path);
    if (mx_zip_sniff(path) || is_stream(&start)) return mx_torchfile_read(out, path);
    if (start.length == 0) return mx_fail(MX_DATA, "cannot read '%s': the file is empty", path);
    const size_t shown = start.length < SHOWN_BYTES ? start.length : SHOWN_BYTES;
    return mx_fail(MX_DATA,
                   "cannot read '%s': neither .safetensors nor a .pth by torch.save; it begins "
                   "with '%s'",
                   path, mx_printable_bytes(start.bytes, shown).text);
}

mx_status mx_tensorfile_load(mx_tensorfile *out, const char *path) {
    *out = (mx_tensorfile){0};
    MX_TRY(read_any(out, path));
    mx_tensorfile_strip_module(out);
    return MX_OK;
}
