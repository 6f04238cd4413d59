#include "report/canvas.h"

#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"
#include "report/text.h"

struct mx_canvas {
    cairo_surface_t *surface;
    cairo_t *cairo;
    char *path;
    mx_buf bytes; /* the file */
    bool svg;
};

static const double colours[][3] = {
    [MX_INK] = {0.1, 0.1, 0.1},         [MX_PAPER] = {1, 1, 1},
    [MX_GREY] = {0.45, 0.45, 0.45},     [MX_FAINT] = {0.88, 0.88, 0.88},
    [MX_BLUE] = {0, 0.447, 0.698},      [MX_VERMILLION] = {0.835, 0.369, 0},
    [MX_GREEN] = {0, 0.62, 0.451},      [MX_ORANGE] = {0.902, 0.624, 0},
    [MX_SKY] = {0.337, 0.706, 0.914},   [MX_PURPLE] = {0.8, 0.475, 0.655},
    [MX_YELLOW] = {0.941, 0.894, 0.259}};

static const struct {
    double pixels;
    cairo_font_weight_t weight;
} fonts[] = {[MX_FONT_BODY] = {12, CAIRO_FONT_WEIGHT_NORMAL},
             [MX_FONT_HEAD] = {13, CAIRO_FONT_WEIGHT_BOLD},
             [MX_FONT_TITLE] = {16, CAIRO_FONT_WEIGHT_BOLD}};

static cairo_status_t keep_bytes(void *context, const unsigned char *bytes, unsigned count) {
    mx_buf *out = context;
    mx_buf_append(out, bytes, count);
    return out->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

bool mx_canvas_is_there(void) {
    return true;
}

mx_status mx_canvas_check_path(const char *path) {
    if (mx_path_has_extension(path, "png") || mx_path_has_extension(path, "svg")) return MX_OK;
    return mx_fail(MX_USAGE, "cannot draw '%s': the name must end in .png or .svg", path);
}

static void set_colour(mx_canvas *canvas, mx_colour colour, double opacity) {
    const double *c = colours[colour];
    cairo_set_source_rgba(canvas->cairo, c[0], c[1], c[2], opacity);
}

static void set_font(mx_canvas *canvas, mx_font font) {
    cairo_select_font_face(canvas->cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           fonts[font].weight);
    cairo_set_font_size(canvas->cairo, fonts[font].pixels);
}

static cairo_surface_t *new_surface(mx_canvas *canvas, int width, int height) {
    if (!canvas->svg) return cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_surface_t *surface =
        cairo_svg_surface_create_for_stream(keep_bytes, &canvas->bytes, width, height);
    cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
    return surface;
}

static mx_status check(const mx_canvas *canvas) {
    const cairo_status_t status = cairo_status(canvas->cairo);
    if (status == CAIRO_STATUS_SUCCESS) return MX_OK;
    return mx_fail(status == CAIRO_STATUS_NO_MEMORY ? MX_MEMORY : MX_INTERNAL,
                   "cannot draw '%s': %s", canvas->path, cairo_status_to_string(status));
}

mx_status mx_canvas_open(mx_canvas **out, const char *path, int width, int height) {
    mx_canvas *canvas = NULL;
    mx_status status;
    *out = NULL;
    MX_TRY(mx_canvas_check_path(path));
    if (width > MX_CANVAS_MOST || height > MX_CANVAS_MOST)
        return mx_fail(MX_USAGE,
                       "cannot draw '%s': %d x %d pixels, at most %d each way; ask for fewer rows",
                       path, width, height, MX_CANVAS_MOST);
    MX_TRY(mx_alloc(&canvas, 1, sizeof *canvas));
    MX_GO(mx_strdup(&canvas->path, path));
    canvas->svg = mx_path_has_extension(path, "svg");
    canvas->surface = new_surface(canvas, width, height);
    canvas->cairo = cairo_create(canvas->surface);
    MX_GO(check(canvas));
    set_colour(canvas, MX_PAPER, 1);
    cairo_paint(canvas->cairo);
    *out = canvas;
done:
    if (status != MX_OK) mx_canvas_close(canvas);
    return status;
}

/* The file's bytes to canvas->bytes. */
static mx_status finish(mx_canvas *canvas) {
    MX_TRY(check(canvas));
    if (!canvas->svg)
        cairo_surface_write_to_png_stream(canvas->surface, keep_bytes, &canvas->bytes);
    cairo_surface_finish(canvas->surface);
    return mx_buf_check(&canvas->bytes);
}

mx_status mx_canvas_save(mx_canvas *canvas) {
    MX_TRY(finish(canvas));
    return mx_write_atomic(canvas->path, canvas->bytes.data, canvas->bytes.length);
}

mx_status mx_canvas_encode(mx_canvas *canvas, mx_buf *out) {
    MX_TRY(finish(canvas));
    mx_buf_append(out, canvas->bytes.data, canvas->bytes.length);
    return mx_buf_check(out);
}

void mx_canvas_close(mx_canvas *canvas) {
    if (!canvas) return;
    cairo_destroy(canvas->cairo);
    cairo_surface_destroy(canvas->surface);
    mx_buf_release(&canvas->bytes);
    free(canvas->path);
    free(canvas);
}

double mx_canvas_text_width(mx_canvas *canvas, mx_font font, const char *text) {
    cairo_text_extents_t extents;
    set_font(canvas, font);
    cairo_text_extents(canvas->cairo, text, &extents);
    return extents.x_advance;
}

void mx_canvas_text(mx_canvas *canvas, mx_point at, mx_font font, mx_align align, mx_colour colour,
                    const char *text) {
    const double shares[] = {[MX_ALIGN_CENTRE] = 0.5, [MX_ALIGN_RIGHT] = 1};
    const double left = at.x - shares[align] * mx_canvas_text_width(canvas, font, text);
    set_colour(canvas, colour, 1);
    cairo_move_to(canvas->cairo, round(left), at.y);
    cairo_show_text(canvas->cairo, text);
    cairo_new_path(canvas->cairo); /* a line would begin where the text ended */
}

void mx_canvas_text_upwards(mx_canvas *canvas, mx_point at, const char *text) {
    cairo_save(canvas->cairo);
    cairo_translate(canvas->cairo, at.x, at.y);
    cairo_rotate(canvas->cairo, -acos(0));
    mx_canvas_text(canvas, (mx_point){0, 0}, MX_FONT_BODY, MX_ALIGN_CENTRE, MX_INK, text);
    cairo_restore(canvas->cairo);
}

void mx_canvas_text_within(mx_canvas *canvas, mx_point at, double width, mx_font font,
                           mx_align align, mx_colour colour, const char *text) {
    char cut[512];
    /* The number of characters that fit, by bisection: at least 1, less than `most`. */
    size_t least = 1, most = mx_text_length(text) + 1;
    if (most > sizeof cut / 4) most = sizeof cut / 4;
    while (most - least > 1) {
        const size_t middle = least + (most - least) / 2;
        mx_text_cut(cut, sizeof cut, text, middle);
        if (mx_canvas_text_width(canvas, font, cut) <= width)
            least = middle;
        else
            most = middle;
    }
    mx_text_cut(cut, sizeof cut, text, least);
    mx_canvas_text(canvas, at, font, align, colour, cut);
}

void mx_canvas_lines(mx_canvas *canvas, const mx_point *points, int count, double width,
                     mx_colour colour) {
    set_colour(canvas, colour, 1);
    cairo_set_line_width(canvas->cairo, width);
    cairo_set_line_join(canvas->cairo, CAIRO_LINE_JOIN_ROUND);
    for (int i = 0; i < count; i++)
        cairo_line_to(canvas->cairo, points[i].x, points[i].y);
    cairo_stroke(canvas->cairo);
}

void mx_canvas_dot(mx_canvas *canvas, mx_point at, double radius, mx_colour colour) {
    set_colour(canvas, colour, 1);
    cairo_arc(canvas->cairo, at.x, at.y, radius, 0, 4 * acos(0));
    cairo_fill(canvas->cairo);
}

void mx_canvas_fill(mx_canvas *canvas, mx_area area, mx_colour colour, double opacity) {
    set_colour(canvas, colour, opacity);
    cairo_rectangle(canvas->cairo, area.x, area.y, area.width, area.height);
    cairo_fill(canvas->cairo);
}

void mx_canvas_frame(mx_canvas *canvas, mx_area area, mx_colour colour) {
    set_colour(canvas, colour, 1);
    cairo_set_line_width(canvas->cairo, 1);
    cairo_rectangle(canvas->cairo, floor(area.x) - 0.5, floor(area.y) - 0.5, round(area.width) + 1,
                    round(area.height) + 1);
    cairo_stroke(canvas->cairo);
}

/* Scaled here, since not every viewer of SVG keeps squares sharp. */
static void fill_pixels(cairo_surface_t *surface, int scale, const mx_bitmap *picture) {
    uint8_t *rows = cairo_image_surface_get_data(surface);
    const int stride = cairo_image_surface_get_stride(surface), c = picture->channels;
    for (int y = 0; y < picture->height * scale; y++)
        for (int x = 0; x < picture->width * scale; x++) {
            const size_t place = (size_t)(y / scale) * (size_t)picture->width + (size_t)(x / scale);
            const uint8_t *p = picture->pixels + place * (size_t)c;
            const uint32_t rgb = (uint32_t)p[0] << 16 | (uint32_t)p[c / 2] << 8 | p[c - 1];
            memcpy(rows + (ptrdiff_t)y * stride + 4 * (ptrdiff_t)x, &rgb, sizeof rgb);
        }
    cairo_surface_mark_dirty(surface);
}

void mx_canvas_picture(mx_canvas *canvas, mx_point at, int scale, const mx_bitmap *picture) {
    cairo_surface_t *surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, picture->width * scale, picture->height * scale);
    if (cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS) {
        cairo_surface_flush(surface);
        fill_pixels(surface, scale, picture);
    }
    cairo_set_source_surface(canvas->cairo, surface, at.x, at.y);
    cairo_paint(canvas->cairo);
    cairo_surface_destroy(surface);
}

void mx_canvas_clip(mx_canvas *canvas, mx_area area) {
    cairo_save(canvas->cairo);
    cairo_rectangle(canvas->cairo, area.x, area.y, area.width, area.height);
    cairo_clip(canvas->cairo);
}

void mx_canvas_unclip(mx_canvas *canvas) {
    cairo_restore(canvas->cairo);
}
