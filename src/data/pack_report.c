/* The list of pictures that cannot be used. */
#include <string.h>

#include "base/fs.h"
#include "data/pack_internal.h"
#include "data/picture.h"

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

/* Appends a message without the "cannot decode 'PATH': " that the path's own column makes needless,
 * but with the row of the labels that comes before it. */
static void put_reason(mx_buf *out, const char *message, const mx_picture *picture) {
    const char *at = picture->path && *picture->path ? strstr(message, picture->path) : NULL;
    const char *rest = at ? at + strlen(picture->path) : "";
    if (strncmp(rest, "': ", 3) != 0) {
        mx_buf_puts(out, message);
        return;
    }
    if (picture->row > 0 && mx_source_has(picture->source->labels))
        mx_buf_printf(out, "%s:%zu: ", picture->source->labels, picture->row);
    mx_buf_puts(out, rest + 3);
}

mx_status mx_pack_write_report(const char *path, const mx_fault *faults, const mx_pictures *list) {
    mx_buf text = {0}, reason = {0};
    mx_buf_puts(&text, "source,path,reason\n");
    for (size_t i = 0; i < list->count; i++) {
        const mx_picture *picture = &list->items[i];
        if (faults[i].status == MX_OK) continue;
        put_field(&text, picture->source->name, ',');
        put_field(&text, mx_picture_name(picture), ',');
        mx_buf_clear(&reason);
        put_reason(&reason, faults[i].message ? faults[i].message : "no memory", picture);
        text.failed |= reason.failed;
        put_field(&text, mx_buf_text(&reason), '\n');
    }
    mx_status status = mx_buf_check(&text);
    if (status == MX_OK) status = mx_write_atomic(path, text.data, text.length);
    mx_buf_release(&text);
    mx_buf_release(&reason);
    return status;
}
