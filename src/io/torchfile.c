#include "io/torchfile.h"

#include "io/torchfile_internal.h"
#include "io/zip.h"

mx_status mx_torchfile_read(mx_tensorfile *out, const char *path) {
    *out = (mx_tensorfile){0};
    const mx_status status =
        mx_zip_sniff(path) ? mx_torchfile_read_zip(out, path) : mx_torchfile_read_stream(out, path);
    if (status != MX_OK) mx_tensorfile_release(out);
    return status;
}
