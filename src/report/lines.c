#include "report/lines.h"

#include <string.h>

/* No more classes than this are listed, nor more of their names. */
enum { MAX_LISTED = 20, NAME_WIDTH = 32 };

static int name_width(const mx_event_start *event, int n_listed) {
    int width = 5;
    for (int i = 0; i < n_listed; i++) {
        const int length = (int)strnlen(event->classes[i].name, NAME_WIDTH);
        if (length > width) width = length;
    }
    return width;
}

static void put_classes(mx_buf *out, const mx_event_start *event) {
    const int n_listed = event->n_classes < MAX_LISTED ? event->n_classes : MAX_LISTED;
    const int width = name_width(event, n_listed);
    mx_buf_printf(out, "%-*s  labelled  unlabelled  validation  test\n", width, "class");
    for (int i = 0; i < n_listed; i++) {
        const mx_event_class *class = &event->classes[i];
        mx_buf_printf(out, "%-*.*s  %8llu  %10llu  %10llu  %4llu\n", width, NAME_WIDTH, class->name,
                      (unsigned long long)class->labelled, (unsigned long long)class->unlabelled,
                      (unsigned long long)class->validation, (unsigned long long)class->test);
    }
    if (event->n_classes > n_listed)
        mx_buf_printf(out, "... and %d more\n", event->n_classes - n_listed);
}

void mx_lines_start(mx_buf *out, const mx_event_start *event) {
    mx_buf_printf(out, "run      %s (%s, %s)\n", event->run_folder, event->method, event->model);
    mx_buf_printf(out, "device   %s, driver %s\n", event->device, event->driver);
    mx_buf_printf(
        out, "data     %llu labelled, %llu unlabelled, %llu validation, %llu test; %d classes\n",
        (unsigned long long)event->labelled, (unsigned long long)event->unlabelled,
        (unsigned long long)event->validation, (unsigned long long)event->test, event->n_classes);
    put_classes(out, event);
    mx_buf_printf(out, "network  %llu parameters, %.0f MiB of device memory\n",
                  (unsigned long long)event->parameters, (double)event->memory_bytes / (1 << 20));
    mx_buf_printf(out, "steps    %llu, %llu an epoch, of %d pictures",
                  (unsigned long long)event->steps, (unsigned long long)event->steps_per_epoch,
                  event->batch);
    if (event->k > 0)
        mx_buf_printf(out,
                      " and %d views of as many\n"
                      "losses   x labelled, u unlabelled, lu lambda_u: loss = x + lu u",
                      event->k);
    mx_buf_puts(out, "\n");
}

static void put_guesses(mx_buf *out, const mx_event_guesses *guesses) {
    mx_buf_printf(out, "  guesses: confidence %.4f", guesses->confidence);
    if (guesses->has_accuracy) mx_buf_printf(out, "  accuracy %.4f", guesses->accuracy);
    mx_buf_printf(out, "  balance %.4f\n", guesses->balance);
}

/* "epoch 3 batch 120/936", counted from 1. */
static void put_place(mx_buf *out, const mx_event_start *start, uint64_t step) {
    const uint64_t batches = start->steps_per_epoch, before = step > 0 ? step - 1 : 0;
    mx_buf_printf(out, "epoch %llu batch %llu/%llu", (unsigned long long)(before / batches + 1),
                  (unsigned long long)(before % batches + 1), (unsigned long long)batches);
}

void mx_lines_row(mx_buf *out, const mx_event_start *start, const mx_event_step *event) {
    put_place(out, start, event->step);
    if (event->has_losses) mx_buf_printf(out, "  loss %.4f", event->loss);
    if (event->has_losses && start->k > 0)
        mx_buf_printf(out, " x %.4f u %.4f lu %.3g", event->loss_x, event->loss_u, event->lambda_u);
    if (event->images_per_s > 0) mx_buf_printf(out, "  %.0f img/s", event->images_per_s);
    mx_buf_puts(out, "  ");
    mx_lines_duration(out, event->elapsed_s);
    mx_buf_puts(out, "\n");
    if (event->has_scores)
        mx_buf_printf(out, "  step %llu: test loss %.4f  accuracy %.4f (raw %.4f)  F1 %.4f\n",
                      (unsigned long long)event->step, event->scores.loss, event->scores.accuracy,
                      event->scores.accuracy_raw, event->scores.f1);
    if (event->has_guesses && (event->is_epoch_end || event->step == start->steps))
        put_guesses(out, &event->guesses);
}

void mx_lines_end(mx_buf *out, const mx_event_end *event) {
    mx_buf_printf(out, "%s after %llu steps, ", event->status == MX_OK ? "done" : "stopped",
                  (unsigned long long)event->step);
    mx_lines_duration(out, event->elapsed_s);
    if (event->has_scores)
        mx_buf_printf(out, "; accuracy %.4f, best %.4f at step %llu", event->last.accuracy,
                      event->best.accuracy, (unsigned long long)event->best_step);
    mx_buf_puts(out, "\n");
}

void mx_lines_duration(mx_buf *out, double seconds) {
    const unsigned long long s = seconds > 0 ? (unsigned long long)seconds : 0;
    if (s >= 3600)
        mx_buf_printf(out, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
    else
        mx_buf_printf(out, "%llu:%02llu", s / 60, s % 60);
}
