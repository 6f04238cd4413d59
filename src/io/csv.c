#include "io/csv.h"

#include <stdint.h>
#include <string.h>

#include <csv.h>

#include "base/fs.h"

typedef struct csv_reader {
    struct csv_parser parser;
    mx_table_builder *builder;
    const char *next, *end; /* what is not yet parsed */
    int line;               /* of `next`, from 1 */
    int row_line;           /* that the open row begins at */
    bool in_quotes;         /* `next` is inside a field */
    mx_status status;
} csv_reader;

/* Lines end as libcsv has it: with LF, CR or both. */
static const char *line_end(const char *begin, const char *end) {
    const char *c = begin;
    while (c < end && *c != '\n' && *c != '\r')
        c++;
    if (end - c >= 2 && c[0] == '\r' && c[1] == '\n') return c + 2;
    return c < end ? c + 1 : c;
}

/* Bytes of the UTF-8 character at `s`, 0 when it is none (Unicode 15, table 3-7). */
static size_t character_bytes(const unsigned char *s, size_t left) {
    static const struct {
        unsigned char first, last; /* of the first byte */
        unsigned char low, high;   /* of the second */
        size_t bytes;
    } forms[] = {
        {0x01, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (s[0] < forms[i].first || s[0] > forms[i].last || left < forms[i].bytes) continue;
        for (size_t b = 1; b < forms[i].bytes; b++)
            if (s[b] < (b == 1 ? forms[i].low : 0x80) || s[b] > (b == 1 ? forms[i].high : 0xBF))
                return 0;
        return forms[i].bytes;
    }
    return 0;
}

static mx_status check_line(const char *begin, const char *end, int line) {
    for (const char *c = begin; c < end;) {
        const size_t bytes = character_bytes((const unsigned char *)c, (size_t)(end - c));
        if (bytes == 0 && *c == '\0')
            return mx_fail(MX_DATA,
                           "a zero byte on line %d: no text, or UTF-16; save the table as UTF-8",
                           line);
        if (bytes == 0)
            return mx_fail(MX_DATA, "line %d is not UTF-8 at byte %td; save the table as UTF-8",
                           line, c - begin + 1);
        c += bytes;
    }
    return MX_OK;
}

static mx_status skip_mark(csv_reader *reader) {
    const size_t bytes = (size_t)(reader->end - reader->next);
    if (bytes >= 2 &&
        (memcmp(reader->next, "\xFF\xFE", 2) == 0 || memcmp(reader->next, "\xFE\xFF", 2) == 0))
        return mx_fail(MX_DATA, "the file is UTF-16; save the table as UTF-8");
    if (bytes >= 3 && memcmp(reader->next, "\xEF\xBB\xBF", 3) == 0) reader->next += 3;
    return MX_OK;
}

static char find_delimiter(const csv_reader *reader, const char *path) {
    if (mx_path_has_extension(path, "tsv") || mx_path_has_extension(path, "txt")) return '\t';
    const char *c = reader->next;
    while (c < reader->end && strchr("\r\n \t", *c))
        c++; /* empty lines */
    size_t commas = 0, semicolons = 0;
    bool quoted = false;
    for (; c < reader->end && (quoted || (*c != '\n' && *c != '\r')); c++) {
        if (*c == '"') quoted = !quoted;
        commas += !quoted && *c == ',';
        semicolons += !quoted && *c == ';';
    }
    return semicolons > commas ? ';' : ',';
}

static void end_field(void *bytes, size_t count, void *data) {
    csv_reader *reader = data;
    size_t offset = 0;
    if (reader->status == MX_OK)
        reader->status = mx_table_add_text(reader->builder, bytes, count, &offset);
    if (reader->status == MX_OK) reader->status = mx_table_add_cell(reader->builder, offset);
}

static void end_row(int terminator, void *data) {
    csv_reader *reader = data;
    (void)terminator;
    if (reader->status == MX_OK)
        reader->status = mx_table_end_row(reader->builder, reader->row_line);
}

static mx_status parser_error(csv_reader *reader) {
    if (csv_error(&reader->parser) != CSV_EPARSE)
        return mx_fail(MX_MEMORY, "line %d: no memory for a field", reader->row_line);
    if (reader->row_line < reader->line)
        return mx_fail(MX_DATA,
                       "line %d: a quote that does not end its field, which begins on line %d or "
                       "after; double a quote inside quotes",
                       reader->line, reader->row_line);
    return mx_fail(MX_DATA,
                   "line %d: a quote out of place; put quotes around the field and double "
                   "those inside",
                   reader->line);
}

/* One line at a time, so that rows and errors know theirs. */
static mx_status parse_line(csv_reader *reader) {
    const char *end = line_end(reader->next, reader->end);
    const size_t count = (size_t)(end - reader->next);
    MX_TRY(check_line(reader->next, end, reader->line));
    if (!reader->in_quotes) reader->row_line = reader->line;
    if (csv_parse(&reader->parser, reader->next, count, end_field, end_row, reader) != count)
        return parser_error(reader);
    for (const char *c = reader->next; c < end; c++)
        reader->in_quotes ^= *c == '"';
    reader->next = end;
    reader->line++;
    return reader->status;
}

static mx_status parse(csv_reader *reader) {
    while (reader->next < reader->end)
        MX_TRY(parse_line(reader));
    if (csv_fini(&reader->parser, end_field, end_row, reader) != 0)
        return csv_error(&reader->parser) == CSV_EPARSE
                   ? mx_fail(MX_DATA,
                             "the row that begins on line %d has a quote that is never "
                             "closed",
                             reader->row_line)
                   : parser_error(reader);
    return reader->status;
}

mx_status mx_csv_read(mx_table_builder *builder, const char *path, char delimiter) {
    mx_buf file = {0};
    csv_reader reader = {.builder = builder, .line = 1};
    mx_status status;
    if (csv_init(&reader.parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return mx_fail(MX_MEMORY, "cannot read '%s': no memory for the reader", path);
    MX_GO(mx_read_file(&file, path, MX_TABLE_MAX_BYTES));
    reader.next = mx_buf_text(&file);
    reader.end = reader.next + file.length;
    MX_GO(mx_context(skip_mark(&reader), "cannot read '%s'", path));
    if (!delimiter) delimiter = find_delimiter(&reader, path);
    csv_set_delim(&reader.parser, (unsigned char)delimiter);
    MX_GO(mx_context(parse(&reader), "cannot read '%s'", path));
done:
    csv_free(&reader.parser);
    mx_buf_release(&file);
    return status;
}
