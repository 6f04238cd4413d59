#include "ocl/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

enum { KERNEL_FILE_LIMIT = 1 << 20 };

static mx_status append_embedded(mx_buf *out, const char *name) {
    for (const mx_embedded_file *file = mx_embedded_files; file->name; file++)
        if (strcmp(file->name, name) == 0) {
            mx_buf_append(out, file->bytes, file->length);
            return mx_buf_check(out);
        }
    return mx_fail(MX_INTERNAL, "no kernel file '%s' is embedded", name);
}

static mx_status append_from_folder(mx_buf *out, const char *folder, const char *name) {
    char *path = NULL;
    MX_TRY(mx_path_join(&path, folder, name));
    const mx_status status =
        mx_context(mx_read_file(out, path, KERNEL_FILE_LIMIT), "MIXCL_KERNEL_DIR");
    free(path);
    return status;
}

/* Headers that come before a kernel file, where its name has `with`, but not `without`. */
static const struct {
    const char *name, *with, *without;
} headers[] = {{"shared.h", "", NULL},
               {"defs.h", "", NULL},
               {"register_tile.h", "conv_", "gemm"},
               {"winograd.h", "winograd", NULL},
               {"winograd_cpu.h", "winograd", "gemm"}};

static mx_status append(mx_buf *out, const char *name) {
    const char *folder = getenv("MIXCL_KERNEL_DIR");
    mx_buf_printf(out, "#line 1 \"%s\"\n", name);
    return folder && *folder ? append_from_folder(out, folder, name) : append_embedded(out, name);
}

mx_status mx_source_load(mx_buf *out, const char *name) {
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        const bool without = headers[i].without && strstr(name, headers[i].without);
        if (strstr(name, headers[i].with) && !without) MX_TRY(append(out, headers[i].name));
    }
    return append(out, name);
}
