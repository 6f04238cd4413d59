/* report/canvas.h of a build without Cairo: there are no pages, so there is nothing to draw on. */
#include "report/canvas.h"

#include <stddef.h>

bool mx_canvas_is_there(void) {
    return false;
}

mx_status mx_canvas_check_path(const char *path) {
    return mx_fail(MX_USAGE,
                   "cannot draw '%s': this mixcl was built without Cairo; build with "
                   "-DMIXCL_CAIRO=ON",
                   path);
}

mx_status mx_canvas_open(mx_canvas **out, const char *path, int width, int height) {
    (void)width, (void)height;
    *out = NULL;
    return mx_canvas_check_path(path);
}

mx_status mx_canvas_save(mx_canvas *canvas) {
    (void)canvas;
    return MX_OK;
}

mx_status mx_canvas_encode(mx_canvas *canvas, mx_buf *out) {
    (void)canvas, (void)out;
    return MX_OK;
}

void mx_canvas_close(mx_canvas *canvas) {
    (void)canvas;
}

double mx_canvas_text_width(mx_canvas *canvas, mx_font font, const char *text) {
    (void)canvas, (void)font, (void)text;
    return 0;
}

void mx_canvas_text(mx_canvas *canvas, mx_point at, mx_font font, mx_align align, mx_colour colour,
                    const char *text) {
    (void)canvas, (void)at, (void)font, (void)align, (void)colour, (void)text;
}

void mx_canvas_text_upwards(mx_canvas *canvas, mx_point at, const char *text) {
    (void)canvas, (void)at, (void)text;
}

void mx_canvas_text_within(mx_canvas *canvas, mx_point at, double width, mx_font font,
                           mx_align align, mx_colour colour, const char *text) {
    (void)canvas, (void)at, (void)width, (void)font, (void)align, (void)colour, (void)text;
}

void mx_canvas_lines(mx_canvas *canvas, const mx_point *points, int count, double width,
                     mx_colour colour) {
    (void)canvas, (void)points, (void)count, (void)width, (void)colour;
}

void mx_canvas_dot(mx_canvas *canvas, mx_point at, double radius, mx_colour colour) {
    (void)canvas, (void)at, (void)radius, (void)colour;
}

void mx_canvas_fill(mx_canvas *canvas, mx_area area, mx_colour colour, double opacity) {
    (void)canvas, (void)area, (void)colour, (void)opacity;
}

void mx_canvas_frame(mx_canvas *canvas, mx_area area, mx_colour colour) {
    (void)canvas, (void)area, (void)colour;
}

void mx_canvas_picture(mx_canvas *canvas, mx_point at, int scale, const mx_bitmap *picture) {
    (void)canvas, (void)at, (void)scale, (void)picture;
}

void mx_canvas_clip(mx_canvas *canvas, mx_area area) {
    (void)canvas, (void)area;
}

void mx_canvas_unclip(mx_canvas *canvas) {
    (void)canvas;
}
