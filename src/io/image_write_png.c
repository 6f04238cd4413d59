/* PNG from memory to memory by libpng; errors jump as in image_png.c. */
#include <setjmp.h>
#include <stdio.h>

#include <png.h>

#include "io/image.h"

static void on_error(png_structp png, png_const_charp message) {
    char *reason = png_get_error_ptr(png);
    snprintf(reason, 128, "%s", message);
    png_longjmp(png, 1);
}

static void on_write(png_structp png, png_bytep bytes, size_t count) {
    mx_buf_append(png_get_io_ptr(png), bytes, count);
}

static void on_flush(png_structp png) {
    (void)png;
}

static mx_status write_picture(png_structp png, png_infop info, mx_buf *out, const mx_image *image,
                               const char *reason) {
    if (setjmp(png_jmpbuf(png))) return mx_fail(MX_INTERNAL, "cannot encode a PNG: %s", reason);
    const size_t row_bytes = (size_t)image->width * (size_t)image->channels;
    png_set_write_fn(png, out, on_write, on_flush);
    png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
                 image->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (size_t y = 0; y < (size_t)image->height; y++)
        png_write_row(png, image->pixels + y * row_bytes);
    png_write_end(png, NULL);
    return mx_buf_check(out);
}

mx_status mx_image_encode_png(mx_buf *out, const mx_image *image) {
    char reason[128] = "";
    png_infop info = NULL;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, reason, on_error, NULL);
    if (png) info = png_create_info_struct(png);
    const mx_status status = info ? write_picture(png, info, out, image, reason)
                                  : mx_fail(MX_MEMORY, "no memory for the PNG writer");
    png_destroy_write_struct(&png, &info);
    return status;
}
