#include "train/evaluate.h"

#include <stdlib.h>

#include "base/mem.h"

static size_t input_bytes(const mx_net *net, mx_i32 batch) {
    const mx_value image = mx_net_input(net);
    return (size_t)batch * (size_t)image.h * (size_t)image.w * (size_t)image.c * sizeof(float);
}

size_t mx_evaluator_bytes(const mx_net *net, mx_i32 batch) {
    return input_bytes(net, batch) + (size_t)batch * sizeof(mx_u32);
}

mx_status mx_evaluator_init(mx_evaluator *evaluator, mx_net *net, mx_i32 batch,
                            mx_scaling scaling) {
    mx_device *device = mx_net_device(net);
    *evaluator = (mx_evaluator){.net = net, .batch = batch, .scaling = scaling};
    mx_status status;
    MX_GO(mx_alloc(&evaluator->host_rows, (size_t)batch, sizeof *evaluator->host_rows));
    MX_GO(mx_alloc(&evaluator->host_logits, (size_t)batch * (size_t)mx_net_classes(net),
                   sizeof(float)));
    MX_GO(mx_buffer_create(&evaluator->rows, device, (size_t)batch * sizeof(mx_u32)));
    MX_GO(mx_buffer_create(&evaluator->x, device, input_bytes(net, batch)));
done:
    if (status != MX_OK) mx_evaluator_release(evaluator);
    return mx_context(status, "memory of the evaluation");
}

void mx_evaluator_release(mx_evaluator *evaluator) {
    mx_buffer_release(evaluator->rows);
    mx_buffer_release(evaluator->x);
    free(evaluator->host_rows);
    free(evaluator->host_logits);
    *evaluator = (mx_evaluator){0};
}

/* Logits of the first `n` rows of evaluator->host_rows to host_logits. */
static mx_status run_batch(mx_evaluator *evaluator, mx_buffer *pixels, mx_i32 n,
                           mx_buffer *weights) {
    const mx_value image = mx_net_input(evaluator->net);
    const mx_tensor x = {evaluator->x, 0, n, image.h, image.w, image.c};
    const mx_pass pass = {.mode = MX_EVAL, .rows = n, .groups = 1, .weights = weights};
    mx_tensor logits;
    MX_TRY(mx_buffer_stage(evaluator->rows, 0, evaluator->host_rows, (size_t)n * sizeof(mx_u32)));
    MX_TRY(mx_augment(mx_net_device(evaluator->net), pixels, mx_matrix(evaluator->rows, 0, n, 1), 0,
                      n, evaluator->scaling, false, 0, (mx_draw){0}, x));
    MX_TRY(mx_net_forward(evaluator->net, &pass, x, &logits));
    return mx_buffer_read(logits.buffer, logits.offset * sizeof(float), evaluator->host_logits,
                          mx_tensor_count(logits) * sizeof(float));
}

mx_status mx_evaluate_visit(mx_evaluator *evaluator, mx_feed *feed, const uint32_t *rows,
                            size_t count, mx_buffer *weights, mx_logits_visitor visit,
                            void *context) {
    const size_t classes = (size_t)mx_net_classes(evaluator->net), batch = (size_t)evaluator->batch;
    for (size_t first = 0; first < count; first += batch) {
        const size_t n = count - first < batch ? count - first : batch;
        mx_buffer *pixels = NULL;
        MX_TRY(mx_feed_begin(feed));
        mx_feed_add(feed, rows + first, n, evaluator->host_rows);
        MX_TRY(mx_feed_send(feed, &pixels));
        MX_TRY(run_batch(evaluator, pixels, (mx_i32)n, weights));
        for (size_t i = 0; i < n; i++)
            MX_TRY(visit(context, rows[first + i], evaluator->host_logits + i * classes));
    }
    return MX_OK;
}

typedef struct scoring {
    mx_metrics *metrics;
    const int32_t *labels;
} scoring;

static mx_status add_to_metrics(void *context, uint32_t picture, const float *logits) {
    const scoring *s = context;
    mx_metrics_add(s->metrics, logits, s->labels[picture]);
    return MX_OK;
}

mx_status mx_evaluate(mx_evaluator *evaluator, mx_feed *feed, const mx_rows *rows,
                      const int32_t *labels, mx_buffer *weights, mx_metrics *metrics) {
    MX_TRY(mx_metrics_init(metrics, mx_net_classes(evaluator->net)));
    scoring s = {metrics, labels};
    const mx_status status =
        mx_evaluate_visit(evaluator, feed, rows->index, rows->count, weights, add_to_metrics, &s);
    if (status != MX_OK) {
        mx_metrics_release(metrics);
        return status;
    }
    mx_metrics_finish(metrics);
    return MX_OK;
}
