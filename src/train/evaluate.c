#include "train/evaluate.h"

#include <float.h>
#include <math.h>
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
    mx_augmenter_release(&evaluator->augmenter);
    free(evaluator->host_rows);
    free(evaluator->host_logits);
    *evaluator = (mx_evaluator){0};
}

mx_status mx_evaluator_augment(mx_evaluator *evaluator, mx_i32 views,
                               const mx_augmentation *augmentation, uint64_t seed) {
    const mx_augment_use use = {augmentation, views, views};
    if (views >= evaluator->batch)
        return mx_fail(MX_USAGE,
                       "%d views and the picture itself need train.eval_batch = %d or more", views,
                       views + 1);
    if (!augmentation->crop_flip && augmentation->program.n_steps == 0)
        return mx_fail(MX_USAGE,
                       "views are made by augment.unlabelled, which is none; set it to crop-flip, "
                       "for example");
    MX_TRY(mx_augmenter_init(&evaluator->augmenter, mx_net_device(evaluator->net),
                             mx_net_input(evaluator->net), &use, 1));
    evaluator->augmentation = *augmentation;
    evaluator->views = views;
    evaluator->seed = seed;
    return MX_OK;
}

/* Rows of evaluator->x that a picture takes. */
static mx_i32 rows_each(const mx_evaluator *evaluator) {
    return 1 + evaluator->views;
}

/* Row `first` of evaluator->x and those after it. */
static mx_tensor input_at(const mx_evaluator *evaluator, mx_i32 first, mx_i32 n) {
    const mx_value image = mx_net_input(evaluator->net);
    const mx_u32 offset = (mx_u32)first * (mx_u32)(image.h * image.w * image.c);
    return (mx_tensor){evaluator->x, offset, n, image.h, image.w, image.c};
}

/* Rows first .. first + n of evaluator->x, as they are. */
static mx_status gather_plain(mx_evaluator *evaluator, mx_buffer *pixels, mx_i32 first, mx_i32 n) {
    return mx_augment(mx_net_device(evaluator->net), pixels,
                      mx_matrix(evaluator->rows, (mx_u32)first, n, 1), 0, n, evaluator->scaling,
                      false, 0, (mx_draw){0}, input_at(evaluator, first, n));
}

/* The picture of row `first`, and its views in the rows after it. */
static mx_status gather_views(mx_evaluator *evaluator, mx_buffer *pixels, mx_i32 first) {
    const mx_i32 views = evaluator->views;
    const mx_augment_use use = {&evaluator->augmentation, views, views};
    const mx_draw draw = {.seed = evaluator->seed, .stream = MX_STREAM_AUGMENT_U};
    MX_TRY(gather_plain(evaluator, pixels, first, 1));
    return mx_augmenter_run(&evaluator->augmenter, &use, pixels,
                            mx_matrix(evaluator->rows, (mx_u32)first + 1, views, 1), 0,
                            evaluator->scaling, draw, input_at(evaluator, first + 1, views));
}

/* The rows of the first `n` pictures of evaluator->host_rows to evaluator->x. */
static mx_status gather(mx_evaluator *evaluator, mx_buffer *pixels, mx_i32 n) {
    const mx_i32 each = rows_each(evaluator);
    uint32_t *rows = evaluator->host_rows;
    for (mx_i32 i = n * each - 1; i > 0; i--)
        rows[i] = rows[i / each];
    MX_TRY(mx_buffer_stage(evaluator->rows, 0, rows, (size_t)(n * each) * sizeof(mx_u32)));
    if (each == 1) return gather_plain(evaluator, pixels, 0, n);
    for (mx_i32 i = 0; i < n; i++)
        MX_TRY(gather_views(evaluator, pixels, i * each));
    return MX_OK;
}

/* The first row of `logits` = the logarithms of the mean probabilities of `count` rows. */
static mx_status average_views(float *logits, int count, int classes) {
    double *p = NULL;
    MX_TRY(mx_alloc(&p, 2 * (size_t)classes, sizeof *p));
    for (int i = 0; i < count; i++) {
        mx_probabilities(logits + i * classes, classes, p);
        for (int c = 0; c < classes; c++)
            p[classes + c] += p[c] / count;
    }
    /* Zero, which has no logarithm, is as good as the least that has one; NaN stays. */
    for (int c = 0; c < classes; c++)
        logits[c] = (float)log(p[classes + c] < DBL_MIN ? DBL_MIN : p[classes + c]);
    free(p);
    return MX_OK;
}

mx_status mx_evaluate_batch(mx_evaluator *evaluator, mx_buffer *pixels, mx_i32 n,
                            mx_buffer *weights) {
    const mx_i32 each = rows_each(evaluator), rows = n * each;
    const int classes = mx_net_classes(evaluator->net);
    const mx_pass pass = {.mode = MX_EVAL, .rows = rows, .groups = 1, .weights = weights};
    mx_tensor logits;
    MX_TRY(gather(evaluator, pixels, n));
    MX_TRY(mx_net_forward(evaluator->net, &pass, input_at(evaluator, 0, rows), &logits));
    MX_TRY(mx_buffer_read(logits.buffer, logits.offset * sizeof(float), evaluator->host_logits,
                          mx_tensor_count(logits) * sizeof(float)));
    for (mx_i32 i = 0; each > 1 && i < n; i++)
        MX_TRY(average_views(evaluator->host_logits + i * each * classes, each, classes));
    return MX_OK;
}

mx_status mx_evaluate_visit(mx_evaluator *evaluator, mx_feed *feed, const uint32_t *rows,
                            size_t count, mx_buffer *weights, mx_logits_visitor visit,
                            void *context) {
    const size_t each = (size_t)rows_each(evaluator), batch = (size_t)evaluator->batch / each;
    const size_t stride = each * (size_t)mx_net_classes(evaluator->net);
    for (size_t first = 0; first < count; first += batch) {
        const size_t n = count - first < batch ? count - first : batch;
        mx_buffer *pixels = NULL;
        MX_TRY(mx_feed_begin(feed));
        mx_feed_add(feed, rows + first, n, evaluator->host_rows);
        MX_TRY(mx_feed_send(feed, &pixels));
        MX_TRY(mx_evaluate_batch(evaluator, pixels, (mx_i32)n, weights));
        for (size_t i = 0; i < n; i++)
            MX_TRY(visit(context, rows[first + i], evaluator->host_logits + i * stride));
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
