#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "io/xlsx_sheet.h"
#include "io/xlsx_xml.h"

typedef struct strings_reader {
    mx_xlsx_strings *out;
    mx_table_builder *builder;
    mx_buf text; /* of the open string: its runs joined */
    bool in_text, in_phonetic;
} strings_reader;

static mx_status on_start(void *data, const char *name, const char **attributes) {
    strings_reader *reader = data;
    (void)attributes;
    if (strcmp(name, "si") == 0)
        mx_buf_clear(&reader->text);
    else if (strcmp(name, "rPh") == 0)
        reader->in_phonetic = true;
    else if (strcmp(name, "t") == 0)
        reader->in_text = true;
    return MX_OK;
}

static mx_status on_text(void *data, const char *bytes, size_t count) {
    strings_reader *reader = data;
    if (!reader->in_text || reader->in_phonetic) return MX_OK;
    mx_buf_append(&reader->text, bytes, count);
    return mx_buf_check(&reader->text);
}

static mx_status end_string(strings_reader *reader) {
    mx_xlsx_strings *out = reader->out;
    MX_TRY(mx_grow(&out->offsets, &out->capacity, out->count + 1, sizeof *out->offsets));
    return mx_table_add_text(reader->builder, mx_buf_text(&reader->text), reader->text.length,
                             &out->offsets[out->count++]);
}

static mx_status on_end(void *data, const char *name) {
    strings_reader *reader = data;
    if (strcmp(name, "rPh") == 0)
        reader->in_phonetic = false;
    else if (strcmp(name, "t") == 0)
        reader->in_text = false;
    else if (strcmp(name, "si") == 0)
        return end_string(reader);
    return MX_OK;
}

mx_status mx_xlsx_read_strings(mx_xlsx_strings *out, mx_table_builder *builder,
                               const mx_buf *document) {
    static const mx_xml_handlers handlers = {on_start, on_end, on_text};
    strings_reader reader = {.out = out, .builder = builder};
    const mx_status status = mx_xml_parse(document, &handlers, &reader);
    mx_buf_release(&reader.text);
    return status;
}
