/* The end of a run whose numbers are not finite any more. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "train/session_internal.h"

/* Runs the step once more to find what broke first; NULL where that cannot be said. */
static char *find_fault(mx_session *session, uint64_t step) {
    mx_trainer_batch batch;
    mx_buffer *pixels = NULL;
    char *what = NULL;
    mx_status status;
    MX_GO(mx_session_batch(session, step, &batch, &pixels));
    MX_GO(mx_trainer_gather(&session->trainer, pixels, &batch, step));
    MX_GO(mx_trainer_draw(&session->trainer, batch.n, step));
    MX_GO(mx_trainer_find_fault(&session->trainer, batch.n, step, &what));
done:
    return what;
}

mx_status mx_session_diverged(mx_session *session, const mx_step_losses *losses) {
    char *what = find_fault(session, losses->step);
    /* fabs: the sign of what is not a number says nothing. */
    mx_buf text = {0};
    if (isfinite(losses->loss_x) && isfinite(losses->loss_u))
        mx_buf_printf(&text, "gradients or weights are not finite at step %" PRIu64,
                      losses->step + 1);
    else
        mx_buf_printf(&text,
                      "the loss is not finite at step %" PRIu64 " (labelled %g, unlabelled %g)",
                      losses->step + 1, fabs((double)losses->loss_x), fabs((double)losses->loss_u));
    if (what) mx_buf_printf(&text, ", first %s", what);
    mx_buf_puts(&text, "; a smaller optimizer.lr or mixmatch.lambda_u may help; ");
    if (session->saved_step > 0)
        mx_buf_printf(&text, "the checkpoint of step %" PRIu64 " is kept", session->saved_step);
    else
        mx_buf_puts(&text, "there is no checkpoint yet");
    free(what);
    mx_status status = mx_buf_check(&text);
    if (status == MX_OK) status = mx_fail(MX_DIVERGED, "%s", mx_buf_text(&text));
    mx_buf_release(&text);
    return status;
}
