/* Pictures and labels in the rows of a table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/source.h"
#include "data/source_images.h"
#include "data/source_template.h"
#include "io/table.h"

enum { BOX_COLUMNS = 4 };

/* One table on its way into the list. */
typedef struct table_scan {
    mx_pictures *list;
    const mx_source_spec *source;
    mx_source_images images;
    mx_table table;
    mx_template path, label;
    size_t box[BOX_COLUMNS], group; /* columns */
    mx_buf text;
    const char *last_class, *last_group; /* texts that the next row may share */
} table_scan;

static mx_status find_columns(table_scan *scan) {
    const mx_source_spec *source = scan->source;
    const mx_table *table = &scan->table;
    MX_TRY(mx_template_parse(&scan->path, source->path, table));
    if (mx_source_has(source->label)) MX_TRY(mx_template_parse(&scan->label, source->label, table));
    for (int i = 0; source->box && i < BOX_COLUMNS; i++)
        MX_TRY(mx_table_column(&scan->box[i], table, source->box[i]));
    if (mx_source_has(source->group)) MX_TRY(mx_table_column(&scan->group, table, source->group));
    return MX_OK;
}

/* `text` in the list's memory, or `last` where that says the same. */
static mx_status keep_shared(table_scan *scan, const char **out, const char **last,
                             const char *text) {
    if (!*last || strcmp(*last, text) != 0) MX_TRY(mx_pictures_keep(scan->list, last, text));
    *out = *last;
    return MX_OK;
}

static mx_status expand(table_scan *scan, const mx_template *parsed, size_t row) {
    mx_buf_clear(&scan->text);
    mx_template_expand(&scan->text, parsed, &scan->table, row);
    return mx_buf_check(&scan->text);
}

/* A decimal number; strtod alone would take "inf", "nan" and hexadecimal. */
static bool parse_number(const char *text, double *out) {
    char *end;
    if (*text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0') return false;
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}

static mx_status set_box(table_scan *scan, mx_picture *picture, size_t row) {
    double *const numbers[BOX_COLUMNS] = {&picture->box.x, &picture->box.y, &picture->box.width,
                                          &picture->box.height};
    picture->has_box = scan->source->box != NULL;
    for (int i = 0; picture->has_box && i < BOX_COLUMNS; i++) {
        const char *cell = mx_table_cell(&scan->table, row, scan->box[i]);
        if (parse_number(cell, numbers[i])) continue;
        mx_buf_clear(&scan->text);
        mx_buf_printf(&scan->text, "'%s' in column '%s' of its box is no number", cell,
                      scan->source->box[i]);
        MX_TRY(mx_buf_check(&scan->text));
        picture->has_box = false;
        return mx_pictures_keep(scan->list, &picture->problem, mx_buf_text(&scan->text));
    }
    return MX_OK;
}

static mx_status add_row(table_scan *scan, size_t row) {
    const mx_source_spec *source = scan->source;
    mx_picture picture = {.source = source, .label = -1, .row = (size_t)scan->table.lines[row]};
    if (mx_source_has(source->label)) {
        MX_TRY(expand(scan, &scan->label, row));
        MX_TRY(keep_shared(scan, &picture.class_name, &scan->last_class, mx_buf_text(&scan->text)));
    }
    if (mx_source_has(source->group) && *mx_table_cell(&scan->table, row, scan->group))
        MX_TRY(keep_shared(scan, &picture.group, &scan->last_group,
                           mx_table_cell(&scan->table, row, scan->group)));
    MX_TRY(set_box(scan, &picture, row));
    MX_TRY(expand(scan, &scan->path, row));
    MX_TRY(mx_source_images_find(&scan->images, &picture, mx_buf_text(&scan->text)));
    return mx_pictures_add(scan->list, picture);
}

static mx_status check_spec(const mx_source_spec *source) {
    if (!mx_source_has(source->path))
        return mx_fail(MX_DATA, "no path; set path in [source.%s], such as {Image}", source->name);
    if (!mx_source_has(source->label) && source->split != MX_SPLIT_UNLABELLED)
        return mx_fail(MX_DATA, "no labels; set label in [source.%s], such as {Label}",
                       source->name);
    return MX_OK;
}

mx_status mx_source_list_table(mx_pictures *list, const mx_source_spec *source) {
    table_scan scan = {.list = list, .source = source};
    const mx_table_options options = {.sheet = mx_source_has(source->sheet) ? source->sheet : NULL,
                                      .delimiter = source->delimiter,
                                      .header = !source->no_header};
    mx_status status;
    MX_TRY(check_spec(source));
    MX_TRY(mx_table_read(&scan.table, source->labels, &options));
    MX_GO(find_columns(&scan));
    MX_GO(mx_source_images_open(&scan.images, list, source));
    for (size_t row = 0; row < scan.table.n_rows; row++)
        MX_GO(add_row(&scan, row));
    if (scan.table.n_rows == 0) status = mx_fail(MX_DATA, "'%s' has no rows", source->labels);
done:
    mx_source_images_release(&scan.images);
    mx_template_release(&scan.path);
    mx_template_release(&scan.label);
    mx_table_release(&scan.table);
    mx_buf_release(&scan.text);
    return status;
}
