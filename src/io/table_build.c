#include "io/table_build.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { NAME_BYTES = 40 }; /* of a name in a message */

mx_status mx_table_builder_init(mx_table_builder *builder, bool header, bool exact) {
    *builder = (mx_table_builder){.header = header, .exact = exact};
    mx_buf_append(&builder->text, "", 1);
    return mx_buf_check(&builder->text);
}

void mx_table_builder_release(mx_table_builder *builder) {
    mx_buf_release(&builder->text);
    free(builder->cells);
    free(builder->rows);
    *builder = (mx_table_builder){0};
}

mx_status mx_table_add_text(mx_table_builder *builder, const char *bytes, size_t count,
                            size_t *offset) {
    *offset = count ? builder->text.length : 0;
    if (count == 0) return MX_OK;
    mx_buf_append(&builder->text, bytes, count);
    mx_buf_append(&builder->text, "", 1);
    return mx_buf_check(&builder->text);
}

static size_t row_start(const mx_table_builder *builder) {
    return builder->n_rows ? builder->rows[builder->n_rows].first : 0;
}

mx_status mx_table_add_cell(mx_table_builder *builder, size_t offset) {
    if (builder->n_cells == MX_TABLE_MAX_CELLS)
        return mx_fail(MX_DATA, "more than %d cells", MX_TABLE_MAX_CELLS);
    if (builder->n_cells - row_start(builder) == MX_TABLE_MAX_COLUMNS)
        return mx_fail(MX_DATA, "more than %d columns", MX_TABLE_MAX_COLUMNS);
    MX_TRY(mx_grow(&builder->cells, &builder->cells_capacity, builder->n_cells + 1,
                   sizeof *builder->cells));
    builder->cells[builder->n_cells++] = offset;
    return MX_OK;
}

/* Cells up to the last that is not empty. */
static size_t filled(const mx_table_builder *builder, size_t first, size_t count) {
    while (count > 0 && builder->cells[first + count - 1] == 0)
        count--;
    return count;
}

static mx_status check_width(const mx_table_builder *builder, size_t first, size_t count,
                             int line) {
    const size_t used = filled(builder, first, count);
    if (!builder->exact || builder->n_rows == 0) return MX_OK;
    if (count >= builder->required && used <= builder->widest) return MX_OK;
    return mx_fail(MX_DATA, "line %d has %zu column%s, the %s has %zu", line, count,
                   count == 1 ? "" : "s", builder->header ? "header" : "first row",
                   builder->widest);
}

mx_status mx_table_end_row(mx_table_builder *builder, int line) {
    const size_t first = row_start(builder), count = builder->n_cells - first;
    const size_t used = filled(builder, first, count);
    if (used == 0) {
        builder->n_cells = first;
        return MX_OK;
    }
    MX_TRY(check_width(builder, first, count, line));
    MX_TRY(mx_grow(&builder->rows, &builder->rows_capacity, builder->n_rows + 2,
                   sizeof *builder->rows));
    const size_t kept = builder->exact && builder->n_rows == 0 ? count : used;
    if (builder->n_rows == 0) builder->required = builder->header ? used : count;
    if (kept > builder->widest) builder->widest = kept;
    builder->n_cells = first + kept;
    builder->rows[builder->n_rows++] = (mx_table_row){first, line};
    builder->rows[builder->n_rows] = (mx_table_row){builder->n_cells, 0};
    return MX_OK;
}

/* Takes the spaces around the names off; names are copied, since an .xlsx shares its strings. */
static mx_status trim_names(mx_table_builder *builder) {
    static const char spaces[] = " \t\r\n";
    mx_buf name = {0};
    mx_status status = MX_OK;
    for (size_t c = 0; status == MX_OK && c < builder->rows[1].first; c++) {
        const char *begin = builder->text.data + builder->cells[c];
        begin += strspn(begin, spaces);
        size_t length = strlen(begin);
        while (length > 0 && strchr(spaces, begin[length - 1]))
            length--;
        mx_buf_clear(&name);
        mx_buf_append(&name, begin, length);
        status = mx_buf_check(&name);
        if (status == MX_OK)
            status = mx_table_add_text(builder, mx_buf_text(&name), length, &builder->cells[c]);
    }
    mx_buf_release(&name);
    return status;
}

/* Where the string in column `c` of row `row` begins; short rows go on with empty ones. */
static size_t offset_at(const mx_table_builder *builder, size_t row, size_t c) {
    const mx_table_row *begin = &builder->rows[row];
    return begin->first + c < begin[1].first ? builder->cells[begin->first + c] : 0;
}

static void place_cells(mx_table *out, const mx_table_builder *builder) {
    const size_t skipped = builder->header ? 1 : 0;
    const char *text = builder->text.data;
    out->n_rows = builder->n_rows - skipped;
    for (size_t c = 0; c < out->n_columns; c++)
        out->columns[c] = text + (builder->header ? offset_at(builder, 0, c) : 0);
    for (size_t r = 0; r < out->n_rows; r++) {
        for (size_t c = 0; c < out->n_columns; c++)
            out->cells[r * out->n_columns + c] = text + offset_at(builder, r + skipped, c);
        out->lines[r] = builder->rows[r + skipped].line;
    }
}

mx_status mx_table_finish(mx_table *out, mx_table_builder *builder) {
    size_t n_cells = 0;
    if (builder->n_rows == 0) return mx_fail(MX_DATA, "the table is empty");
    if (!mx_size_mul(builder->n_rows, builder->widest, &n_cells) || n_cells > MX_TABLE_MAX_CELLS)
        return mx_fail(MX_DATA, "%zu rows of %zu columns are more than %d cells", builder->n_rows,
                       builder->widest, MX_TABLE_MAX_CELLS);
    if (builder->header) MX_TRY(trim_names(builder));
    out->header = builder->header;
    out->n_columns = builder->widest;
    MX_TRY(mx_alloc(&out->columns, out->n_columns, sizeof *out->columns));
    MX_TRY(mx_alloc(&out->cells, n_cells, sizeof *out->cells));
    MX_TRY(mx_alloc(&out->lines, builder->n_rows, sizeof *out->lines));
    place_cells(out, builder);
    out->text = builder->text;
    builder->text = (mx_buf){0};
    return MX_OK;
}

void mx_table_put_name(mx_buf *out, const char *name) {
    size_t length = strlen(name);
    const bool cut = length > NAME_BYTES;
    if (cut) length = NAME_BYTES;
    while (cut && length > 0 && ((unsigned char)name[length] & 0xC0) == 0x80)
        length--; /* inside a character */
    for (size_t i = 0; i < length; i++) {
        const bool control = (unsigned char)name[i] < ' ' || name[i] == 127;
        mx_buf_append(out, control ? " " : name + i, 1);
    }
    if (cut) mx_buf_puts(out, "...");
}
