#include "data/source_template.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A column's name in braces may have this many bytes. */
enum { MAX_NAME = 255 };

static mx_status add_part(mx_template *out, mx_template_part part) {
    MX_TRY(mx_grow(&out->parts, &out->capacity, out->n_parts + 1, sizeof *out->parts));
    out->parts[out->n_parts++] = part;
    return MX_OK;
}

/* The name in braces at *next, which moves behind it. */
static mx_status take_name(char name[MAX_NAME + 1], const char **next) {
    const char *start = *next + 1;
    const size_t length = strcspn(start, "{}");
    if (start[length] != '}')
        return mx_fail(MX_USAGE, "'{%.*s' lacks a closing '}'; a brace itself is '{{'",
                       (int)(length < MAX_NAME ? length : MAX_NAME), start);
    if (length == 0) return mx_fail(MX_USAGE, "'{}' names no column");
    if (length > MAX_NAME)
        return mx_fail(MX_USAGE, "a column's name has %zu bytes, allowed are %d", length, MAX_NAME);
    memcpy(name, start, length);
    name[length] = '\0';
    *next = start + length + 1;
    return MX_OK;
}

/* The part at *next, which moves behind it. Without a table columns are not looked up. */
static mx_status take_part(mx_template_part *out, const char **next, const mx_table *table) {
    char name[MAX_NAME + 1];
    const char *text = *next;
    if ((text[0] == '{' || text[0] == '}') && text[1] == text[0]) {
        *out = (mx_template_part){.text = text, .length = 1};
        *next += 2;
        return MX_OK;
    }
    if (text[0] == '}')
        return mx_fail(MX_USAGE, "'}' lacks an opening '{'; a brace itself is '}}'");
    if (text[0] == '{') {
        *out = (mx_template_part){0};
        MX_TRY(take_name(name, next));
        return table ? mx_table_column(&out->column, table, name) : MX_OK;
    }
    *out = (mx_template_part){.text = text, .length = strcspn(text, "{}")};
    *next += out->length;
    return MX_OK;
}

mx_status mx_template_check(const char *text) {
    mx_template_part part;
    while (*text)
        MX_TRY(take_part(&part, &text, NULL));
    return MX_OK;
}

mx_status mx_template_parse(mx_template *out, const char *text, const mx_table *table) {
    mx_status status = MX_OK;
    *out = (mx_template){0};
    while (*text) {
        mx_template_part part;
        MX_GO(take_part(&part, &text, table));
        MX_GO(add_part(out, part));
    }
done:
    if (status != MX_OK) mx_template_release(out);
    return status;
}

void mx_template_release(mx_template *parsed) {
    free(parsed->parts);
    *parsed = (mx_template){0};
}

void mx_template_expand(mx_buf *out, const mx_template *parsed, const mx_table *table, size_t row) {
    for (size_t i = 0; i < parsed->n_parts; i++) {
        const mx_template_part *part = &parsed->parts[i];
        if (part->text)
            mx_buf_append(out, part->text, part->length);
        else
            mx_buf_puts(out, mx_table_cell(table, row, part->column));
    }
}
