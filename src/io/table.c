#include "io/table.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "io/csv.h"
#include "io/table_build.h"
#include "io/xlsx.h"
#include "io/zip.h"

enum { LISTED_COLUMNS = 20 };

/* The compound file that .xls is, and what a password makes of an .xlsx. */
static bool is_compound_file(const char *path) {
    char magic[8];
    const int handle = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (handle < 0) return false;
    const bool whole = pread(handle, magic, sizeof magic, 0) == sizeof magic;
    close(handle);
    return whole && memcmp(magic, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", sizeof magic) == 0;
}

/* False for what cannot be opened, so that the reader says why. */
static bool has_workbook_name(const char *path) {
    return mx_file_exists(path) && !mx_is_folder(path) &&
           (mx_path_has_extension(path, "xlsx") || mx_path_has_extension(path, "xlsm"));
}

static mx_status read_any(mx_table_builder *builder, const char *path,
                          const mx_table_options *options) {
    if (mx_zip_sniff(path)) {
        MX_TRY(mx_table_builder_init(builder, options->header, false));
#ifdef MIXCL_WITH_XLSX
        return mx_xlsx_read(builder, path, options->sheet);
#else
        return mx_fail(MX_USAGE,
                       "cannot read '%s': this mixcl was built without expat; save the table as "
                       ".csv, or build with -DMIXCL_XLSX=ON",
                       path);
#endif
    }
    if (is_compound_file(path))
        return mx_fail(MX_DATA,
                       "cannot read '%s': an old .xls, or a workbook with a password; save it as "
                       ".xlsx or .csv without a password",
                       path);
    if (has_workbook_name(path))
        return mx_fail(MX_DATA, "cannot read '%s': not an .xlsx (no zip archive)", path);
    MX_TRY(mx_table_builder_init(builder, options->header, true));
#ifdef MIXCL_WITH_CSV
    return mx_csv_read(builder, path, options->delimiter);
#else
    return mx_fail(MX_USAGE,
                   "cannot read '%s': this mixcl was built without libcsv; save the table as "
                   ".xlsx, or build with -DMIXCL_CSV=ON",
                   path);
#endif
}

mx_status mx_table_read(mx_table *out, const char *path, const mx_table_options *options) {
    static const mx_table_options defaults = {.header = true};
    mx_table_builder builder = {0};
    mx_status status;
    *out = (mx_table){0};
    MX_GO(mx_strdup(&out->path, path));
    MX_GO(read_any(&builder, path, options ? options : &defaults));
    MX_GO(mx_context(mx_table_finish(out, &builder), "cannot read '%s'", path));
done:
    mx_table_builder_release(&builder);
    if (status != MX_OK) mx_table_release(out);
    return status;
}

void mx_table_release(mx_table *table) {
    free(table->path);
    free(table->columns);
    free(table->cells);
    free(table->lines);
    mx_buf_release(&table->text);
    *table = (mx_table){0};
}

static mx_status no_column(const mx_table *table, const char *name) {
    mx_buf list = {0};
    size_t listed = 0, more = 0;
    for (size_t c = 0; c < table->n_columns; c++) {
        if (table->columns[c][0] == '\0') continue;
        if (listed == LISTED_COLUMNS) {
            more++;
            continue;
        }
        mx_buf_puts(&list, listed++ ? ", " : "");
        mx_table_put_name(&list, table->columns[c]);
    }
    if (more) mx_buf_printf(&list, ", and %zu more", more);
    const mx_status status =
        table->header ? mx_fail(MX_DATA, "'%s' has no column '%s'; there are: %s", table->path,
                                name, mx_buf_text(&list))
                      : mx_fail(MX_DATA, "'%s' has no column '%s'; its columns are 1 to %zu",
                                table->path, name, table->n_columns);
    mx_buf_release(&list);
    return status;
}

/* Columns for which same(column's name, `name`) is 0; *out becomes the first. */
static size_t count_named(size_t *out, const mx_table *table, const char *name,
                          int (*same)(const char *, const char *)) {
    size_t count = 0;
    for (size_t c = table->n_columns; c-- > 0;)
        if (table->columns[c][0] && same(table->columns[c], name) == 0) {
            *out = c;
            count++;
        }
    return count;
}

mx_status mx_table_column(size_t *out, const mx_table *table, const char *name) {
    size_t count = count_named(out, table, name, strcmp);
    if (count == 0) count = count_named(out, table, name, strcasecmp);
    if (count > 1)
        return mx_fail(MX_DATA, "'%s' has %zu columns '%s'; give its number, from 1", table->path,
                       count, name);
    if (count == 1) return MX_OK;
    if (name[0] == '\0' || strlen(name) > 5 || name[strspn(name, "0123456789")] != '\0')
        return no_column(table, name);
    const size_t number = (size_t)strtoul(name, NULL, 10);
    if (number < 1 || number > table->n_columns) return no_column(table, name);
    *out = number - 1;
    return MX_OK;
}
