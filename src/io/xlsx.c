#include "io/xlsx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "io/xlsx_sheet.h"
#include "io/xlsx_xml.h"
#include "io/zip.h"

enum { LISTED_SHEETS = 20, MAX_RELATIONS = 4096 };

/* A part's reference to another (ECMA-376, part 2, relationships). */
typedef struct relation {
    const char *id, *type; /* type: the last part of its URI, such as "worksheet" */
    char *part;            /* the entry's name in the archive */
} relation;

typedef struct workbook {
    mx_zip *zip;
    const char *path;
    mx_arena names;  /* what relations and sheets are called */
    mx_buf document; /* the part that was read last */

    const char *folder; /* that the relations being read are relative to */
    relation relations[MAX_RELATIONS];
    size_t n_relations;

    const char *wanted; /* sheet, NULL for the first */
    const relation *sheet;
    mx_buf sheets; /* their names, for the message */
    size_t n_sheets;
} workbook;

static mx_status no_memory(void) {
    return mx_fail(MX_MEMORY, "no memory for the workbook's parts");
}

/* Names of parts differ whatever their case. */
static size_t find_part(const mx_zip *zip, const char *name) {
    const size_t count = mx_zip_count(zip);
    size_t found = mx_zip_find(zip, name);
    for (size_t i = 0; found == count && i < count; i++)
        if (strcasecmp(mx_zip_name(zip, i), name) == 0) found = i;
    return found;
}

static mx_status read_part(workbook *book, const char *name) {
    const size_t entry = find_part(book->zip, name);
    mx_buf_clear(&book->document);
    if (entry == mx_zip_count(book->zip))
        return mx_fail(MX_DATA,
                       "cannot read '%s': not an .xlsx, or damaged: there is no '%s' in "
                       "the archive; save the table as .xlsx or .csv",
                       book->path, name);
    return mx_zip_read(book->zip, entry, &book->document, MX_TABLE_MAX_BYTES);
}

static mx_status parse_part(workbook *book, const char *name, const mx_xml_handlers *handlers) {
    MX_TRY(read_part(book, name));
    return mx_context(mx_xml_parse(&book->document, handlers, book), "cannot read '%s' in '%s'",
                      name, book->path);
}

/* "worksheets/sheet1.xml" beside xl/workbook.xml, or "/xl/worksheets/sheet1.xml", as the archive
 * calls it. */
static char *resolve(workbook *book, const char *target) {
    const bool absolute = target[0] == '/';
    const size_t bytes = strlen(book->folder) + strlen(target) + 1;
    char *part = mx_arena_alloc(&book->names, bytes);
    if (!part) return NULL;
    snprintf(part, bytes, "%s%s", absolute ? "" : book->folder, target + absolute);
    for (char *c = part; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127) *c = '?';
    return part;
}

static mx_status on_relation(void *data, const char *name, const char **attributes) {
    workbook *book = data;
    const char *id = mx_xml_attribute(attributes, "Id");
    const char *type = mx_xml_attribute(attributes, "Type");
    const char *target = mx_xml_attribute(attributes, "Target");
    if (strcmp(name, "Relationship") != 0 || !id || !type || !target) return MX_OK;
    if (book->n_relations == MAX_RELATIONS)
        return mx_fail(MX_DATA, "more than %d parts", MAX_RELATIONS);
    const char *slash = strrchr(type, '/');
    relation *out = &book->relations[book->n_relations];
    *out =
        (relation){mx_arena_strdup(&book->names, id),
                   mx_arena_strdup(&book->names, slash ? slash + 1 : type), resolve(book, target)};
    if (!out->id || !out->type || !out->part) return no_memory();
    book->n_relations++;
    return MX_OK;
}

static mx_status read_relations(workbook *book, const char *folder, const char *name) {
    static const mx_xml_handlers handlers = {.start = on_relation};
    book->folder = folder;
    book->n_relations = 0;
    return parse_part(book, name, &handlers);
}

/* The relation of that type, or NULL. */
static const relation *find_type(const workbook *book, const char *type) {
    for (size_t i = 0; i < book->n_relations; i++)
        if (strcmp(book->relations[i].type, type) == 0) return &book->relations[i];
    return NULL;
}

static const relation *find_id(const workbook *book, const char *id) {
    for (size_t i = 0; i < book->n_relations; i++)
        if (strcmp(book->relations[i].id, id) == 0) return &book->relations[i];
    return NULL;
}

static mx_status on_sheet(void *data, const char *name, const char **attributes) {
    workbook *book = data;
    if (strcmp(name, "sheet") != 0) return MX_OK;
    const char *title = mx_xml_attribute(attributes, "name");
    const char *id = mx_xml_attribute(attributes, "id");
    const relation *part = id ? find_id(book, id) : NULL;
    if (!title || !part || strcmp(part->type, "worksheet") != 0) return MX_OK;
    if (book->n_sheets++ < LISTED_SHEETS) {
        mx_buf_puts(&book->sheets, book->n_sheets > 1 ? ", " : "");
        mx_table_put_name(&book->sheets, title);
    }
    if (!book->sheet && (!book->wanted || strcmp(title, book->wanted) == 0)) book->sheet = part;
    return mx_buf_check(&book->sheets);
}

/* "xl/workbook.xml" has its relations in "xl/_rels/workbook.xml.rels". */
static mx_status read_workbook_relations(workbook *book, const char *part) {
    const char *slash = strrchr(part, '/');
    const size_t folder_bytes = slash ? (size_t)(slash + 1 - part) : 0, bytes = strlen(part) + 16;
    char *folder = mx_arena_strdup(&book->names, part);
    char *name = mx_arena_alloc(&book->names, bytes);
    if (!folder || !name) return no_memory();
    folder[folder_bytes] = '\0';
    snprintf(name, bytes, "%s_rels/%s.rels", folder, part + folder_bytes);
    return read_relations(book, folder, name);
}

static mx_status find_sheet(workbook *book) {
    static const mx_xml_handlers handlers = {.start = on_sheet};
    MX_TRY(read_relations(book, "", "_rels/.rels"));
    const relation *main_part = find_type(book, "officeDocument");
    if (!main_part)
        return mx_fail(MX_DATA, "cannot read '%s': not an .xlsx: it names no workbook", book->path);
    const char *part = main_part->part;
    MX_TRY(read_workbook_relations(book, part));
    MX_TRY(parse_part(book, part, &handlers));
    if (book->sheet) return MX_OK;
    if (book->n_sheets == 0)
        return mx_fail(MX_DATA, "cannot read '%s': the workbook has no sheet of cells", book->path);
    if (book->n_sheets > LISTED_SHEETS)
        mx_buf_printf(&book->sheets, ", and %zu more", book->n_sheets - LISTED_SHEETS);
    return mx_fail(MX_DATA, "cannot read '%s': no sheet '%s'; there are: %s", book->path,
                   book->wanted, mx_buf_text(&book->sheets));
}

static mx_status read_sheet(workbook *book, mx_table_builder *builder) {
    mx_xlsx_strings strings = {0};
    const relation *shared = find_type(book, "sharedStrings");
    const char *part = shared ? shared->part : NULL;
    mx_status status = MX_OK;
    if (part) {
        MX_GO(read_part(book, part));
        MX_GO(mx_context(mx_xlsx_read_strings(&strings, builder, &book->document),
                         "cannot read '%s' in '%s'", part, book->path));
    }
    part = book->sheet->part;
    MX_GO(read_part(book, part));
    MX_GO(mx_context(mx_xlsx_read_sheet(builder, &strings, &book->document),
                     "cannot read '%s' in '%s'", part, book->path));
done:
    free(strings.offsets);
    return status;
}

mx_status mx_xlsx_read(mx_table_builder *builder, const char *path, const char *sheet) {
    workbook *book = NULL;
    mx_status status;
    MX_TRY(mx_alloc(&book, 1, sizeof *book));
    book->path = path;
    book->wanted = sheet;
    MX_GO(mx_zip_open(&book->zip, path));
    MX_GO(find_sheet(book));
    MX_GO(read_sheet(book, builder));
done:
    mx_zip_close(book->zip);
    mx_arena_release(&book->names);
    mx_buf_release(&book->document);
    mx_buf_release(&book->sheets);
    free(book);
    return status;
}
