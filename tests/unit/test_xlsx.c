#include "unit/table_fixture.h"
#include "unit/zip_fixture.h"

static char path[FIXTURE_PATH];

#if defined(MIXCL_WITH_XLSX) && defined(MIXCL_WITH_ZIP)

#define N_ROWS(rows) (sizeof(rows) / sizeof *(rows))
#define TYPE "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"

/* The parts of a small workbook; NULL leaves one out. */
typedef struct parts {
    const char *relations, *workbook, *workbook_relations, *strings, *sheet;
} parts;

static const char top_relations[] = "<Relationships><Relationship Id='a' Type='" TYPE
                                    "officeDocument' Target='xl/workbook.xml'/></Relationships>";
static const char workbook[] =
    "<workbook xmlns:r='r'><sheets><sheet name='one' sheetId='1' r:id='a'/></sheets></workbook>";
static const char workbook_relations[] =
    "<Relationships><Relationship Id='a' Type='" TYPE "worksheet' Target='worksheets/sheet1.xml'/>"
    "<Relationship Id='b' Type='" TYPE "sharedStrings' Target='sharedStrings.xml'/>"
    "</Relationships>";
static const char strings[] = "<sst><si><t>zero</t></si><si><t>one</t></si></sst>";

static const char *write_parts(const char *folder, const parts *in) {
    fixture_zip zip = {0};
    if (in->relations) fixture_zip_text(&zip, "_rels/.rels", in->relations);
    if (in->workbook) fixture_zip_text(&zip, "xl/workbook.xml", in->workbook);
    if (in->workbook_relations)
        fixture_zip_text(&zip, "xl/_rels/workbook.xml.rels", in->workbook_relations);
    if (in->strings) fixture_zip_text(&zip, "xl/sharedStrings.xml", in->strings);
    if (in->sheet) fixture_zip_text(&zip, "xl/worksheets/sheet1.xml", in->sheet);
    fixture_zip_write(&zip, folder, "made.xlsx");
    return fixture_path(path, folder, "made.xlsx");
}

static const char *write_sheet(const char *folder, const char *string_part, const char *sheet) {
    const parts all = {top_relations, workbook, workbook_relations, string_part, sheet};
    return write_parts(folder, &all);
}

/* Cells of the sheet made of `rows`, without a header. */
static void assert_sheet(const char *folder, const char *string_part, const char *rows,
                         const char *const *expected, size_t n_expected) {
    static const mx_table_options no_header = {.header = false};
    mx_buf sheet = {0};
    mx_table table;
    mx_buf_printf(&sheet, "<worksheet><sheetData>%s</sheetData></worksheet>", rows);
    write_sheet(folder, string_part, mx_buf_text(&sheet));
    mx_buf_release(&sheet);
    if (mx_table_read(&table, path, &no_header) != MX_OK) fail_msg("%s", mx_error());
    assert_rows(&table, expected, n_expected);
    mx_table_release(&table);
}

static void assert_sheet_fails(const char *folder, const char *rows, const char *reason) {
    mx_buf sheet = {0};
    mx_buf_printf(&sheet, "<worksheet><sheetData>%s</sheetData></worksheet>", rows);
    write_sheet(folder, strings, mx_buf_text(&sheet));
    mx_buf_release(&sheet);
    assert_table_fails(path, NULL, reason);
}

static void a_workbook_of_openpyxl_is_read(void **state) {
    (void)state;
    static const char *const rows[] = {"00000A02.jpg|2|0|0.1|TRUE||",
                                       "00001A80.jpg|80|1|-12.5|FALSE||far right",
                                       "rich bold text|||0.3333333333333333|43831||",
                                       " \xC3\xA9t\xC3\xA9 <&> |12345678901234||1e-07|1e+300||"};
    mx_table table;
    fixture_path(path, MX_TEST_DATA, "tables/openpyxl.xlsx");
    assert_int_equal(mx_table_read(&table, path, NULL), MX_OK);
    assert_columns(&table, "Image|Age|Gender|Weight|Seen||");
    assert_rows(&table, rows, N_ROWS(rows));
    assert_int_equal(table.lines[0], 2);
    assert_int_equal(table.lines[1], 4);
    mx_table_release(&table);
}

static void a_workbook_of_xlsxwriter_is_read_from_its_first_sheet_of_cells(void **state) {
    (void)state;
    static const char *const rows[] = {"a.jpg|2|FALSE", "b.jpg|80|old", "c.jpg|40.5|#N/A",
                                       "d.jpg|0.1|old"};
    mx_table table;
    fixture_path(path, MX_TEST_DATA, "tables/xlsxwriter.xlsx");
    assert_int_equal(mx_table_read(&table, path, NULL), MX_OK);
    assert_columns(&table, "Image|Age|Old");
    assert_rows(&table, rows, N_ROWS(rows));
    mx_table_release(&table);
}

static void a_sheet_is_found_by_its_name(void **state) {
    (void)state;
    static const mx_table_options second = {.sheet = "second sheet", .header = true};
    static const mx_table_options chart = {.sheet = "chart", .header = true};
    static const mx_table_options absent = {.sheet = "Faces", .header = true};
    static const char *const rows[] = {"|x|7"};
    mx_table table;
    fixture_path(path, MX_TEST_DATA, "tables/openpyxl.xlsx");
    assert_int_equal(mx_table_read(&table, path, &second), MX_OK);
    assert_columns(&table, "|key|value");
    assert_rows(&table, rows, N_ROWS(rows));
    assert_int_equal(table.lines[0], 5);
    mx_table_release(&table);
    assert_table_fails(path, &absent, "no sheet 'Faces'; there are: faces, second sheet");
    fixture_path(path, MX_TEST_DATA, "tables/xlsxwriter.xlsx");
    assert_table_fails(path, &chart, "no sheet 'chart'; there are: faces & more");
}

static void runs_are_joined_and_phonetic_ones_left_out(void **state) {
    static const char *const rows[] = {"\xE8\xAA\xB2 one|two 2| x "};
    assert_sheet(*state,
                 "<x:sst xmlns:x='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>"
                 "<x:si><x:r><x:t>\xE8\xAA\xB2</x:t></x:r><x:r><x:rPr/><x:t> one</x:t></x:r>"
                 "<x:rPh sb='0' eb='1'><x:t>\xE3\x82\xAB</x:t></x:rPh></x:si></x:sst>",
                 "<row><c t='s'><v>0</v></c><c t='inlineStr'><is><r><t>two</t></r><r><t> 2</t></r>"
                 "<rPh sb='0' eb='1'><t>no</t></rPh></is></c>"
                 "<c t='inlineStr'><is><t xml:space='preserve'> x </t></is></c></row>",
                 rows, N_ROWS(rows));
}

static void numbers_take_their_shortest_form(void **state) {
    static const char *const numbers[][2] = {{"1", "1"},
                                             {"1.0", "1"},
                                             {"-0", "0"},
                                             {"007", "7"},
                                             {"1E3", "1000"},
                                             {"0.1", "0.1"},
                                             {"0.10000000000000001", "0.1"},
                                             {"0.30000000000000004", "0.30000000000000004"},
                                             {"1.5E-5", "1.5e-05"},
                                             {"9007199254740991", "9007199254740991"},
                                             {"1E+22", "1e+22"},
                                             {"-2.5", "-2.5"}};
    for (size_t i = 0; i < N_ROWS(numbers); i++) {
        char cells[128];
        snprintf(cells, sizeof cells, "<row><c><v>%s</v></c></row>", numbers[i][0]);
        assert_sheet(*state, strings, cells, &numbers[i][1], 1);
    }
}

static void cells_go_where_their_reference_says(void **state) {
    static const char *const rows[] = {"||c3||", "a7||||e7"};
    assert_sheet(*state, strings,
                 "<row r='3'><c r='C3' t='str'><v>c3</v></c><c r='D3' s='1'/></row><row r='5'/>"
                 "<row r='6'><c r='A6'/><c r='B6' t='str'><v></v></c></row>"
                 "<row r='7'><c r='E7' t='str'><v>e7</v></c><c r='A7' t='str'><v>a7</v></c></row>",
                 rows, N_ROWS(rows));
}

static void cells_without_reference_follow_one_another(void **state) {
    static const char *const rows[] = {"1|2||4", "5|||"};
    assert_sheet(*state, strings,
                 "<row><c><v>1</v></c><c><v>2</v></c><c r='D1'><v>4</v></c></row>"
                 "<row><c><v>5</v></c></row>",
                 rows, N_ROWS(rows));
}

static void what_stands_outside_the_cells_is_left_out(void **state) {
    static const parts all = {
        top_relations, workbook, workbook_relations, strings,
        "<worksheet><cols><c><v>no</v></c><row/></cols><sheetData><row><c><f>1+1</f><v>2</v><x><y/>"
        "</x></c></row></sheetData><extLst><row r='0'><c r='?'/></row></extLst></worksheet>"};
    static const mx_table_options no_header = {.header = false};
    static const char *const rows[] = {"2"};
    mx_table table;
    assert_int_equal(mx_table_read(&table, write_parts(*state, &all), &no_header), MX_OK);
    assert_rows(&table, rows, 1);
    mx_table_release(&table);
}

static void the_main_part_may_have_another_name_and_absolute_targets(void **state) {
    static const char *const rows[] = {"1"};
    static const mx_table_options no_header = {.header = false};
    fixture_zip zip = {0};
    mx_table table;
    fixture_zip_text(&zip, "_rels/.rels",
                     "<Relationships><Relationship Id='a' Type='" TYPE
                     "officeDocument' Target='/xl/workbook2.xml'/></Relationships>");
    fixture_zip_text(&zip, "XL/Workbook2.xml", workbook);
    fixture_zip_text(&zip, "xl/_rels/workbook2.xml.rels",
                     "<Relationships><Relationship Id='a' Type='" TYPE
                     "worksheet' Target='/data.xml'/></Relationships>");
    fixture_zip_text(&zip, "data.xml",
                     "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>");
    fixture_zip_write(&zip, *state, "other.xlsx");
    fixture_path(path, *state, "other.xlsx");
    if (mx_table_read(&table, path, &no_header) != MX_OK) fail_msg("%s", mx_error());
    assert_rows(&table, rows, 1);
    mx_table_release(&table);
}

static void missing_parts_are_named(void **state) {
    static const char sheet[] = "<worksheet><sheetData/></worksheet>";
    static const struct {
        parts all;
        const char *reason;
    } cases[] = {
        {{.workbook = workbook}, "not an .xlsx, or damaged: there is no '_rels/.rels'"},
        {{"<Relationships/>", workbook, workbook_relations, strings, sheet}, "names no workbook"},
        {{top_relations, NULL, workbook_relations, strings, sheet}, "no 'xl/workbook.xml'"},
        {{top_relations, workbook, NULL, strings, sheet}, "no 'xl/_rels/workbook.xml.rels'"},
        {{top_relations, workbook, workbook_relations, NULL, sheet}, "no 'xl/sharedStrings.xml'"},
        {{top_relations, workbook, workbook_relations, strings, NULL},
         "no 'xl/worksheets/sheet1.xml'"},
        {{top_relations, workbook, "<Relationships/>", strings, sheet}, "no sheet of cells"},
        {{top_relations, workbook, workbook_relations, strings, sheet}, "the table is empty"},
    };
    for (size_t i = 0; i < N_ROWS(cases); i++)
        assert_table_fails(write_parts(*state, &cases[i].all), NULL, cases[i].reason);
}

static void wrong_cells_are_named(void **state) {
    static const struct {
        const char *rows, *reason;
    } cases[] = {
        {"<row r='2'><c r='AB2'><v>x</v></c></row>", "cell AB2 is no number"},
        {"<row><c><v>nan</v></c></row>", "cell A1 is no number"},
        {"<row><c><v>0x10</v></c></row>", "cell A1 is no number"},
        {"<row><c><v>1e999</v></c></row>", "cell A1 is no number"},
        {"<row><c><v>1 2</v></c></row>", "cell A1 is no number"},
        {"<row><c t='s'><v>2</v></c></row>", "cell A1 has a shared string that the workbook lacks"},
        {"<row><c t='s'><v>-1</v></c></row>", "cell A1 has a shared string"},
        {"<row><c t='s'><v>99999999999999999999</v></c></row>", "cell A1 has a shared string"},
        {"<row><c t='b'><v>2</v></c></row>", "cell A1 is neither TRUE nor FALSE"},
        {"<row><c t='z'><v>2</v></c></row>", "cell A1 is of a type"},
        {"<row><c><f>A2</f></c></row>", "cell A1 is a formula that was never computed"},
        {"<row><c r='XFD1'><f>A2</f></c></row>", "cell XFD1 is a formula"},
        {"<row><c r='B1'><v>1</v></c><c r='B1'><v>2</v></c></row>", "cell B1 comes twice"},
        {"<row r='2'/><row r='2'/>", "row 2 comes after row 2"},
        {"<row r='2'/><row r='1'/>", "row 1 comes after row 2"},
        {"<row r='0'/>", "row 0 comes after row 0"},
        {"<row r='1048577'/>", "a number that is none, or over 1048576"},
        {"<row r='1048576'/><row/>", "row 1048577 comes after row 1048576"},
        {"<row r='x'/>", "a number that is none"},
        {"<row r='3'><c r='A4'/></row>", "a cell of row 3 has a reference of another row"},
        {"<row r='3'><c r='XFE3'/></row>", "a cell of row 3 has a reference"},
        {"<row r='3'><c r='3'/></row>", "a cell of row 3 has a reference"},
        {"<row r='3'><c r='ZZZZZZZZZZZZZZZZZZ3'/></row>", "a cell of row 3 has a reference"},
        {"<row><c r='XFD1'/><c/></row>", "row 1 has more than 16384 columns"},
        {"<row><c r='XFD1'><c r='XFD1'/></c></row>", "a cell outside a row, or inside another"},
        {"<c/>", "a cell outside a row"},
        {"<row><row/></row>", "row 2 begins inside row 1"},
    };
    for (size_t i = 0; i < N_ROWS(cases); i++)
        assert_sheet_fails(*state, cases[i].rows, cases[i].reason);
}

static void entities_that_grow_are_refused(void **state) {
    static const char bomb[] = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>"
                               "<!ENTITY c '&b;&b;&b;&b;&b;'>]>"
                               "<sst><si><t>&c;</t></si></sst>";
    static const char outside[] = "<!DOCTYPE x SYSTEM 'file:///etc/passwd'><sst/>";
    static const char sheet[] = "<worksheet><sheetData/></worksheet>";
    assert_table_fails(write_sheet(*state, bomb, sheet), NULL, "a document type declaration");
    assert_table_fails(write_sheet(*state, outside, sheet), NULL, "a document type declaration");
}

static void xml_that_is_damaged_names_part_and_line(void **state) {
    static const char *const documents[] = {"",          "<sst>\n<si>",       "<sst>\n\n</si>",
                                            "\xFF\xFE<", "<sst>\n\xE9</sst>", "<a:sst/>",
                                            "plain text"};
    for (size_t i = 0; i < N_ROWS(documents); i++) {
        write_sheet(*state, documents[i], "<worksheet/>");
        assert_table_fails(path, NULL, "cannot read 'xl/sharedStrings.xml' in ");
        assert_non_null(strstr(mx_error(), "damaged XML on line "));
    }
}

static void other_archives_are_no_workbooks(void **state) {
    fixture_zip zip = {0};
    fixture_zip_text(&zip, "pictures/1.jpg", "x");
    fixture_zip_write(&zip, *state, "pictures.xlsx");
    assert_table_fails(fixture_path(path, *state, "pictures.xlsx"), NULL, "not an .xlsx");
}

static void a_sheet_of_few_but_far_cells_is_refused_before_its_memory_is_asked_for(void **state) {
    mx_buf rows = {0};
    mx_buf_puts(&rows, "<row><c r='XFD1'><v>1</v></c></row>");
    for (int i = 0; i < 3000; i++)
        mx_buf_puts(&rows, "<row><c><v>1</v></c></row>");
    assert_sheet_fails(*state, mx_buf_text(&rows), "3001 rows of 16384 columns are more than");
    mx_buf_release(&rows);
}

static void a_damaged_or_cut_workbook_never_brings_the_reader_down(void **state) {
    mx_buf bytes = {0};
    fixture_path(path, MX_TEST_DATA, "tables/openpyxl.xlsx");
    assert_int_equal(mx_read_file(&bytes, path, 1 << 20), MX_OK);
    fixture_path(path, *state, "damaged.xlsx");
    for (size_t at = 0; at < bytes.length; at += at < 64 || at > 4500 ? 1 : 7)
        for (int cut = 0; cut < 2; cut++) {
            mx_table table;
            bytes.data[at] ^= 0x55;
            fixture_write(*state, "damaged.xlsx", bytes.data, cut ? at : bytes.length);
            bytes.data[at] ^= 0x55;
            const mx_status status = mx_table_read(&table, path, NULL);
            assert_true(status == MX_OK || status == MX_DATA);
            mx_table_release(&table);
        }
    mx_buf_release(&bytes);
}

/* Without the archive's checksums in the way. */
static void a_damaged_or_cut_part_never_brings_the_reader_down(void **state) {
    static const char sheet[] = "<worksheet><sheetData><row r='1'><c r='A1' t='s'><v>1</v></c>"
                                "<c r='B1'><f>1</f><v>2.5</v></c></row></sheetData></worksheet>";
    static const char damages[] = {0, '<', '>', '\'', '9', 'c', '\xff'};
    char text[sizeof sheet];
    for (size_t at = 0; at < sizeof sheet - 1; at++)
        for (size_t i = 0; i <= sizeof damages; i++) {
            mx_table table;
            memcpy(text, sheet, sizeof text);
            text[at] = i < sizeof damages ? damages[i] : '\0';
            write_sheet(*state, strings, text);
            const mx_status status = mx_table_read(&table, path, NULL);
            assert_true(status == MX_OK || status == MX_DATA);
            mx_table_release(&table);
        }
}

#else

static void without_the_libraries_the_message_names_the_remedy(void **state) {
    mx_table table;
    fixture_zip zip = {0};
    fixture_zip_text(&zip, "a", "x");
    fixture_zip_write(&zip, *state, "a.xlsx");
    fixture_path(path, *state, "a.xlsx");
    assert_int_equal(mx_table_read(&table, path, NULL), MX_USAGE);
    assert_null(table.cells);
    assert_non_null(strstr(mx_error(), "this mixcl was built without "));
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#if defined(MIXCL_WITH_XLSX) && defined(MIXCL_WITH_ZIP)
        cmocka_unit_test(a_workbook_of_openpyxl_is_read),
        cmocka_unit_test(a_workbook_of_xlsxwriter_is_read_from_its_first_sheet_of_cells),
        cmocka_unit_test(a_sheet_is_found_by_its_name),
        cmocka_unit_test(runs_are_joined_and_phonetic_ones_left_out),
        cmocka_unit_test(numbers_take_their_shortest_form),
        cmocka_unit_test(cells_go_where_their_reference_says),
        cmocka_unit_test(cells_without_reference_follow_one_another),
        cmocka_unit_test(what_stands_outside_the_cells_is_left_out),
        cmocka_unit_test(the_main_part_may_have_another_name_and_absolute_targets),
        cmocka_unit_test(missing_parts_are_named),
        cmocka_unit_test(wrong_cells_are_named),
        cmocka_unit_test(entities_that_grow_are_refused),
        cmocka_unit_test(xml_that_is_damaged_names_part_and_line),
        cmocka_unit_test(other_archives_are_no_workbooks),
        cmocka_unit_test(a_sheet_of_few_but_far_cells_is_refused_before_its_memory_is_asked_for),
        cmocka_unit_test(a_damaged_or_cut_workbook_never_brings_the_reader_down),
        cmocka_unit_test(a_damaged_or_cut_part_never_brings_the_reader_down),
#else
        cmocka_unit_test(without_the_libraries_the_message_names_the_remedy),
#endif
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
