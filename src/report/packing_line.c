#include "report/packing_line.h"

#include "base/clock.h"
#include "base/log.h"
#include "report/lines.h"

/* The first waits, since what takes no time needs no line. */
enum { FIRST_MS = 500, REDRAW_MS = 200, WIDEST = 79 };

void mx_packing_line_init(mx_packing_line *line, FILE *stream) {
    const double now = mx_now_ms();
    *line = (mx_packing_line){.stream = stream,
                              .shown =
                                  mx_log_is_terminal(stream) && mx_log_get_level() >= MX_LOG_NORMAL,
                              .start_ms = now,
                              .drawn_ms = now + FIRST_MS - REDRAW_MS};
}

void mx_packing_line_draw(mx_packing_line *line, size_t done, size_t total, size_t bad) {
    const double now = mx_now_ms(), elapsed_s = (now - line->start_ms) / 1000;
    if (!line->shown || done == 0 || now - line->drawn_ms < REDRAW_MS) return;
    mx_buf text = {0};
    mx_buf_printf(&text, "preparing %3.0f %%  %zu/%zu  %.0f pictures/s  ",
                  100.0 * (double)done / (double)total, done, total, (double)done / elapsed_s);
    mx_lines_duration(&text, (double)(total - done) * elapsed_s / (double)done);
    mx_buf_puts(&text, " left");
    if (bad > 0) mx_buf_printf(&text, "  %zu cannot be used", bad);
    fprintf(line->stream, "\r%.*s\033[K", WIDEST, mx_buf_text(&text));
    fflush(line->stream);
    mx_buf_release(&text);
    line->drawn = true;
    line->drawn_ms = now;
}

void mx_packing_line_end(mx_packing_line *line) {
    if (line->drawn) fputs("\r\033[K", line->stream);
    line->drawn = false;
}
