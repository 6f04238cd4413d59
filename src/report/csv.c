
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "report/sinks.h"
#include "report/text_file.h"

static const char header[] = "step,epoch,elapsed_s,loss,loss_x,loss_u,lambda_u,lr,images_per_s,"
                             "test_loss,test_acc,test_f1,test_acc_raw,"
                             "guess_confidence,guess_accuracy,guess_balance\n";

static void put_guesses(mx_buf *line, const mx_event_step *event) {
    const mx_event_guesses *guesses = &event->guesses;
    if (!event->has_guesses)
        mx_buf_puts(line, ",,,\n");
    else if (guesses->has_accuracy)
        mx_buf_printf(line, ",%.9g,%.9g,%.9g\n", guesses->confidence, guesses->accuracy,
                      guesses->balance);
    else
        mx_buf_printf(line, ",%.9g,,%.9g\n", guesses->confidence, guesses->balance);
}

/* One line a row. Nine significant digits bring a float back whole. */
static mx_status write_row(void *self, const mx_event_step *event) {
    mx_buf line = {0};
    mx_buf_printf(&line, "%llu,%.6g,%.3f,", (unsigned long long)event->step, event->epoch,
                  event->elapsed_s);
    if (event->has_losses)
        mx_buf_printf(&line, "%.9g,%.9g,%.9g,", event->loss, event->loss_x, event->loss_u);
    else
        mx_buf_puts(&line, ",,,");
    mx_buf_printf(&line, "%.9g,%.9g,", event->lambda_u, event->lr);
    if (event->images_per_s > 0) mx_buf_printf(&line, "%.1f", event->images_per_s);
    if (event->has_scores)
        mx_buf_printf(&line, ",%.9g,%.9g,%.9g,%.9g", event->scores.loss, event->scores.accuracy,
                      event->scores.f1, event->scores.accuracy_raw);
    else
        mx_buf_puts(&line, ",,,,");
    put_guesses(&line, event);
    const mx_status status = mx_text_file_write(self, &line);
    mx_buf_release(&line);
    return status;
}

mx_status mx_csv_sink_open(mx_sink *sink, const char *path) {
    mx_text_file *file = NULL;
    mx_buf text = {0};
    MX_TRY(mx_text_file_open(&file, path, false));
    mx_buf_puts(&text, header);
    const mx_status status = mx_text_file_write(file, &text);
    mx_buf_release(&text);
    if (status != MX_OK) {
        mx_text_file_close(file);
        return status;
    }
    *sink = (mx_sink){.self = file, .row = write_row, .release = mx_text_file_close};
    return MX_OK;
}

/* The bytes of the header and of the rows up to `step`. */
static size_t kept_bytes(const char *text, uint64_t step) {
    const char *line = strchr(text, '\n');
    while (line && line[1] != '\0' && strtoull(line + 1, NULL, 10) <= step) {
        const char *end = strchr(line + 1, '\n');
        if (!end) break; /* cut off in the middle */
        line = end;
    }
    return line ? (size_t)(line + 1 - text) : 0;
}

mx_status mx_csv_sink_reopen(mx_sink *sink, const char *path, uint64_t step) {
    enum { LIMIT = 1 << 30 };
    mx_text_file *file = NULL;
    mx_buf text = {0};
    mx_status status;
    MX_GO(mx_read_file(&text, path, LIMIT));
    const size_t kept = kept_bytes(mx_buf_text(&text), step);
    if (kept == 0) {
        status = mx_csv_sink_open(sink, path);
        goto done;
    }
    MX_GO(mx_write_atomic(path, text.data, kept));
    MX_GO(mx_text_file_open(&file, path, true));
    *sink = (mx_sink){.self = file, .row = write_row, .release = mx_text_file_close};
done:
    mx_buf_release(&text);
    return status;
}
