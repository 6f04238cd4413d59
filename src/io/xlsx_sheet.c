#include "io/xlsx_sheet.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/xlsx_xml.h"

enum { MAX_ROWS = 1048576, TYPE_BYTES = 16, REFERENCE_BYTES = 16, NUMBER_BYTES = 32 };

typedef struct sheet_reader {
    mx_table_builder *builder;
    const mx_xlsx_strings *strings;
    size_t *cells; /* of the open row, MX_TABLE_MAX_COLUMNS: offsets into the table's text */
    size_t n_cells;
    int row;       /* from 1 */
    size_t column; /* from 0; the next one where no cell is open */
    char type[TYPE_BYTES];
    mx_buf value; /* of the open cell */
    bool in_data, in_row, in_cell, in_value, in_phonetic;
    bool has_value, has_formula;
} sheet_reader;

/* The open cell as the sheet calls it, such as "B3". */
static const char *reference(const sheet_reader *reader, char *out) {
    char letters[4];
    int count = 0;
    for (size_t left = reader->column + 1; left > 0; left = (left - 1) / 26)
        letters[count++] = (char)('A' + (left - 1) % 26);
    char *c = out;
    while (count > 0)
        *c++ = letters[--count];
    snprintf(c, REFERENCE_BYTES - 4, "%d", reader->row);
    return out;
}

static mx_status bad_cell(const sheet_reader *reader, const char *why) {
    char name[REFERENCE_BYTES];
    return mx_fail(MX_DATA, "cell %s %s", reference(reader, name), why);
}

/* A whole number of digits only, up to `most`; *text moves past it. */
static bool read_number(const char **text, unsigned long most, unsigned long *out) {
    const char *c = *text;
    unsigned long value = 0;
    for (; *c >= '0' && *c <= '9'; c++) {
        value = 10 * value + (unsigned long)(*c - '0');
        if (value > most) return false;
    }
    const bool any = c != *text;
    *out = value;
    *text = c;
    return any;
}

static mx_status start_row(sheet_reader *reader, const char *number) {
    unsigned long row = (unsigned long)reader->row + 1;
    if (number && (!read_number(&number, MAX_ROWS, &row) || *number != '\0'))
        return mx_fail(MX_DATA, "the row after %d has a number that is none, or over %d",
                       reader->row, MAX_ROWS);
    if (row <= (unsigned long)reader->row || row > MAX_ROWS)
        return mx_fail(MX_DATA, "row %lu comes after row %d, or is over %d", row, reader->row,
                       MAX_ROWS);
    if (reader->in_row) return mx_fail(MX_DATA, "row %lu begins inside row %d", row, reader->row);
    reader->row = (int)row;
    reader->column = 0;
    reader->n_cells = 0;
    reader->in_row = true;
    return MX_OK;
}

/* "B3" as column 1 of the open row. */
static bool read_reference(sheet_reader *reader, const char *text) {
    unsigned long row = 0;
    size_t column = 0;
    for (; *text >= 'A' && *text <= 'Z'; text++) {
        column = 26 * column + (size_t)(*text - 'A') + 1;
        if (column > MX_TABLE_MAX_COLUMNS) return false;
    }
    reader->column = column - 1;
    return column > 0 && read_number(&text, MAX_ROWS, &row) && *text == '\0' &&
           row == (unsigned long)reader->row;
}

static mx_status start_cell(sheet_reader *reader, const char **attributes) {
    const char *place = mx_xml_attribute(attributes, "r");
    const char *type = mx_xml_attribute(attributes, "t");
    if (!reader->in_row || reader->in_cell)
        return mx_fail(MX_DATA, "a cell outside a row, or inside another, after row %d",
                       reader->row);
    if (place && !read_reference(reader, place))
        return mx_fail(MX_DATA, "a cell of row %d has a reference of another row, or none",
                       reader->row);
    if (reader->column >= MX_TABLE_MAX_COLUMNS)
        return mx_fail(MX_DATA, "row %d has more than %d columns", reader->row,
                       MX_TABLE_MAX_COLUMNS);
    snprintf(reader->type, sizeof reader->type, "%s", type ? type : "n");
    mx_buf_clear(&reader->value);
    reader->in_cell = true;
    reader->has_value = reader->has_formula = false;
    return MX_OK;
}

static mx_status on_start(void *data, const char *name, const char **attributes) {
    sheet_reader *reader = data;
    if (strcmp(name, "sheetData") == 0) reader->in_data = true;
    if (!reader->in_data) return MX_OK;
    if (strcmp(name, "row") == 0) return start_row(reader, mx_xml_attribute(attributes, "r"));
    if (strcmp(name, "c") == 0) return start_cell(reader, attributes);
    if (!reader->in_cell) return MX_OK;
    if (strcmp(name, "rPh") == 0) reader->in_phonetic = true;
    if (strcmp(name, "f") == 0) reader->has_formula = true;
    if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0)
        reader->in_value = reader->has_value = true;
    return MX_OK;
}

static mx_status on_text(void *data, const char *bytes, size_t count) {
    sheet_reader *reader = data;
    if (!reader->in_value || reader->in_phonetic) return MX_OK;
    mx_buf_append(&reader->value, bytes, count);
    return mx_buf_check(&reader->value);
}

/* The shortest form that reads back the same; whole numbers without point and exponent. */
static bool format_number(char *out, const char *text) {
    char *end = NULL;
    const bool decimal = text[strspn(text, "0123456789+-.eE")] == '\0';
    const double value = strtod(text, &end);
    if (!decimal || end == text || *end != '\0' || !isfinite(value)) return false;
    if (value == floor(value) && fabs(value) < 9007199254740992.0) {
        snprintf(out, NUMBER_BYTES, "%.0f", value == 0 ? 0 : value); /* no -0 */
        return true;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, NUMBER_BYTES, "%.*g", digits, value);
        if (strtod(out, NULL) == value) break;
    }
    return true;
}

static mx_status add_number(sheet_reader *reader, size_t *offset) {
    char number[NUMBER_BYTES];
    if (!format_number(number, mx_buf_text(&reader->value)))
        return bad_cell(reader, "is no number, though it says so");
    return mx_table_add_text(reader->builder, number, strlen(number), offset);
}

static mx_status add_shared(sheet_reader *reader, size_t *offset) {
    const char *text = mx_buf_text(&reader->value);
    unsigned long index = 0;
    if (!read_number(&text, INT32_MAX, &index) || *text != '\0' || index >= reader->strings->count)
        return bad_cell(reader, "has a shared string that the workbook lacks");
    *offset = reader->strings->offsets[index];
    return MX_OK;
}

static mx_status add_boolean(sheet_reader *reader, size_t *offset) {
    const char *text = mx_buf_text(&reader->value);
    const bool truth = strcmp(text, "1") == 0;
    if (!truth && strcmp(text, "0") != 0) return bad_cell(reader, "is neither TRUE nor FALSE");
    return mx_table_add_text(reader->builder, truth ? "TRUE" : "FALSE", truth ? 4 : 5, offset);
}

/* Text as it is: of the cell, of a formula, of an error (#N/A), an ISO date. */
static mx_status add_plain(sheet_reader *reader, size_t *offset) {
    return mx_table_add_text(reader->builder, mx_buf_text(&reader->value), reader->value.length,
                             offset);
}

static mx_status add_value(sheet_reader *reader, size_t *offset) {
    static const struct {
        const char *type;
        mx_status (*add)(sheet_reader *reader, size_t *offset);
    } types[] = {{"n", add_number},        {"s", add_shared},  {"b", add_boolean},
                 {"inlineStr", add_plain}, {"str", add_plain}, {"e", add_plain},
                 {"d", add_plain}};
    if (reader->has_formula && !reader->has_value)
        return bad_cell(reader, "is a formula that was never computed; open the workbook in a "
                                "spreadsheet program and save it");
    if (reader->value.length == 0) return MX_OK;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].type, reader->type) == 0) return types[i].add(reader, offset);
    return bad_cell(reader, "is of a type that no workbook has");
}

static mx_status end_cell(sheet_reader *reader) {
    size_t offset = 0;
    if (reader->column < reader->n_cells && reader->cells[reader->column] != 0)
        return bad_cell(reader, "comes twice");
    MX_TRY(add_value(reader, &offset));
    while (reader->n_cells <= reader->column)
        reader->cells[reader->n_cells++] = 0;
    reader->cells[reader->column++] = offset;
    reader->in_cell = false;
    return MX_OK;
}

static mx_status end_row(sheet_reader *reader) {
    while (reader->n_cells > 0 && reader->cells[reader->n_cells - 1] == 0)
        reader->n_cells--;
    reader->in_row = false;
    for (size_t c = 0; c < reader->n_cells; c++)
        MX_TRY(mx_table_add_cell(reader->builder, reader->cells[c]));
    return mx_table_end_row(reader->builder, reader->row);
}

static mx_status on_end(void *data, const char *name) {
    sheet_reader *reader = data;
    if (!reader->in_data) return MX_OK;
    if (strcmp(name, "row") == 0) return end_row(reader);
    if (strcmp(name, "c") == 0) return end_cell(reader);
    if (strcmp(name, "rPh") == 0) reader->in_phonetic = false;
    if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0) reader->in_value = false;
    if (strcmp(name, "sheetData") == 0) reader->in_data = false;
    return MX_OK;
}

mx_status mx_xlsx_read_sheet(mx_table_builder *builder, const mx_xlsx_strings *strings,
                             const mx_buf *document) {
    static const mx_xml_handlers handlers = {on_start, on_end, on_text};
    sheet_reader reader = {.builder = builder, .strings = strings};
    MX_TRY(mx_alloc(&reader.cells, MX_TABLE_MAX_COLUMNS, sizeof *reader.cells));
    const mx_status status = mx_xml_parse(document, &handlers, &reader);
    mx_buf_release(&reader.value);
    free(reader.cells);
    return status;
}
