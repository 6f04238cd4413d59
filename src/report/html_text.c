#include "report/html_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/text.h"

#define THIN_SPACE "\xE2\x80\xAF"
#define DASH "\xE2\x80\x93"

static void put_escaped(mx_buf *out, const char *text) {
    while (*text) {
        const size_t plain = strcspn(text, "&<>\"'");
        mx_buf_append(out, text, plain);
        text += plain;
        if (*text) mx_buf_printf(out, "&#%d;", *text++);
    }
}

void mx_html_text(mx_buf *out, const char *text, size_t most) {
    mx_buf clean = {0};
    char *cut = NULL;
    mx_text_clean(&clean, text);
    if (clean.failed || mx_alloc(&cut, 4 * most + 1, 1) != MX_OK) {
        out->failed = true;
    } else {
        mx_text_cut(cut, 4 * most + 1, mx_buf_text(&clean), most);
        put_escaped(out, cut);
    }
    free(cut);
    mx_buf_release(&clean);
}

void mx_html_base64(mx_buf *out, const void *bytes, size_t count) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *in = bytes;
    for (size_t i = 0; i < count; i += 3) {
        const size_t left = count - i;
        const uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
                               (left > 2 ? in[i + 2] : 0u);
        const char four[] = {digits[group >> 18], digits[group >> 12 & 63],
                             left > 1 ? digits[group >> 6 & 63] : '=',
                             left > 2 ? digits[group & 63] : '='};
        mx_buf_append(out, four, sizeof four);
    }
}

void mx_html_count(mx_buf *out, uint64_t count) {
    if (count >= 1000) {
        mx_html_count(out, count / 1000);
        mx_buf_printf(out, THIN_SPACE "%03u", (unsigned)(count % 1000));
    } else {
        mx_buf_printf(out, "%u", (unsigned)count);
    }
}

void mx_html_percent(mx_buf *out, double share, int digits) {
    if (isfinite(share))
        mx_buf_printf(out, "%.*f" THIN_SPACE "%%", digits, share * 100);
    else
        mx_buf_puts(out, DASH);
}

void mx_html_number(mx_buf *out, double value, int digits) {
    if (isfinite(value))
        mx_buf_printf(out, "%.*g", digits, value);
    else
        mx_buf_puts(out, DASH);
}

void mx_html_seconds(mx_buf *out, double seconds) {
    if (!(seconds >= 0 && seconds < 1e9)) {
        mx_buf_puts(out, DASH);
        return;
    }
    const unsigned long whole = (unsigned long)(seconds + 0.5);
    if (seconds < 59.95)
        mx_buf_printf(out, "%.1f s", seconds);
    else if (whole < 3600)
        mx_buf_printf(out, "%lu min %lu s", whole / 60, whole % 60);
    else
        mx_buf_printf(out, "%lu h %lu min", whole / 3600, whole % 3600 / 60);
}

void mx_html_begin_section(mx_buf *out, const char *id, const char *title) {
    mx_buf_printf(out,
                  "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n",
                  id, id, id, title);
}

void mx_html_end_section(mx_buf *out) {
    mx_buf_puts(out, "</section>\n");
}

void mx_html_begin_page(mx_buf *out, const char *title) {
    mx_buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "img-src data:; style-src 'unsafe-inline'\">\n"
                     "<link rel=\"icon\" href=\"data:,\">\n<title>");
    mx_html_text(out, title, MX_HTML_NAME);
    mx_buf_puts(out, "</title>\n<style>\n");
    for (int i = 0; mx_html_style[i]; i++)
        mx_buf_puts(out, mx_html_style[i]);
    mx_buf_puts(out, "</style>\n</head>\n<body>\n<main>\n");
}

void mx_html_end_page(mx_buf *out) {
    mx_buf_puts(out, "</main>\n</body>\n</html>\n");
}
