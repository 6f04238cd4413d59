/* Pieces of a page in HTML. Inner header of report/html*.c. */
#ifndef MX_REPORT_HTML_TEXT_H
#define MX_REPORT_HTML_TEXT_H

#include <stdint.h>

#include "base/buf.h"

enum {
    MX_HTML_NAME = 80,
    MX_HTML_LONG = 400
}; /* code points that names and other texts may have */

/* Appends `text`, which may be any bytes, as UTF-8 that stays text wherever it is put between tags
 * or double quotes; its middle is cut where it is longer than `most` code points. */
void mx_html_text(mx_buf *out, const char *text, size_t most);

void mx_html_base64(mx_buf *out, const void *bytes, size_t count);

/* Appends a count with thin spaces between thousands: "60 000". */
void mx_html_count(mx_buf *out, uint64_t count);
/* Appends share x 100 with `digits` decimals and a percent sign; a dash for NaN. */
void mx_html_percent(mx_buf *out, double share, int digits);
/* Appends `value` with `digits` significant digits; a dash where it is not finite. */
void mx_html_number(mx_buf *out, double value, int digits);
/* Appends seconds as "24.6 s", "3 min 20 s" or "2 h 5 min"; a dash for NaN. */
void mx_html_seconds(mx_buf *out, double seconds);

/* <section> with its heading, and the end of it. `id` is a plain word. */
void mx_html_begin_section(mx_buf *out, const char *id, const char *title);
void mx_html_end_section(mx_buf *out);

/* The head of a page up to <main>: style and title; and the end of the page. */
void mx_html_begin_page(mx_buf *out, const char *title);
void mx_html_end_page(mx_buf *out);

/* The style sheet. */
extern const char *const mx_html_style[]; /* NULL ends it */

#endif
