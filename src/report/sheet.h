/* A contact sheet: pictures of one size in a grid, each with lines of text below it. */
#ifndef MX_REPORT_SHEET_H
#define MX_REPORT_SHEET_H

#include <stddef.h>

#include "report/canvas.h"

enum { MX_SHEET_LINES = 2 };

/* One place of the grid. Texts may be any bytes, and NULL; what is too long is cut in its middle.
 */
typedef struct mx_sheet_cell {
    const uint8_t *pixels; /* NULL: no picture here */
    const char *lines[MX_SHEET_LINES];
} mx_sheet_cell;

typedef struct mx_sheet {
    const char *title, *note; /* note: a line below the title, or NULL */
    int height, width, channels;
    const mx_sheet_cell *cells; /* row by row */
    size_t count;
    int columns;              /* 0: as many as fit a page of MX_SHEET_WIDTH */
    const char *const *heads; /* `columns` texts above them, or NULL */
} mx_sheet;

enum { MX_SHEET_WIDTH = 960 };

/* Where everything goes, in pixels. */
typedef struct mx_sheet_layout {
    int scale; /* of the pictures */
    int columns, rows;
    int cell_width, cell_height; /* of the grid, texts and gaps included */
    int left, top;               /* of the first cell */
    int page_width, page_height;
} mx_sheet_layout;

/* Small pictures are scaled up by a whole number to about 100 pixels, so that they can be seen and
 * texts find room. */
mx_sheet_layout mx_sheet_lay_out(const mx_sheet *sheet);

/* Pictures that fit `rows` rows of a sheet with columns = 0. */
size_t mx_sheet_capacity(int height, int width, int rows);

/* Fails as mx_canvas_open and mx_canvas_save. */
mx_status mx_sheet_write(const mx_sheet *sheet, const char *path);

#endif
