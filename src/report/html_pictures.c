/* Pictures that the network gets wrong or is unsure of. */
#include <stdlib.h>

#include "base/mem.h"
#include "io/image.h"
#include "io/resize.h"
#include "report/html_parts.h"

enum { MOST_SIDE = 128 }; /* pixels: larger pictures are shrunk, so that the page stays small */

/* The picture as it goes into the page. */
static mx_status shrink(const mx_image *picture, mx_image *out) {
    const int side = picture->height > picture->width ? picture->height : picture->width;
    *out = *picture;
    out->height = picture->height * MOST_SIDE / side;
    out->width = picture->width * MOST_SIDE / side;
    if (out->height < 1) out->height = 1;
    if (out->width < 1) out->width = 1;
    MX_TRY(mx_alloc(&out->pixels, (size_t)out->height * (size_t)out->width, (size_t)out->channels));
    return mx_resize_bilinear(out->pixels, out->height, out->width, picture,
                              MX_RESIZE_COLUMNS_FIRST);
}

static mx_status put_image(mx_buf *out, const mx_image *picture) {
    mx_image small = {0};
    mx_buf png = {0};
    mx_status status;
    const bool large = picture->height > MOST_SIDE || picture->width > MOST_SIDE;
    if (large) MX_GO(shrink(picture, &small));
    MX_GO(mx_image_encode_png(&png, large ? &small : picture));
    mx_buf_puts(out, "data:image/png;base64,");
    mx_html_base64(out, png.data, png.length);
done:
    if (large) free(small.pixels);
    mx_buf_release(&png);
    return status;
}

static void put_guess(mx_buf *out, const char *style, const char *what, const char *name,
                      double p) {
    mx_buf_printf(out, "<span%s>%s <b>", style, what);
    mx_html_text(out, name, MX_HTML_NAME);
    mx_buf_puts(out, "</b>, ");
    mx_html_percent(out, p, p > 0.9995 ? 2 : 1);
    mx_buf_puts(out, "</span>");
}

static mx_status put_picture(mx_buf *out, const mx_report *report,
                             const mx_report_picture *picture) {
    const mx_report_evaluation *scores = report->evaluation;
    /* The encoder and resize only read. */
    const mx_image image = {scores->height, scores->width, scores->channels,
                            (uint8_t *)(uintptr_t)picture->pixels};
    const bool right = picture->truth == picture->guess;
    mx_buf_puts(out, "<li><img alt=\"");
    mx_html_text(out, picture->file, MX_HTML_NAME);
    mx_buf_puts(out, "\" src=\"");
    MX_TRY(put_image(out, &image));
    mx_buf_puts(out, "\">");
    put_guess(out, right ? "" : " class=\"wrong\"", "guess", report->class_names[picture->guess],
              picture->p_guess);
    put_guess(out, "", "truth", report->class_names[picture->truth], picture->p_truth);
    mx_buf_puts(out, "<span class=\"file\">");
    mx_html_text(out, picture->file, MX_HTML_NAME);
    mx_buf_puts(out, "</span></li>\n");
    return MX_OK;
}

static mx_status put_pictures(mx_buf *out, const mx_report *report, const mx_report_picture *items,
                              size_t count) {
    mx_buf_puts(out, "<ul class=\"pictures\">\n");
    for (size_t i = 0; i < count; i++)
        MX_TRY(put_picture(out, report, &items[i]));
    mx_buf_puts(out, "</ul>\n");
    return MX_OK;
}

mx_status mx_html_pictures(mx_buf *out, const mx_report *report) {
    const mx_report_evaluation *scores = report->evaluation;
    if (!scores || scores->n == 0) return MX_OK;
    mx_html_begin_section(out, "mistakes", "Surest mistakes");
    if (scores->n_mistakes > 0) {
        mx_buf_puts(out, "<p class=\"soft\">Wrong guesses with the highest probability: hard "
                         "pictures, or labels worth a second look.</p>\n");
        MX_TRY(put_pictures(out, report, scores->mistakes, scores->n_mistakes));
    } else {
        mx_buf_puts(out, "<p>There are none: every guess is right.</p>\n");
    }
    mx_html_end_section(out);
    if (scores->n_unsure == 0) return MX_OK;
    mx_html_begin_section(out, "unsure", "Least sure of");
    mx_buf_puts(out, "<p class=\"soft\">Pictures whose most likely class has the lowest "
                     "probability, right or wrong.</p>\n");
    MX_TRY(put_pictures(out, report, scores->unsure, scores->n_unsure));
    mx_html_end_section(out);
    return MX_OK;
}
