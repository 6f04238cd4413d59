/* Cells of one worksheet, and the strings that the sheets share. Inner header of the .xlsx reader.
 */
#ifndef MX_IO_XLSX_SHEET_H
#define MX_IO_XLSX_SHEET_H

#include "io/table_build.h"

/* Offsets of the workbook's strings into the text of a table. */
typedef struct mx_xlsx_strings {
    size_t *offsets;
    size_t count, capacity;
} mx_xlsx_strings;

/* Reads xl/sharedStrings.xml; the offsets are released with free(). */
mx_status mx_xlsx_read_strings(mx_xlsx_strings *out, mx_table_builder *builder,
                               const mx_buf *document);

/* Reads a worksheet. Failures name row or cell. */
mx_status mx_xlsx_read_sheet(mx_table_builder *builder, const mx_xlsx_strings *strings,
                             const mx_buf *document);

#endif
