/* The list of pictures that cannot be used. */
#include <string.h>

#include "base/fs.h"
#include "data/pack_internal.h"

/* A CSV field (RFC 4180): always quoted, since paths and reasons may hold anything. */
static void put_field(mx_buf *out, const char *text, char after) {
    mx_buf_puts(out, "\"");
    for (const char *quote; (quote = strchr(text, '"')) != NULL; text = quote + 1) {
        mx_buf_append(out, text, (size_t)(quote - text) + 1);
        mx_buf_puts(out, "\"");
    }
    mx_buf_puts(out, text);
    mx_buf_printf(out, "\"%c", after);
}

/* A message without the "cannot decode 'PATH': " that the path's own column makes needless. */
static const char *reason_of(const char *message, const char *path) {
    const char *at = *path ? strstr(message, path) : NULL;
    const char *rest = at ? at + strlen(path) : "";
    return strncmp(rest, "': ", 3) == 0 ? rest + 3 : message;
}

mx_status mx_pack_write_report(const char *path, const mx_fault *faults, const mx_pictures *list) {
    mx_buf text = {0};
    mx_buf_puts(&text, "source,path,reason\n");
    for (size_t i = 0; i < list->count; i++) {
        const mx_picture *picture = &list->items[i];
        const char *file = picture->path ? picture->path : "";
        if (faults[i].status == MX_OK) continue;
        put_field(&text, picture->source->name, ',');
        put_field(&text, file, ',');
        put_field(&text, faults[i].message ? reason_of(faults[i].message, file) : "no memory",
                  '\n');
    }
    mx_status status = mx_buf_check(&text);
    if (status == MX_OK) status = mx_write_atomic(path, text.data, text.length);
    mx_buf_release(&text);
    return status;
}
