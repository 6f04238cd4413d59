/* Comma-separated values by libcsv, strictly: a quote that is out of place is an error. Inner
 * header of the table readers. */
#ifndef MX_IO_CSV_H
#define MX_IO_CSV_H

#include "io/table_build.h"

/* Reads `path` as io/table.h says. Fails with MX_DATA (file and line in the message) or MX_MEMORY.
 */
mx_status mx_csv_read(mx_table_builder *builder, const char *path, char delimiter);

#endif
