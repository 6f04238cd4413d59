/* Tables of text, whatever the format: .csv and .tsv by libcsv, .xlsx by libzip and expat. Cells
 * are UTF-8; what a file says is not trusted. */
#ifndef MX_IO_TABLE_H
#define MX_IO_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/status.h"

/* Limits: files are read whole; rows x columns is what the pointers take. */
enum { MX_TABLE_MAX_COLUMNS = 16384, MX_TABLE_MAX_CELLS = 1 << 25, MX_TABLE_MAX_BYTES = 1 << 30 };

typedef struct mx_table_options {
    const char *sheet; /* of an .xlsx, by its name; NULL is the first */
    char delimiter;    /* 0: tab for .tsv and .txt, else what the first line has more of outside
                          quotes: comma or semicolon */
    bool header;       /* the first row that is not empty names the columns */
} mx_table_options;

typedef struct mx_table {
    char *path;
    bool header;
    const char **columns; /* n_columns names without spaces around; all "" where header is false */
    size_t n_columns;
    const char **cells; /* n_rows x n_columns, "" where empty */
    size_t n_rows;
    int *lines;  /* n_rows: the line of the file, or the row of the sheet, that each begins at */
    mx_buf text; /* what `columns` and `cells` point into */
} mx_table;

/* Reads a table; the format is told by the file's first bytes. Rows without any text are left out.
 * options NULL: the first sheet, delimiter 0, with a header. Released with mx_table_release.
 *
 * .csv: UTF-8 with or without byte order mark; fields in double quotes may hold delimiters, line
 * breaks and doubled quotes; spaces around other fields are dropped; every row has as many columns
 * as the first, further ones must be empty.
 * .xlsx: numbers in their shortest form that reads back the same (1, not 1.0), dates as the
 * numbers that they are, TRUE and FALSE, a formula's last value; short rows are filled with "".
 *
 * Fails with MX_DATA (file and line, row or cell in the message) when it cannot be read, is no
 * such file, is damaged, ragged, not UTF-8 or too large, or lacks the sheet (the message lists
 * those there are), with MX_MEMORY, and with MX_USAGE when mixcl was built without the library;
 * *out is then empty. */
mx_status mx_table_read(mx_table *out, const char *path, const mx_table_options *options);
void mx_table_release(mx_table *table);

/* The column called `name` (exactly, else but for ASCII case), else the one with that number, from
 * 1. Fails with MX_DATA when there is none (the message lists those there are) or several. */
mx_status mx_table_column(size_t *out, const mx_table *table, const char *name);

static inline const char *mx_table_cell(const mx_table *table, size_t row, size_t column) {
    return table->cells[row * table->n_columns + column];
}

#endif
