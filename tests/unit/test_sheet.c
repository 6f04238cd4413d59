/* Where the pictures of a contact sheet go. */
#include "unit/fixture.h"

#include "report/sheet.h"

static mx_sheet sheet_of(int side, size_t count, int columns) {
    static mx_sheet_cell cells[400];
    assert_true(count <= 400);
    return (mx_sheet){.title = "title",
                      .height = side,
                      .width = side,
                      .channels = 1,
                      .cells = cells,
                      .count = count,
                      .columns = columns};
}

static void small_pictures_are_scaled_by_a_whole_number(void **state) {
    (void)state;
    const int sides[][2] = {{1, 96}, {8, 12}, {28, 3}, {27, 4}, {32, 3},
                            {48, 2}, {64, 2}, {65, 1}, {96, 1}, {300, 1}};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        const mx_sheet sheet = sheet_of(sides[i][0], 1, 0);
        assert_int_equal(mx_sheet_lay_out(&sheet).scale, sides[i][1]);
    }
}

static void cells_keep_to_the_page(void **state) {
    (void)state;
    for (int side = 1; side < 1200; side += 37)
        for (int columns = 0; columns < 20; columns++) {
            const mx_sheet sheet = sheet_of(side, 100, columns);
            const mx_sheet_layout l = mx_sheet_lay_out(&sheet);
            assert_true(l.columns * l.rows >= 100 && l.columns * (l.rows - 1) < 100);
            assert_true(l.cell_width > side * l.scale && l.cell_height > side * l.scale);
            assert_true(l.left + (l.columns - 1) * l.cell_width + side * l.scale < l.page_width);
            assert_true(l.top + (l.rows - 1) * l.cell_height + side * l.scale < l.page_height);
            if (columns == 0 && l.columns > 3) assert_true(l.page_width <= MX_SHEET_WIDTH);
        }
}

static void a_capacity_is_rows_of_a_page(void **state) {
    (void)state;
    const mx_sheet sheet = sheet_of(32, 400, 0);
    const int columns = mx_sheet_lay_out(&sheet).columns;
    assert_int_equal(mx_sheet_capacity(32, 32, 3), 3 * columns);
    assert_int_equal(mx_sheet_capacity(2000, 2000, 3), 3);
}

static void lines_of_text_make_room_below(void **state) {
    (void)state;
    mx_sheet_cell cells[3] = {{0}};
    mx_sheet sheet = sheet_of(32, 3, 3);
    sheet.cells = cells;
    const int bare = mx_sheet_lay_out(&sheet).cell_height;
    cells[2].lines[0] = "a label";
    const int one = mx_sheet_lay_out(&sheet).cell_height;
    cells[1].lines[1] = "a name";
    const int two = mx_sheet_lay_out(&sheet).cell_height;
    assert_true(one >= bare + MX_LINE_HEIGHT && two == one + MX_LINE_HEIGHT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_pictures_are_scaled_by_a_whole_number),
        cmocka_unit_test(cells_keep_to_the_page),
        cmocka_unit_test(a_capacity_is_rows_of_a_page),
        cmocka_unit_test(lines_of_text_make_room_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
