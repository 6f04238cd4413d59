#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "report/lines.h"
#include "report/sinks.h"
#include "report/text_file.h"

typedef struct log_sink {
    mx_text_file *file;
    mx_event_start start; /* for its numbers; its strings live in the session */
} log_sink;

/* Puts the time of day before every line of `text` and writes it. */
static mx_status write_lines(log_sink *self, const mx_buf *text) {
    char stamp[32];
    const time_t now = time(NULL);
    struct tm parts;
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", localtime_r(&now, &parts));
    mx_buf stamped = {0};
    MX_TRY(mx_buf_check(text));
    for (const char *line = mx_buf_text(text); *line;) {
        const size_t length = strcspn(line, "\n");
        mx_buf_printf(&stamped, "%s  %.*s\n", stamp, (int)length, line);
        line += length + (line[length] == '\n');
    }
    const mx_status status = mx_text_file_write(self->file, &stamped);
    mx_buf_release(&stamped);
    return status;
}

static mx_status write_and_release(log_sink *self, mx_buf *text) {
    const mx_status status = write_lines(self, text);
    mx_buf_release(text);
    return status;
}

static mx_status on_start(void *self, const mx_event_start *event) {
    mx_buf text = {0};
    ((log_sink *)self)->start = *event;
    mx_lines_start(&text, event);
    for (int c = 0; c < event->n_classes; c++)
        mx_buf_printf(&text, "%s%s", c ? ", " : "classes  ", event->classes[c].name);
    mx_buf_puts(&text, "\n");
    return write_and_release(self, &text);
}

static mx_status on_row(void *self, const mx_event_step *event) {
    mx_buf text = {0};
    mx_lines_row(&text, &((log_sink *)self)->start, event);
    return write_and_release(self, &text);
}

static mx_status on_end(void *self, const mx_event_end *event) {
    mx_buf text = {0};
    mx_lines_end(&text, event);
    return write_and_release(self, &text);
}

static void release(void *self) {
    mx_text_file_close(((log_sink *)self)->file);
    free(self);
}

static mx_status open_log(mx_sink *sink, const char *path, bool append) {
    log_sink *self = NULL;
    MX_TRY(mx_alloc(&self, 1, sizeof *self));
    const mx_status status = mx_text_file_open(&self->file, path, append);
    if (status != MX_OK) {
        free(self);
        return status;
    }
    *sink = (mx_sink){
        .self = self, .start = on_start, .row = on_row, .end = on_end, .release = release};
    return MX_OK;
}

mx_status mx_log_sink_open(mx_sink *sink, const char *path) {
    return open_log(sink, path, false);
}

mx_status mx_log_sink_reopen(mx_sink *sink, const char *path) {
    return open_log(sink, path, true);
}
