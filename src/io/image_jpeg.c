/* JPEG by libjpeg-turbo. The library reports errors by a callback that must not return, hence the
 * long jumps; nothing but the reader and *out lives across them. */
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "io/image_codec.h"

/* A progressive file may ask for any number of passes over the picture; real ones have about ten.
 */
enum { MAX_SCANS = 500 };

typedef struct jpeg_reader {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    char reason[JMSG_LENGTH_MAX];
} jpeg_reader;

static void stop_with_message(j_common_ptr jpeg) {
    jpeg_reader *reader = jpeg->client_data;
    jpeg->err->format_message(jpeg, reader->reason);
    longjmp(reader->jump, 1);
}

static void stop_with(jpeg_reader *reader, const char *reason) {
    snprintf(reader->reason, sizeof reader->reason, "%s", reason);
    longjmp(reader->jump, 1);
}

/* Level -1 is a warning: the decoder goes on with grey pixels. Missing data is an error here, as it
 * is for Pillow; other slight damage is let pass. */
static void on_message(j_common_ptr jpeg, int level) {
    if (level < 0 && jpeg->err->msg_code == JWRN_JPEG_EOF)
        stop_with(jpeg->client_data, "the file is cut short");
}

static void on_progress(j_common_ptr jpeg) {
    jpeg_reader *reader = jpeg->client_data;
    if (reader->jpeg.input_scan_number > MAX_SCANS) stop_with(reader, "too many scans");
}

static void start_reader(jpeg_reader *reader) {
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    jpeg->err = jpeg_std_error(&reader->errors);
    jpeg->client_data = reader;
    reader->errors.error_exit = stop_with_message;
    reader->errors.emit_message = on_message;
    jpeg_create_decompress(jpeg);
    jpeg->progress = &reader->progress;
    reader->progress.progress_monitor = on_progress;
}

/* EXIF is the APP1 marker that begins with "Exif\0\0"; a TIFF block follows. */
static mx_orientation find_orientation(const struct jpeg_decompress_struct *jpeg) {
    static const char magic[6] = "Exif\0";
    for (const struct jpeg_marker_struct *marker = jpeg->marker_list; marker; marker = marker->next)
        if (marker->data_length > sizeof magic && memcmp(marker->data, magic, sizeof magic) == 0)
            return mx_exif_orientation(marker->data + sizeof magic,
                                       marker->data_length - sizeof magic);
    return 1;
}

/* The smallest of the sizes that libjpeg computes at less cost and the caller allows. */
static void choose_scale(struct jpeg_decompress_struct *jpeg, const mx_image_input *in,
                         mx_orientation orientation) {
    const bool turned = orientation >= 5;
    const JDIMENSION height = (JDIMENSION)(turned ? in->least_width : in->least_height);
    const JDIMENSION width = (JDIMENSION)(turned ? in->least_height : in->least_width);
    if (height == 0 || width == 0) return;
    for (unsigned by = 2; by <= 8; by *= 2)
        if (jpeg->image_height / by >= height && jpeg->image_width / by >= width)
            jpeg->scale_denom = by;
}

static void choose_colours(jpeg_reader *reader) {
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    switch (jpeg->jpeg_color_space) {
    case JCS_GRAYSCALE:
        jpeg->out_color_space = JCS_GRAYSCALE;
        break;
    case JCS_RGB:
    case JCS_YCbCr:
        jpeg->out_color_space = JCS_RGB;
        break;
    case JCS_CMYK:
    case JCS_YCCK:
        jpeg->out_color_space = JCS_CMYK;
        break;
    default:
        stop_with(reader, "unsupported colour space");
    }
}

/* x / 255 rounded, for x up to 255 * 255. */
static int over_255(int x) {
    return (x + 128 + ((x + 128) >> 8)) >> 8;
}

/* Adobe stores 255 - ink: `in` has width x 4 such bytes, `out` width x 3. */
static void row_from_cmyk(uint8_t *out, const JSAMPLE *in, size_t width) {
    for (size_t x = 0; x < width; x++) {
        const int light = in[4 * x + 3];
        for (size_t c = 0; c < 3; c++)
            out[3 * x + c] = (uint8_t)(light - over_255((255 - in[4 * x + c]) * light));
    }
}

static void read_rows(struct jpeg_decompress_struct *jpeg, mx_image *out) {
    const size_t row_bytes = (size_t)out->width * (size_t)out->channels;
    const bool is_cmyk = jpeg->out_color_space == JCS_CMYK;
    JSAMPARRAY cmyk = NULL;
    if (is_cmyk)
        cmyk = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, jpeg->output_width * 4, 1);
    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *to = out->pixels + jpeg->output_scanline * row_bytes;
        JSAMPROW row = is_cmyk ? cmyk[0] : to;
        jpeg_read_scanlines(jpeg, &row, 1);
        if (is_cmyk) row_from_cmyk(to, row, (size_t)out->width);
    }
}

static mx_status read_picture(jpeg_reader *reader, mx_image *out, mx_orientation *orientation,
                              const mx_image_input *in) {
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    if (setjmp(reader->jump))
        return mx_fail(MX_DATA, "cannot decode '%s': %s", in->name, reader->reason);
    start_reader(reader);
    jpeg_mem_src(jpeg, in->bytes, in->count);
    if (in->exif) jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(jpeg, TRUE);
    choose_colours(reader);
    *orientation = find_orientation(jpeg);
    MX_TRY(mx_image_check_size(in, jpeg->image_height, jpeg->image_width));
    choose_scale(jpeg, in, *orientation);
    jpeg_calc_output_dimensions(jpeg);
    MX_TRY(mx_image_allocate(out, in, jpeg->output_height, jpeg->output_width,
                             jpeg->out_color_space == JCS_GRAYSCALE ? 1 : 3));
    jpeg_start_decompress(jpeg);
    read_rows(jpeg, out);
    jpeg_finish_decompress(jpeg);
    return MX_OK;
}

mx_status mx_image_decode_jpeg(mx_image *out, mx_orientation *orientation,
                               const mx_image_input *in) {
    jpeg_reader reader = {0};
    const mx_status status = read_picture(&reader, out, orientation, in);
    jpeg_destroy_decompress(&reader.jpeg);
    return status;
}
