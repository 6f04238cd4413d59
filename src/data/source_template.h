/* Texts made of a table's columns: "{user_id}/face.{face_id}.{original_image}", "{1}" for the first
 * column, "{{" and "}}" for the braces themselves. */
#ifndef MX_DATA_SOURCE_TEMPLATE_H
#define MX_DATA_SOURCE_TEMPLATE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/status.h"
#include "io/table.h"

typedef struct mx_template_part {
    const char *text; /* `length` bytes of the template; NULL for a column */
    size_t length, column;
} mx_template_part;

typedef struct mx_template {
    mx_template_part *parts; /* point into the template's text */
    size_t n_parts, capacity;
} mx_template;

/* Fails with MX_USAGE, the message being the reason, when braces do not match or are empty. */
mx_status mx_template_check(const char *text);

/* Parses `text`, which must outlive *out; released with mx_template_release. Fails as
 * mx_template_check, with MX_DATA when the table has no such column (the message lists those there
 * are) and with MX_MEMORY; *out is then empty. */
mx_status mx_template_parse(mx_template *out, const char *text, const mx_table *table);
void mx_template_release(mx_template *parsed);

/* Appends the text for a row of the table. */
void mx_template_expand(mx_buf *out, const mx_template *parsed, const mx_table *table, size_t row);

#endif
