/* Tables in tests: written, read and compared cell by cell. */
#ifndef MX_TEST_TABLE_FIXTURE_H
#define MX_TEST_TABLE_FIXTURE_H

#include "unit/fixture.h"

#include "io/table.h"

/* The rows' cells one after another, as "a|b" and "c|d" where `rows` is {"a|b", "c|d"}. */
static inline void assert_rows(const mx_table *table, const char *const *rows, size_t n_rows) {
    mx_buf row = {0};
    assert_int_equal(table->n_rows, n_rows);
    for (size_t r = 0; r < n_rows; r++) {
        mx_buf_clear(&row);
        for (size_t c = 0; c < table->n_columns; c++)
            mx_buf_printf(&row, "%s%s", c ? "|" : "", mx_table_cell(table, r, c));
        assert_string_equal(mx_buf_text(&row), rows[r]);
    }
    mx_buf_release(&row);
}

static inline void assert_columns(const mx_table *table, const char *names) {
    mx_buf row = {0};
    for (size_t c = 0; c < table->n_columns; c++)
        mx_buf_printf(&row, "%s%s", c ? "|" : "", table->columns[c]);
    assert_string_equal(mx_buf_text(&row), names);
    mx_buf_release(&row);
}

/* Reading fails with MX_DATA, names the file and gives `reason`. */
static inline void assert_table_fails(const char *path, const mx_table_options *options,
                                      const char *reason) {
    mx_table table;
    assert_int_equal(mx_table_read(&table, path, options), MX_DATA);
    assert_null(table.cells);
    assert_non_null(strstr(mx_error(), path));
    assert_null(strchr(mx_error(), '\n'));
    if (!strstr(mx_error(), reason)) fail_msg("'%s' lacks '%s'", mx_error(), reason);
}

#endif
