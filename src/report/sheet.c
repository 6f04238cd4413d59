#include "report/sheet.h"

#include "report/text.h"

enum {
    MARGIN = 20,
    GAP = 14,          /* between cells */
    PICTURE_SIDE = 96, /* about what pictures are scaled up to */
    LEAST_WIDTH = 116, /* of a cell: room for about 17 letters */
    TITLE_HEIGHT = 26, /* and of the lines below it, with the space after them */
    NOTE_HEIGHT = 26,
    HEAD_HEIGHT = 24,
    TEXT_ABOVE = 4,     /* between a picture and its first line */
    FEWEST_COLUMNS = 3, /* of a page, however narrow its grid: room for the title */
    BASELINE = 12       /* from the top of a line */
};

static int larger(int a, int b) {
    return a > b ? a : b;
}

static int picture_scale(int height, int width) {
    const int side = larger(height, width);
    return larger((PICTURE_SIDE + side / 2) / side, 1);
}

static int lines_of(const mx_sheet *sheet) {
    int lines = 0;
    for (size_t i = 0; i < sheet->count; i++)
        for (int line = lines; line < MX_SHEET_LINES; line++)
            if (sheet->cells[i].lines[line]) lines = line + 1;
    return lines;
}

static int cell_width(int height, int width) {
    return larger(width * picture_scale(height, width), LEAST_WIDTH) + GAP;
}

static int fitting_columns(int height, int width) {
    return larger((MX_SHEET_WIDTH - 2 * MARGIN + GAP) / cell_width(height, width), 1);
}

mx_sheet_layout mx_sheet_lay_out(const mx_sheet *sheet) {
    mx_sheet_layout out = {.scale = picture_scale(sheet->height, sheet->width), .left = MARGIN};
    const int count = (int)sheet->count, lines = lines_of(sheet);
    out.columns = sheet->columns ? sheet->columns : fitting_columns(sheet->height, sheet->width);
    if (!sheet->columns && count < out.columns) out.columns = larger(count, 1);
    out.rows = (count + out.columns - 1) / out.columns;
    out.cell_width = cell_width(sheet->height, sheet->width);
    out.cell_height = sheet->height * out.scale + GAP;
    if (lines > 0) out.cell_height += TEXT_ABOVE + lines * MX_LINE_HEIGHT;
    out.top =
        MARGIN + TITLE_HEIGHT + (sheet->note ? NOTE_HEIGHT : 0) + (sheet->heads ? HEAD_HEIGHT : 0);
    out.page_width = 2 * MARGIN - GAP + larger(out.columns, FEWEST_COLUMNS) * out.cell_width;
    out.page_height = out.top + out.rows * out.cell_height - GAP + MARGIN;
    return out;
}

size_t mx_sheet_capacity(int height, int width, int rows) {
    return (size_t)fitting_columns(height, width) * (size_t)rows;
}

/* A line of text whose upper left corner is `at`. */
static mx_status put_line(mx_canvas *canvas, mx_point at, double width, mx_font font,
                          mx_align align, const char *text) {
    mx_buf clean = {0};
    if (!text) return MX_OK;
    mx_text_clean(&clean, text);
    const mx_status status = mx_buf_check(&clean);
    at.y += BASELINE;
    if (align == MX_ALIGN_CENTRE) at.x += width / 2;
    if (status == MX_OK)
        mx_canvas_text_within(canvas, at, width, font, align, MX_INK, mx_buf_text(&clean));
    mx_buf_release(&clean);
    return status;
}

static mx_status draw_cell(mx_canvas *canvas, const mx_sheet *sheet, const mx_sheet_layout *layout,
                           size_t index) {
    const mx_sheet_cell *cell = &sheet->cells[index];
    const int row = (int)index / layout->columns, column = (int)index % layout->columns;
    const int width = sheet->width * layout->scale, height = sheet->height * layout->scale;
    const double room = layout->cell_width - GAP;
    mx_point at = {layout->left + column * layout->cell_width,
                   layout->top + row * layout->cell_height};
    if (cell->pixels) {
        const mx_bitmap picture = {sheet->height, sheet->width, sheet->channels, cell->pixels};
        const mx_area area = {at.x + (int)((room - width) / 2), at.y, width, height};
        mx_canvas_picture(canvas, (mx_point){area.x, area.y}, layout->scale, &picture);
        mx_canvas_frame(canvas, area, MX_FAINT);
    }
    at.y += height + TEXT_ABOVE;
    for (int line = 0; line < MX_SHEET_LINES; line++, at.y += MX_LINE_HEIGHT)
        MX_TRY(put_line(canvas, at, room, MX_FONT_BODY, MX_ALIGN_CENTRE, cell->lines[line]));
    return MX_OK;
}

static mx_status draw_heads(mx_canvas *canvas, const mx_sheet *sheet,
                            const mx_sheet_layout *layout) {
    const double room = layout->page_width - 2 * MARGIN;
    mx_point at = {MARGIN, MARGIN};
    MX_TRY(put_line(canvas, at, room, MX_FONT_TITLE, MX_ALIGN_LEFT, sheet->title));
    at.y += TITLE_HEIGHT;
    MX_TRY(put_line(canvas, at, room, MX_FONT_BODY, MX_ALIGN_LEFT, sheet->note));
    if (!sheet->heads) return MX_OK;
    at.y = layout->top - HEAD_HEIGHT;
    for (int column = 0; column < layout->columns; column++, at.x += layout->cell_width)
        MX_TRY(put_line(canvas, at, layout->cell_width - GAP, MX_FONT_HEAD, MX_ALIGN_CENTRE,
                        sheet->heads[column]));
    return MX_OK;
}

mx_status mx_sheet_write(const mx_sheet *sheet, const char *path) {
    const mx_sheet_layout layout = mx_sheet_lay_out(sheet);
    mx_canvas *canvas = NULL;
    mx_status status;
    MX_GO(mx_canvas_open(&canvas, path, layout.page_width, layout.page_height));
    MX_GO(draw_heads(canvas, sheet, &layout));
    for (size_t i = 0; i < sheet->count; i++)
        MX_GO(draw_cell(canvas, sheet, &layout, i));
    MX_GO(mx_canvas_save(canvas));
done:
    mx_canvas_close(canvas);
    return status;
}
