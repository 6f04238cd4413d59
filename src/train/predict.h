/* Classes of pictures that belong to no data set. */
#ifndef MX_TRAIN_PREDICT_H
#define MX_TRAIN_PREDICT_H

#include "data/source.h"
#include "train/config.h"
#include "train/evaluate.h"

/* What is known of one picture. */
typedef struct mx_prediction {
    const mx_picture *picture;
    const float *logits, *probabilities; /* of the classes, or NULL: it could not be read */
    const char *problem;                 /* why not */
    int best;                            /* the class with the largest probability */
} mx_prediction;

typedef mx_status (*mx_prediction_visitor)(void *context, const mx_prediction *prediction);

/* Decodes the pictures of `list` as `config` says, on all processors and a few at a time, and shows
 * each to `visit`, in order. `weights` is an arena of the evaluator's network. Fails as the visitor
 * does, with MX_OPENCL or MX_MEMORY; pictures that cannot be read are no failure. */
mx_status mx_predict(const mx_config *config, mx_evaluator *evaluator, mx_buffer *weights,
                     const mx_pictures *list, mx_prediction_visitor visit, void *context);

#endif
