/* A table while it is read: cells come one after another, row by row. Inner header of the table
 * readers. */
#ifndef MX_IO_TABLE_BUILD_H
#define MX_IO_TABLE_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "io/table.h"

typedef struct mx_table_row {
    size_t first; /* its first cell */
    int line;
} mx_table_row;

typedef struct mx_table_builder {
    bool header;
    bool exact;         /* every row has as many columns as the first; else short rows are filled */
    mx_buf text;        /* cells, a NUL after each; begins with the empty one */
    size_t *cells;      /* offsets into `text` */
    size_t n_cells;     /* those of the open row included */
    mx_table_row *rows; /* the header row included */
    size_t n_rows;
    size_t widest;   /* columns of the widest row */
    size_t required; /* columns that each row has when `exact`: of the first, without empty last */
    size_t cells_capacity, rows_capacity;
} mx_table_builder;

mx_status mx_table_builder_init(mx_table_builder *builder, bool header, bool exact);
void mx_table_builder_release(mx_table_builder *builder);

/* Appends `count` bytes to the text, the end of a string with them; *offset is where it begins. */
mx_status mx_table_add_text(mx_table_builder *builder, const char *bytes, size_t count,
                            size_t *offset);
/* Adds a cell to the open row: the string at `offset` of the text, 0 for an empty one. */
mx_status mx_table_add_cell(mx_table_builder *builder, size_t offset);
/* Ends the open row, which begins at `line`; a row of empty cells only is dropped. */
mx_status mx_table_end_row(mx_table_builder *builder, int line);
/* Moves what was read to *out, which the caller releases also on failure. */
mx_status mx_table_finish(mx_table *out, mx_table_builder *builder);

/* Appends a name out of a file for a message: control characters as spaces, cut when long. */
void mx_table_put_name(mx_buf *out, const char *name);

#endif
