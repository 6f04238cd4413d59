#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static bool reserve(mx_buf *buf, size_t extra) {
    size_t needed = 0;
    if (!mx_size_add(buf->length, extra, &needed) || !mx_size_add(needed, 1, &needed) ||
        mx_grow(&buf->data, &buf->capacity, needed, 1) != MX_OK)
        buf->failed = true;
    return !buf->failed;
}

void mx_buf_append(mx_buf *buf, const void *bytes, size_t count) {
    if (!reserve(buf, count)) return;
    if (count) memcpy(buf->data + buf->length, bytes, count);
    buf->length += count;
    buf->data[buf->length] = '\0';
}

void mx_buf_puts(mx_buf *buf, const char *text) {
    mx_buf_append(buf, text, strlen(text));
}

void mx_buf_printf(mx_buf *buf, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int count = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (count < 0) buf->failed = true;
    if (count >= 0 && reserve(buf, (size_t)count)) {
        vsnprintf(buf->data + buf->length, (size_t)count + 1, format, again);
        buf->length += (size_t)count;
    }
    va_end(again);
}

void mx_buf_csv_field(mx_buf *buf, const char *text) {
    if (!strpbrk(text, ",\"\r\n")) {
        mx_buf_puts(buf, text);
        return;
    }
    mx_buf_puts(buf, "\"");
    for (; *text; text++)
        mx_buf_printf(buf, *text == '"' ? "\"%c" : "%c", *text);
    mx_buf_puts(buf, "\"");
}

mx_status mx_buf_check(const mx_buf *buf) {
    return buf->failed ? mx_fail(MX_MEMORY, "cannot grow a buffer of %zu bytes", buf->length)
                       : MX_OK;
}

const char *mx_buf_text(const mx_buf *buf) {
    return buf->length ? buf->data : "";
}

void mx_buf_clear(mx_buf *buf) {
    buf->length = 0;
    buf->failed = false;
    if (buf->data) buf->data[0] = '\0';
}

void mx_buf_release(mx_buf *buf) {
    free(buf->data);
    *buf = (mx_buf){0};
}
