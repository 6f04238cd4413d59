#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/log.h"
#include "base/mem.h"
#include "report/lines.h"
#include "report/sinks.h"

#define REDRAW_S 0.2

typedef struct progress {
    FILE *stream;
    bool terminal, drawn; /* drawn: an unfinished line is on the terminal */
    double last_drawn, accuracy;
    bool has_accuracy;
    mx_event_start start;
} progress;

static int columns(FILE *stream) {
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

static void erase(progress *self) {
    if (self->drawn) fputs("\r\033[K", self->stream);
    self->drawn = false;
}

/* Prints whole lines, past an unfinished one. */
static mx_status print_lines(progress *self, mx_buf *text) {
    const mx_status status = mx_buf_check(text);
    if (status == MX_OK && mx_log_get_level() >= MX_LOG_NORMAL) {
        erase(self);
        fputs(mx_buf_text(text), self->stream);
        fflush(self->stream);
    }
    mx_buf_release(text);
    return status;
}

static mx_status on_start(void *context, const mx_event_start *event) {
    progress *self = context;
    mx_buf text = {0};
    self->start = *event;
    mx_lines_start(&text, event);
    return print_lines(self, &text);
}

/* "300/900  loss 1.234 ..." */
static void describe_step(const progress *self, const mx_event_step *event, mx_buf *out) {
    const double done = (double)(event->step - self->start.first_step);
    const double left =
        (double)(self->start.steps - event->step) * event->elapsed_s / (done > 0 ? done : 1);
    mx_buf_printf(out, "%llu/%llu  ", (unsigned long long)event->step,
                  (unsigned long long)self->start.steps);
    mx_lines_duration(out, left);
    mx_buf_printf(out, " left  %.0f img/s  loss %.3f", event->images_per_s, event->loss);
    if (self->start.k > 0) mx_buf_printf(out, " x %.3f u %.4f", event->loss_x, event->loss_u);
    if (self->has_accuracy) mx_buf_printf(out, "  acc %.4f", self->accuracy);
}

/* "[====    ] " as wide as there is room for; nothing where there is hardly any. */
static void put_bar(mx_buf *out, const progress *self, uint64_t step, int room) {
    enum { NARROWEST = 6, WIDEST = 30 };
    const int width = (room > WIDEST ? WIDEST : room) - 3;
    if (room < NARROWEST) return;
    const int filled = (int)((uint64_t)width * step / self->start.steps);
    mx_buf_puts(out, "[");
    for (int i = 0; i < width; i++)
        mx_buf_puts(out, i < filled ? "=" : " ");
    mx_buf_puts(out, "] ");
}

/* The redrawn line of a terminal, cut to its width. */
static mx_status on_step(void *context, const mx_event_step *event) {
    progress *self = context;
    const bool due = !self->drawn || event->elapsed_s - self->last_drawn >= REDRAW_S;
    if (!self->terminal || !due || mx_log_get_level() < MX_LOG_NORMAL) return MX_OK;
    mx_buf text = {0}, line = {0};
    const int width = columns(self->stream) - 1;
    describe_step(self, event, &text);
    put_bar(&line, self, event->step, width - (int)text.length);
    mx_buf_puts(&line, mx_buf_text(&text));
    const mx_status status = mx_buf_check(&line);
    if (status == MX_OK) {
        fprintf(self->stream, "\r%.*s\033[K", width, mx_buf_text(&line));
        fflush(self->stream);
        self->drawn = true;
        self->last_drawn = event->elapsed_s;
    }
    mx_buf_release(&text);
    mx_buf_release(&line);
    return status;
}

static mx_status on_row(void *context, const mx_event_step *event) {
    progress *self = context;
    if (event->has_scores) {
        self->accuracy = event->scores.accuracy;
        self->has_accuracy = true;
    }
    mx_buf text = {0};
    mx_lines_row(&text, &self->start, event);
    return print_lines(self, &text);
}

/* Who started the run shows what it came to. */
static mx_status on_end(void *context, const mx_event_end *event) {
    mx_buf text = {0};
    if (event->status == MX_OK) return MX_OK;
    mx_lines_end(&text, event);
    return print_lines(context, &text);
}

static void release(void *context) {
    erase(context);
    free(context);
}

mx_status mx_progress_sink_open(mx_sink *sink, FILE *stream) {
    progress *self = NULL;
    MX_TRY(mx_alloc(&self, 1, sizeof *self));
    self->stream = stream;
    self->terminal = mx_log_is_terminal(stream);
    *sink = (mx_sink){.self = self,
                      .start = on_start,
                      .step = on_step,
                      .row = on_row,
                      .end = on_end,
                      .release = release};
    return MX_OK;
}
