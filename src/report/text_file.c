#include "report/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct mx_text_file {
    FILE *stream;
    char *path;
};

mx_status mx_text_file_open(mx_text_file **out, const char *path, bool append) {
    mx_text_file *file = NULL;
    mx_status status;
    *out = NULL;
    MX_GO(mx_alloc(&file, 1, sizeof *file));
    MX_GO(mx_strdup(&file->path, path));
    file->stream = fopen(path, append ? "a" : "w");
    if (!file->stream) {
        status = mx_fail(MX_WRITE, "cannot create '%s': %s", path, strerror(errno));
        goto done;
    }
    *out = file;
    return MX_OK;
done:
    mx_text_file_close(file);
    return status;
}

mx_status mx_text_file_write(mx_text_file *file, const mx_buf *text) {
    MX_TRY(mx_buf_check(text));
    const size_t written = fwrite(mx_buf_text(text), 1, text->length, file->stream);
    if (written == text->length && fflush(file->stream) == 0) return MX_OK;
    return mx_fail(MX_WRITE, "cannot write '%s': %s", file->path, strerror(errno));
}

void mx_text_file_close(void *self) {
    mx_text_file *file = self;
    if (!file) return;
    if (file->stream) fclose(file->stream);
    free(file->path);
    free(file);
}
