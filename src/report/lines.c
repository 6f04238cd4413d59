#include "report/lines.h"

/* No more classes than this are listed. */
enum { MAX_LISTED = 20 };

static void put_classes(mx_buf *out, const mx_event_start *event) {
    const int n_listed = event->n_classes < MAX_LISTED ? event->n_classes : MAX_LISTED;
    for (int i = 0; i < n_listed; i++) {
        const mx_event_class *class = &event->classes[i];
        mx_buf_printf(
            out, "class    %s: %llu labelled, %llu unlabelled, %llu validation, %llu test\n",
            class->name, (unsigned long long)class->labelled, (unsigned long long)class->unlabelled,
            (unsigned long long)class->validation, (unsigned long long)class->test);
    }
    if (event->n_classes > n_listed)
        mx_buf_printf(out, "class    ... and %d more\n", event->n_classes - n_listed);
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
    mx_buf_printf(out, "losses   x labelled, u unlabelled, lu lambda_u: loss = x + lu u\n");
    mx_buf_printf(out, "steps    %llu of %d pictures (K %d), %llu an epoch\n",
                  (unsigned long long)event->steps, event->batch, event->k,
                  (unsigned long long)event->steps_per_epoch);
}

static void put_guesses(mx_buf *out, const mx_event_guesses *guesses) {
    mx_buf_printf(out, "  guesses: confidence %.4f", guesses->confidence);
    if (guesses->has_accuracy) mx_buf_printf(out, "  accuracy %.4f", guesses->accuracy);
    mx_buf_printf(out, "  balance %.4f\n", guesses->balance);
}

void mx_lines_row(mx_buf *out, const mx_event_start *start, const mx_event_step *event) {
    mx_buf_printf(out, "step %llu/%llu epoch %.3g", (unsigned long long)event->step,
                  (unsigned long long)start->steps, event->epoch);
    if (event->has_losses)
        mx_buf_printf(out, " loss %.4f (x %.4f u %.5f lu %.3g)", event->loss, event->loss_x,
                      event->loss_u, event->lambda_u);
    if (event->images_per_s > 0) mx_buf_printf(out, " %.0f img/s", event->images_per_s);
    mx_buf_puts(out, "\n");
    if (event->has_scores)
        mx_buf_printf(out, "  test loss %.4f  accuracy %.4f (raw %.4f)  F1 %.4f\n",
                      event->scores.loss, event->scores.accuracy, event->scores.accuracy_raw,
                      event->scores.f1);
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
