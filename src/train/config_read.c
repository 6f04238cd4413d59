/* The INI file, through inih. Its handler is told no line number, and it cuts lines over 199 bytes
 * (newer versions: 198) and section names over 49 without a word: the reader here hands it one
 * checked line at a time. */
#include <ctype.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "train/config_internal.h"

enum { FILE_BYTES = 1 << 20, SECTION_BYTES = 49, WHERE_BYTES = 1024 };

typedef struct reader {
    mx_config *config;
    const char *next; /* the first unread byte */
    size_t left;
    int line;
    char where[WHERE_BYTES]; /* "FILE:LINE" of the line last read */
    mx_status status;        /* reading stops at the first failure */
} reader;

/* 1 to 4 for a well-formed UTF-8 sequence at `s`, else 0. */
static size_t utf8_length(const unsigned char *s, size_t left) {
    static const struct {
        unsigned char mask, lead;
        unsigned least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t n = 1; n <= 4 && n <= left; n++) {
        if ((s[0] & forms[n - 1].mask) != forms[n - 1].lead) continue;
        unsigned point = s[0] & (unsigned char)~forms[n - 1].mask;
        for (size_t i = 1; i < n; i++) {
            if ((s[i] & 0xc0) != 0x80) return 0;
            point = point << 6 | (s[i] & 0x3f);
        }
        const bool surrogate = point >= 0xd800 && point < 0xe000;
        return point < forms[n - 1].least || point > 0x10ffff || surrogate ? 0 : n;
    }
    return 0;
}

size_t mx_text_bad_byte(const char *text, size_t length) {
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;
    while (at < length) {
        const size_t count = utf8_length(bytes + at, length - at);
        const bool control = (bytes[at] < 0x20 && bytes[at] != '\t') || bytes[at] == 0x7f;
        if (count == 0 || control) break;
        at += count;
    }
    return at;
}

/* inih itself knows only ';' inside a line. */
size_t mx_ini_without_comment(const char *line, size_t length) {
    for (size_t i = 0; i < length; i++)
        if ((line[i] == ';' || line[i] == '#') && (i == 0 || isspace((unsigned char)line[i - 1])))
            length = i;
    while (length > 0 && isspace((unsigned char)line[length - 1]))
        length--;
    return length;
}

/* `line` is "[NAME]", NUL-terminated. */
static mx_status enter_section(const reader *r, const char *line, size_t length) {
    const char *close = strchr(line, ']');
    if (!close) return mx_fail(MX_USAGE, "%s: '%s' lacks a closing ']'", r->where, line);
    if (close != line + length - 1)
        return mx_fail(MX_USAGE, "%s: '%s' follows the section's ']'", r->where, close + 1);
    if (length - 2 > SECTION_BYTES)
        return mx_fail(MX_USAGE, "%s: section name over %d bytes", r->where, SECTION_BYTES);
    char name[SECTION_BYTES + 1] = "";
    memcpy(name, line + 1, length - 2);
    return mx_config_enter_section(r->config, name, r->where);
}

static mx_status check_line(const reader *r, const char *line, size_t length) {
    if (length == 0) return MX_OK;
    if (isspace((unsigned char)line[0]))
        return mx_fail(MX_USAGE,
                       "%s: the line is indented; keys and sections start in the first column, and "
                       "a value ends with its line",
                       r->where);
    if (line[0] == '[') return enter_section(r, line, length);
    const size_t name = strcspn(line, "=:");
    if (name == 0 || name == length)
        return mx_fail(MX_USAGE, "%s: '%s' is neither 'key = value' nor '[section]'", r->where,
                       line);
    return MX_OK;
}

/* Copies the next line, without comment and line end, to `out`. */
static mx_status take_line(reader *r, char *out, size_t size) {
    const char *line = r->next, *end = memchr(line, '\n', r->left);
    size_t length = end ? (size_t)(end - line) : r->left;
    r->next += length + (end != NULL);
    r->left -= length + (end != NULL);
    r->line++;
    snprintf(r->where, sizeof r->where, "%s:%d", r->config->path, r->line);
    if (length > 0 && line[length - 1] == '\r') length--;
    const size_t bad = mx_text_bad_byte(line, length);
    if (bad < length)
        return mx_fail(MX_USAGE, "%s: byte 0x%02x in column %zu; the file must be UTF-8 text",
                       r->where, (unsigned char)line[bad], bad + 1);
    length = mx_ini_without_comment(line, length);
    if (length > MX_INI_LINE_BYTES || length >= size)
        return mx_fail(MX_USAGE, "%s: the line has %zu bytes; at most %d are read", r->where,
                       length, MX_INI_LINE_BYTES);
    memcpy(out, line, length);
    out[length] = '\0';
    return check_line(r, out, length);
}

/* An ini_reader. */
static char *next_line(char *out, int size, void *user) {
    reader *r = user;
    if (r->status != MX_OK || r->left == 0) return NULL;
    r->status = take_line(r, out, (size_t)size);
    return r->status == MX_OK ? out : NULL;
}

/* An ini_handler. */
static int set_key(void *user, const char *section, const char *name, const char *value) {
    reader *r = user;
    const mx_setting setting = {section, name, value, r->where, MX_FROM_FILE};
    if (*section == '\0')
        r->status = mx_fail(MX_USAGE, "%s: '%s' stands before the first [section]", r->where, name);
    else
        r->status = mx_config_set(r->config, &setting);
    return r->status == MX_OK;
}

mx_status mx_config_read(mx_config *config) {
    mx_buf text = {0};
    mx_status status = mx_read_file(&text, config->path, FILE_BYTES);
    /* A configuration that cannot be read is a wrong argument, not bad training data. */
    if (status != MX_OK) {
        mx_buf_release(&text);
        return status == MX_DATA ? MX_USAGE : status;
    }
    reader r = {.config = config, .next = mx_buf_text(&text), .left = text.length};
    if (r.left >= 3 && memcmp(r.next, "\xef\xbb\xbf", 3) == 0) {
        r.next += 3;
        r.left -= 3;
    }
    const int failed = ini_parse_stream(next_line, &r, set_key, &r);
    if (r.status == MX_OK && failed)
        r.status = mx_fail(MX_INTERNAL, "%s: inih failed with %d", config->path, failed);
    mx_buf_release(&text);
    return r.status;
}
