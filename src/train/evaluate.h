/* Scores of the network on pictures with known labels. */
#ifndef MX_TRAIN_EVALUATE_H
#define MX_TRAIN_EVALUATE_H

#include "data/dataset.h"
#include "nn/net.h"
#include "ops/augment.h"
#include "train/augmenter.h"
#include "train/feed.h"
#include "train/metrics.h"

/* What an evaluation needs beside the network; buffers for `batch` pictures. */
typedef struct mx_evaluator {
    mx_net *net;
    mx_i32 batch;
    mx_scaling scaling;
    mx_buffer *rows, *x;
    uint32_t *host_rows;
    float *host_logits;
    /* Of mx_evaluator_augment. */
    mx_i32 views;
    uint64_t seed;
    mx_augmentation augmentation;
    mx_augmenter augmenter;
} mx_evaluator;

/* `batch` is at most the network's infer_rows. */
mx_status mx_evaluator_init(mx_evaluator *evaluator, mx_net *net, mx_i32 batch, mx_scaling scaling);
/* Bytes of device memory that mx_evaluator_init asks for. */
size_t mx_evaluator_bytes(const mx_net *net, mx_i32 batch);
void mx_evaluator_release(mx_evaluator *evaluator);

/* From now on a picture's probabilities are the mean over the picture itself and `views` augmented
 * views of it, the same draws for every picture; logits are their logarithms. Fails with MX_USAGE
 * where a batch has no room for one picture's views, or nothing is augmented. */
mx_status mx_evaluator_augment(mx_evaluator *evaluator, mx_i32 views,
                               const mx_augmentation *augmentation, uint64_t seed);

/* Logits of the first `n` pictures that evaluator->host_rows names, places in `pixels`, to
 * evaluator->host_logits, those of a picture 1 + views rows from those of the next. Waits for them.
 */
mx_status mx_evaluate_batch(mx_evaluator *evaluator, mx_buffer *pixels, mx_i32 n,
                            mx_buffer *weights);

/* Called with each picture in order, its logits and the caller's `context`. */
typedef mx_status (*mx_logits_visitor)(void *context, uint32_t picture, const float *logits);

/* Runs pictures rows[0 .. count) of the feed's set through the network with `weights` (and
 * their running statistics), augmented only as mx_evaluator_augment asked. */
mx_status mx_evaluate_visit(mx_evaluator *evaluator, mx_feed *feed, const uint32_t *rows,
                            size_t count, mx_buffer *weights, mx_logits_visitor visit,
                            void *context);

/* The scores on `rows` with `weights`; `labels` by picture. Release the metrics afterwards. */
mx_status mx_evaluate(mx_evaluator *evaluator, mx_feed *feed, const mx_rows *rows,
                      const int32_t *labels, mx_buffer *weights, mx_metrics *metrics);

#endif
