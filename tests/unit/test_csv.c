#include "unit/table_fixture.h"

static char path[FIXTURE_PATH];

#ifdef MIXCL_WITH_CSV

#define N_ROWS(rows) (sizeof(rows) / sizeof *(rows))

static const char faces[] = "Image,Age,Gender\n00000A02.jpg,2,0\n\"a, b\".jpg,,1\n";
static const mx_table_options no_header = {.header = false};

static const char *write_text(const char *folder, const char *name, const char *text) {
    fixture_write(folder, name, text, strlen(text));
    return fixture_path(path, folder, name);
}

static mx_table read_table(const char *folder, const char *name, const char *text,
                           const mx_table_options *options) {
    mx_table table;
    write_text(folder, name, text);
    if (mx_table_read(&table, path, options) != MX_OK) fail_msg("%s", mx_error());
    return table;
}

static void assert_text_fails(const char *folder, const char *text, size_t count,
                              const char *reason) {
    fixture_write(folder, "bad.csv", text, count);
    assert_table_fails(fixture_path(path, folder, "bad.csv"), NULL, reason);
}

static void rows_columns_and_lines_are_read(void **state) {
    static const char *const rows[] = {"1.jpg|2|0", "2.jpg||1", "3.jpg|80|1"};
    mx_table table =
        read_table(*state, "a.csv", "Image,Age,Gender\n1.jpg,2,0\n2.jpg,,1\n3.jpg,80,1", NULL);
    assert_columns(&table, "Image|Age|Gender");
    assert_rows(&table, rows, N_ROWS(rows));
    for (int r = 0; r < 3; r++)
        assert_int_equal(table.lines[r], r + 2);
    mx_table_release(&table);
}

static void a_table_without_header_has_unnamed_columns(void **state) {
    static const char *const rows[] = {"a|b", "c|d"};
    mx_table table = read_table(*state, "a.csv", "a,b\nc,d\n", &no_header);
    assert_columns(&table, "|");
    assert_rows(&table, rows, N_ROWS(rows));
    assert_int_equal(table.lines[0], 1);
    mx_table_release(&table);
}

static void quoted_fields_hold_delimiters_quotes_and_line_breaks(void **state) {
    static const char *const rows[] = {"a,b| say \"hi\" ", "two\r\nlines|", "|x"};
    mx_table table = read_table(
        *state, "a.csv",
        "first,second\r\n\"a,b\",\" say \"\"hi\"\" \"\r\n\"two\r\nlines\",\"\"\r\n,x\r\n", NULL);
    assert_columns(&table, "first|second");
    assert_rows(&table, rows, N_ROWS(rows));
    assert_int_equal(table.lines[1], 3);
    assert_int_equal(table.lines[2], 5);
    mx_table_release(&table);
}

static void every_kind_of_line_end_and_the_byte_order_mark_read_the_same(void **state) {
    static const char *const texts[] = {"a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\r1,2\r3,4",
                                        "\xEF\xBB\xBF\x61,b\n1,2\n3,4",
                                        "\n\r\n a , b \n\n 1 ,2\t\n,\n  \n3,4\n\n"};
    static const char *const rows[] = {"1|2", "3|4"};
    for (size_t i = 0; i < N_ROWS(texts); i++) {
        mx_table table = read_table(*state, "a.csv", texts[i], NULL);
        assert_columns(&table, "a|b");
        assert_rows(&table, rows, N_ROWS(rows));
        mx_table_release(&table);
    }
}

static void the_delimiter_is_told_by_extension_first_line_or_option(void **state) {
    static const mx_table_options bar = {.delimiter = '|', .header = true};
    static const struct {
        const char *name, *text;
        const mx_table_options *options;
    } cases[] = {
        {"a.tsv", "x, y\tb\n1\t2\n", NULL},       {"fold_0_data.txt", "x, y\tb\n1\t2\n", NULL},
        {"A.TXT", "x, y\tb\n1\t2\n", NULL},       {"a.csv", "\"x, y\";b\n1;2\n", NULL},
        {"a.csv", "\n\n\"x, y\",b\n1,2\n", NULL}, {"plain", "\"x, y\",b\n1,2\n", NULL},
        {"a.csv", "x, y|b\n1|2\n", &bar}};
    static const char *const rows[] = {"1|2"};
    for (size_t i = 0; i < N_ROWS(cases); i++) {
        mx_table table = read_table(*state, cases[i].name, cases[i].text, cases[i].options);
        assert_columns(&table, "x, y|b");
        assert_rows(&table, rows, 1);
        mx_table_release(&table);
    }
}

static void empty_cells_between_tabs_keep_their_place(void **state) {
    static const char *const rows[] = {"1||3", "||6", "7||"};
    mx_table table = read_table(*state, "a.tsv", "a\tb\tc\n1\t\t3\n\t\t6\n7\t\t\n", NULL);
    assert_rows(&table, rows, N_ROWS(rows));
    mx_table_release(&table);
}

static void columns_are_found_by_name_then_by_case_then_by_number(void **state) {
    static const struct {
        const char *name;
        size_t column;
    } cases[] = {{"Image", 0}, {"image", 0}, {"age", 1}, {"AGE", 2}, {"2", 4}, {"3", 2}, {"5", 4}};
    size_t column = 99;
    mx_table table =
        read_table(*state, "a.csv", "Image,age,AGE,\"G\xC3\xA9nre\",2\na,b,c,d,e\n", NULL);
    for (size_t i = 0; i < N_ROWS(cases); i++) {
        assert_int_equal(mx_table_column(&column, &table, cases[i].name), MX_OK);
        assert_int_equal(column, cases[i].column);
    }
    mx_table_release(&table);
}

static void a_missing_column_is_answered_by_those_there_are(void **state) {
    static const char *const wrong[] = {
        "gender", "", "0", "4", "-1", "1e0", "99999999999999999999"};
    size_t column = 0;
    mx_table table = read_table(*state, "a.csv", "Image,\"two\nlines\",Age\na,b,c\n", NULL);
    for (size_t i = 0; i < N_ROWS(wrong); i++) {
        assert_int_equal(mx_table_column(&column, &table, wrong[i]), MX_DATA);
        assert_non_null(strstr(mx_error(), "there are: Image, two lines, Age"));
    }
    mx_table_release(&table);
    table = read_table(*state, "a.csv", "a,b,c\n", &no_header);
    assert_int_equal(mx_table_column(&column, &table, "Image"), MX_DATA);
    assert_non_null(strstr(mx_error(), "has no column 'Image'; its columns are 1 to 3"));
    mx_table_release(&table);
}

static void a_name_of_two_columns_asks_for_the_number(void **state) {
    size_t column = 0;
    mx_table table = read_table(*state, "a.csv", "x,x,Y,y,Z\n1,2,3,4,5\n", NULL);
    assert_int_equal(mx_table_column(&column, &table, "x"), MX_DATA);
    assert_non_null(strstr(mx_error(), "has 2 columns 'x'; give its number, from 1"));
    assert_int_equal(mx_table_column(&column, &table, "y"), MX_OK);
    assert_int_equal(column, 3);
    mx_table_release(&table);
}

static void a_list_of_many_long_columns_stays_short(void **state) {
    mx_buf text = {0};
    size_t column = 0;
    for (int i = 0; i < 1000; i++) {
        mx_buf_puts(&text, i ? "," : "");
        for (int c = 0; c < 50; c++)
            mx_buf_puts(&text, "\xC3\xA9");
    }
    mx_table table = read_table(*state, "a.csv", mx_buf_text(&text), NULL);
    assert_int_equal(mx_table_column(&column, &table, "x"), MX_DATA);
    assert_true(strlen(mx_error()) < 1500);
    assert_non_null(strstr(mx_error(), "there are: "));
    assert_non_null(strstr(mx_error(), "\xC3\xA9..., and 980 more"));
    mx_table_release(&table);
    mx_buf_release(&text);
}

static void ragged_rows_name_line_and_counts(void **state) {
    static const struct {
        const char *text, *reason;
    } cases[] = {{"a,b,c\n1,2,3\n1,2\n", "line 3 has 2 columns, the header has 3"},
                 {"a,b,c\n1\n", "line 2 has 1 column, the header has 3"},
                 {"a,b\n1,2\n\"two\nlines\",2\n1,2,3\n", "line 5 has 3 columns, the header has 2"}};
    for (size_t i = 0; i < N_ROWS(cases); i++)
        assert_text_fails(*state, cases[i].text, strlen(cases[i].text), cases[i].reason);
    write_text(*state, "bad.csv", "1,2\n1,2,3\n");
    assert_table_fails(path, &no_header, "line 2 has 3 columns, the first row has 2");
}

static void empty_columns_at_the_end_do_no_harm(void **state) {
    static const char *const rows[] = {"1|2", "3|4"};
    mx_table table = read_table(*state, "a.csv", "a,b\n1,2,\n3,4,,,\n,,,,\n", NULL);
    assert_rows(&table, rows, N_ROWS(rows));
    mx_table_release(&table);
    static const char *const wider[] = {"1|2|", "3|4|5"};
    table = read_table(*state, "a.csv", "a,b,\n1,2\n3,4,5\n", NULL);
    assert_columns(&table, "a|b|");
    assert_rows(&table, wider, N_ROWS(wider));
    mx_table_release(&table);
}

static void quotes_out_of_place_name_the_line(void **state) {
    static const struct {
        const char *text, *reason;
    } cases[] = {{"a,b\n1,2\"3\n", "line 2: a quote out of place"},
                 {"a,b\n1,2\n\"1\"2,3\n", "line 3: a quote out of place"},
                 {"a,b\n\"1,2\n3,4\n5,6\n", "begins on line 2 has a quote that is never closed"},
                 {"a,b\n1,\"two\nlines\"x\n", "begins on line 2"}};
    for (size_t i = 0; i < N_ROWS(cases); i++)
        assert_text_fails(*state, cases[i].text, strlen(cases[i].text), cases[i].reason);
}

static void other_encodings_are_refused_with_the_line(void **state) {
    static const struct {
        const char *text, *reason;
    } cases[] = {{"a,b\n1,2\n1,caf\xE9\n", "line 3 is not UTF-8 at byte 6"},
                 {"a,b\n\xC0\xAF,2\n", "line 2 is not UTF-8 at byte 1"},
                 {"a,b\n1,\xED\xA0\x80\n", "line 2 is not UTF-8 at byte 3"},
                 {"a,b\n1,\xF4\x90\x80\x80\n", "line 2 is not UTF-8"},
                 {"a,b\n1,\xE2\x82", "line 2 is not UTF-8"},
                 {"\xFF\xFE"
                  "a",
                  "the file is UTF-16; save the table as UTF-8"},
                 {"\xFE\xFF", "the file is UTF-16"}};
    for (size_t i = 0; i < N_ROWS(cases); i++)
        assert_text_fails(*state, cases[i].text, strlen(cases[i].text), cases[i].reason);
    assert_text_fails(*state, "a,b\n1,\0\n", 8, "a zero byte on line 2");
    assert_text_fails(*state,
                      "\xFF\xFE"
                      "a\0",
                      4, "UTF-16");
}

static void every_character_of_utf8_is_taken(void **state) {
    static const char *const rows[] = {
        "\xC2\x80|\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80|\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"};
    mx_table table = read_table(
        *state, "a.csv",
        "a,b,c\n\xC2\x80,\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80,\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\n",
        NULL);
    assert_rows(&table, rows, 1);
    mx_table_release(&table);
}

static void tables_of_nothing_are_refused(void **state) {
    static const char *const texts[] = {"", "\n\n", " \n,,,\n", "\xEF\xBB\xBF"};
    for (size_t i = 0; i < N_ROWS(texts); i++)
        assert_text_fails(*state, texts[i], strlen(texts[i]), "the table is empty");
}

static void a_header_alone_is_a_table_without_rows(void **state) {
    mx_table table = read_table(*state, "a.csv", "a,b\n", NULL);
    assert_int_equal(table.n_rows, 0);
    assert_int_equal(table.n_columns, 2);
    mx_table_release(&table);
}

static void too_many_columns_are_refused(void **state) {
    mx_buf text = {0};
    for (int i = 0; i <= MX_TABLE_MAX_COLUMNS; i++)
        mx_buf_puts(&text, "x,");
    assert_text_fails(*state, text.data, text.length, "more than 16384 columns");
    mx_buf_release(&text);
}

static void workbooks_of_before_2007_get_the_remedy(void **state) {
    fixture_write(*state, "old.xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and so on", 18);
    assert_table_fails(fixture_path(path, *state, "old.xls"), NULL,
                       "an old .xls, or a workbook with a password; save it as .xlsx or .csv");
    write_text(*state, "fake.xlsx", "a,b\n1,2\n");
    assert_table_fails(path, NULL, "not an .xlsx");
}

static void only_readable_files_are_read(void **state) {
    assert_table_fails(*state, NULL, "not a regular file");
    assert_table_fails(fixture_path(path, *state, "absent.csv"), NULL, "No such file");
    assert_table_fails(fixture_path(path, *state, "absent.xlsx"), NULL, "No such file");
    assert_int_equal(mkfifo(fixture_path(path, *state, "fifo.csv"), 0600), 0);
    assert_table_fails(path, NULL, "not a regular file");
}

static void a_damaged_or_cut_table_never_brings_the_reader_down(void **state) {
    static const char damages[] = {0, '"', ',', '\n', '\xff'};
    char text[sizeof faces];
    fixture_path(path, *state, "damaged.csv");
    for (size_t at = 0; at < sizeof text; at++)
        for (size_t i = 0; i <= sizeof damages; i++) {
            mx_table table;
            const bool cut = i == sizeof damages;
            memcpy(text, faces, sizeof text);
            if (!cut) text[at] = damages[i];
            fixture_write(*state, "damaged.csv", text, cut ? at : sizeof text - 1);
            const mx_status status = mx_table_read(&table, path, NULL);
            assert_true(status == MX_OK || status == MX_DATA);
            mx_table_release(&table);
        }
}

#else

static void without_libcsv_the_message_names_the_remedy(void **state) {
    mx_table table;
    fixture_write(*state, "a.csv", "a,b\n", 4);
    assert_int_equal(mx_table_read(&table, fixture_path(path, *state, "a.csv"), NULL), MX_USAGE);
    assert_null(table.cells);
    assert_non_null(strstr(mx_error(), "built without libcsv; save the table as .xlsx, or build "));
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef MIXCL_WITH_CSV
        cmocka_unit_test(rows_columns_and_lines_are_read),
        cmocka_unit_test(a_table_without_header_has_unnamed_columns),
        cmocka_unit_test(quoted_fields_hold_delimiters_quotes_and_line_breaks),
        cmocka_unit_test(every_kind_of_line_end_and_the_byte_order_mark_read_the_same),
        cmocka_unit_test(the_delimiter_is_told_by_extension_first_line_or_option),
        cmocka_unit_test(empty_cells_between_tabs_keep_their_place),
        cmocka_unit_test(columns_are_found_by_name_then_by_case_then_by_number),
        cmocka_unit_test(a_missing_column_is_answered_by_those_there_are),
        cmocka_unit_test(a_name_of_two_columns_asks_for_the_number),
        cmocka_unit_test(a_list_of_many_long_columns_stays_short),
        cmocka_unit_test(ragged_rows_name_line_and_counts),
        cmocka_unit_test(empty_columns_at_the_end_do_no_harm),
        cmocka_unit_test(quotes_out_of_place_name_the_line),
        cmocka_unit_test(other_encodings_are_refused_with_the_line),
        cmocka_unit_test(every_character_of_utf8_is_taken),
        cmocka_unit_test(tables_of_nothing_are_refused),
        cmocka_unit_test(a_header_alone_is_a_table_without_rows),
        cmocka_unit_test(too_many_columns_are_refused),
        cmocka_unit_test(workbooks_of_before_2007_get_the_remedy),
        cmocka_unit_test(only_readable_files_are_read),
        cmocka_unit_test(a_damaged_or_cut_table_never_brings_the_reader_down),
#else
        cmocka_unit_test(without_libcsv_the_message_names_the_remedy),
#endif
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
