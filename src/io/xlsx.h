/* Workbooks (ECMA-376, part 1, SpreadsheetML) by libzip and expat. Inner header of the table
 * readers. */
#ifndef MX_IO_XLSX_H
#define MX_IO_XLSX_H

#include "io/table_build.h"

/* Reads the sheet called `sheet`, NULL for the first that is no chart, as io/table.h says. Fails
 * with MX_DATA (file and cell in the message) or MX_MEMORY. */
mx_status mx_xlsx_read(mx_table_builder *builder, const char *path, const char *sheet);

#endif
