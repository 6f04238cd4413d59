/* A page that is drawn upon and written as PNG or SVG, by Cairo. Coordinates are pixels from the
 * left upper corner, of either format. Texts are UTF-8 as mx_text_clean leaves it (report/text.h).
 * What goes wrong while drawing is said by mx_canvas_save. */
#ifndef MX_REPORT_CANVAS_H
#define MX_REPORT_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

typedef struct mx_canvas mx_canvas;

/* Black, white, grey and the colours that Okabe and Ito (2008) chose for every kind of sight. */
typedef enum mx_colour {
    MX_INK,
    MX_PAPER,
    MX_GREY,  /* of frames */
    MX_FAINT, /* of grids */
    MX_BLUE,
    MX_VERMILLION,
    MX_GREEN,
    MX_ORANGE,
    MX_SKY,
    MX_PURPLE,
    MX_YELLOW
} mx_colour;

enum { MX_SERIES_COLOURS = MX_YELLOW - MX_BLUE + 1 };

/* The colour of series `i` of a plot. */
static inline mx_colour mx_series_colour(int i) {
    return (mx_colour)(MX_BLUE + i % MX_SERIES_COLOURS);
}

typedef enum mx_font { MX_FONT_BODY, MX_FONT_HEAD, MX_FONT_TITLE } mx_font;
typedef enum mx_align { MX_ALIGN_LEFT, MX_ALIGN_CENTRE, MX_ALIGN_RIGHT } mx_align;

enum {
    MX_LINE_HEIGHT = 16,   /* from one line of MX_FONT_BODY to the next */
    MX_CANVAS_MOST = 20000 /* pixels of a side */
};

typedef struct mx_point {
    double x, y;
} mx_point;

typedef struct mx_area {
    double x, y, width, height;
} mx_area;

/* height x width x channels bytes, 1 (grey) or 3 (RGB) channels, rows from the top; not owned. */
typedef struct mx_bitmap {
    int height, width, channels;
    const uint8_t *pixels;
} mx_bitmap;

/* Whether this build can draw. */
bool mx_canvas_is_there(void);

/* Fails with MX_USAGE where `path` does not end in .png or .svg, or there is no Cairo. */
mx_status mx_canvas_check_path(const char *path);

/* A white page for the file `path`, which is not touched before mx_canvas_save. Fails as
 * mx_canvas_check_path, with MX_USAGE for a page that is too large, or with MX_MEMORY. */
mx_status mx_canvas_open(mx_canvas **out, const char *path, int width, int height);
/* Writes the file, whole or not at all; nothing is drawn afterwards. Fails with MX_WRITE or
 * MX_MEMORY. */
mx_status mx_canvas_save(mx_canvas *canvas);
/* Appends the file's bytes to `out` in its place. Fails with MX_MEMORY. */
mx_status mx_canvas_encode(mx_canvas *canvas, mx_buf *out);
void mx_canvas_close(mx_canvas *canvas);

double mx_canvas_text_width(mx_canvas *canvas, mx_font font, const char *text);
/* `at` is the left end, centre or right end of the base line. */
void mx_canvas_text(mx_canvas *canvas, mx_point at, mx_font font, mx_align align, mx_colour colour,
                    const char *text);
/* Read from below, with its centre at `at`. */
void mx_canvas_text_upwards(mx_canvas *canvas, mx_point at, const char *text);
/* Cut in the middle where it is wider than `width`. */
void mx_canvas_text_within(mx_canvas *canvas, mx_point at, double width, mx_font font,
                           mx_align align, mx_colour colour, const char *text);

/* Joins the points; `width` is the pen's. */
void mx_canvas_lines(mx_canvas *canvas, const mx_point *points, int count, double width,
                     mx_colour colour);
void mx_canvas_dot(mx_canvas *canvas, mx_point at, double radius, mx_colour colour);
/* Filled; opacity 0..1. */
void mx_canvas_fill(mx_canvas *canvas, mx_area area, mx_colour colour, double opacity);
/* A line of one pixel around the area. */
void mx_canvas_frame(mx_canvas *canvas, mx_area area, mx_colour colour);
/* Every pixel becomes a square of scale x scale. */
void mx_canvas_picture(mx_canvas *canvas, mx_point at, int scale, const mx_bitmap *picture);

/* Until mx_canvas_unclip, nothing shows outside `area`. */
void mx_canvas_clip(mx_canvas *canvas, mx_area area);
void mx_canvas_unclip(mx_canvas *canvas);

#endif
