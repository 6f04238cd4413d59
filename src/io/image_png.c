/* PNG by libpng. The library reports errors by a callback that must not return, hence the long
 * jumps; nothing but the reader and *out lives across them. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <png.h>

#include "io/image_codec.h"

typedef struct png_reader {
    png_structp png;
    png_infop info;
    const mx_image_input *in;
    size_t position;
    char reason[128];
} png_reader;

static void on_error(png_structp png, png_const_charp message) {
    png_reader *reader = png_get_error_ptr(png);
    snprintf(reader->reason, sizeof reader->reason, "%s", message);
    png_longjmp(png, 1);
}

/* Warnings are about chunks that do not matter here. */
static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void on_read(png_structp png, png_bytep out, size_t count) {
    png_reader *reader = png_get_io_ptr(png);
    if (count > reader->in->count - reader->position) png_error(png, "the file is cut short");
    memcpy(out, (const uint8_t *)reader->in->bytes + reader->position, count);
    reader->position += count;
}

/* Asks for 8-bit grey or RGB without alpha; gamma is left alone. */
static void choose_transforms(png_reader *reader) {
    const png_byte colour = png_get_color_type(reader->png, reader->info);
    const png_color_16 black = {0};
    png_set_expand(reader->png);
    if ((colour & PNG_COLOR_MASK_ALPHA) || png_get_valid(reader->png, reader->info, PNG_INFO_tRNS))
        png_set_background(reader->png, &black, PNG_BACKGROUND_GAMMA_SCREEN, 0, 1.0);
    png_set_strip_16(reader->png);
}

static void read_rows(png_reader *reader, mx_image *out, int n_passes) {
    const size_t row_bytes = (size_t)out->width * (size_t)out->channels;
    if (png_get_rowbytes(reader->png, reader->info) != row_bytes)
        png_error(reader->png, "unsupported pixel format");
    for (int pass = 0; pass < n_passes; pass++)
        for (size_t y = 0; y < (size_t)out->height; y++)
            png_read_row(reader->png, out->pixels + y * row_bytes, NULL);
}

static mx_orientation find_orientation(png_reader *reader) {
    png_bytep exif = NULL;
    png_uint_32 count = 0;
    if (!png_get_eXIf_1(reader->png, reader->info, &count, &exif)) return 1;
    return mx_exif_orientation(exif, count);
}

static mx_status read_picture(png_reader *reader, mx_image *out, mx_orientation *orientation) {
    if (setjmp(png_jmpbuf(reader->png)))
        return mx_fail(MX_DATA, "cannot decode '%s': %s", reader->in->name, reader->reason);
    png_set_read_fn(reader->png, reader, on_read);
    png_read_info(reader->png, reader->info);
    const int colour = png_get_color_type(reader->png, reader->info) & PNG_COLOR_MASK_COLOR;
    MX_TRY(mx_image_allocate(out, reader->in, png_get_image_height(reader->png, reader->info),
                             png_get_image_width(reader->png, reader->info), colour ? 3 : 1));
    choose_transforms(reader);
    const int n_passes = png_set_interlace_handling(reader->png);
    png_read_update_info(reader->png, reader->info);
    read_rows(reader, out, n_passes);
    /* The chunk may also come after the pixels. */
    png_read_end(reader->png, reader->in->exif ? reader->info : NULL);
    if (reader->in->exif) *orientation = find_orientation(reader);
    return MX_OK;
}

mx_status mx_image_decode_png(mx_image *out, mx_orientation *orientation,
                              const mx_image_input *in) {
    png_reader reader = {.in = in};
    mx_status status = MX_MEMORY;
    reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning);
    if (reader.png) reader.info = png_create_info_struct(reader.png);
    if (reader.info)
        status = read_picture(&reader, out, orientation);
    else
        mx_fail(MX_MEMORY, "cannot decode '%s': no memory for the PNG reader", in->name);
    png_destroy_read_struct(&reader.png, &reader.info, NULL);
    return status;
}
