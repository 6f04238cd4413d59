#include "train/predict.h"

#include <stdlib.h>

#include "base/mem.h"
#include "data/pack_run.h"
#include "train/setup.h"

enum { CHUNK = 1024 }; /* pictures that are in memory at a time */

typedef struct job {
    mx_data_spec spec;
    mx_evaluator *evaluator;
    mx_buffer *weights;
    mx_prediction_visitor visit;
    void *context;
    uint8_t *pixels;
    mx_fault *faults;
    uint32_t *rows; /* the chunk's pictures that could be read */
    float *probabilities;
    const mx_picture *pictures; /* of the chunk */
    size_t shown, count;
} job;

/* Shows the unreadable pictures before number `until`. */
static mx_status show_faults(job *j, size_t until) {
    for (; j->shown < until; j->shown++) {
        const mx_fault *fault = &j->faults[j->shown];
        const mx_prediction prediction = {.picture = &j->pictures[j->shown],
                                          .problem = fault->message ? fault->message : ""};
        MX_TRY(j->visit(j->context, &prediction));
    }
    return MX_OK;
}

/* An mx_logits_visitor: pictures come in order, without the unreadable ones. */
static mx_status show(void *context, uint32_t row, const float *logits) {
    job *j = context;
    MX_TRY(show_faults(j, row));
    mx_prediction prediction = {
        .picture = &j->pictures[row], .logits = logits, .probabilities = j->probabilities};
    prediction.best = mx_softmax_of(logits, mx_net_classes(j->evaluator->net), j->probabilities);
    j->shown = row + 1;
    return j->visit(j->context, &prediction);
}

static mx_status run_network(job *j) {
    const mx_dataset data = {.height = j->spec.height,
                             .width = j->spec.width,
                             .channels = j->spec.channels,
                             .n_pictures = j->count,
                             .pixels = j->pixels};
    mx_feed feed = {0};
    size_t readable = 0;
    for (size_t i = 0; i < j->count; i++)
        if (j->faults[i].status == MX_OK) j->rows[readable++] = (uint32_t)i;
    mx_status status;
    MX_GO(mx_feed_init(&feed, mx_net_device(j->evaluator->net), &data, 0,
                       (size_t)j->evaluator->batch));
    MX_GO(mx_evaluate_visit(j->evaluator, &feed, j->rows, readable, j->weights, show, j));
    MX_GO(show_faults(j, j->count));
done:
    mx_feed_release(&feed);
    return status;
}

static mx_status run_chunk(job *j, const mx_pictures *list, size_t first) {
    mx_pictures part = *list;
    part.items += first;
    part.count = list->count - first < CHUNK ? list->count - first : CHUNK;
    mx_pack_job decoding = {
        .spec = &j->spec, .list = &part, .faults = j->faults, .pixels = j->pixels};
    j->pictures = part.items;
    j->count = part.count;
    j->shown = 0;
    for (size_t i = 0; i < part.count; i++)
        j->faults[i] = (mx_fault){0};
    mx_status status = mx_pack_run(&decoding);
    if (status == MX_OK) status = run_network(j);
    for (size_t i = 0; i < part.count; i++)
        free(j->faults[i].message);
    return status;
}

mx_status mx_predict(const mx_config *config, mx_evaluator *evaluator, mx_buffer *weights,
                     const mx_pictures *list, mx_prediction_visitor visit, void *context) {
    job j = {.spec = {.height = config->data_height,
                      .width = config->data_width,
                      .channels = (int)config->data_channels,
                      .skip_bad = true,
                      .bad_limit = 1,
                      .fast_decode = config->data_fast_decode,
                      .exif = config->data_exif},
             .evaluator = evaluator,
             .weights = weights,
             .visit = visit,
             .context = context};
    const size_t plane = (size_t)j.spec.height * (size_t)j.spec.width * (size_t)j.spec.channels;
    mx_status status;
    MX_GO(mx_alloc(&j.pixels, CHUNK, plane));
    MX_GO(mx_alloc(&j.faults, CHUNK, sizeof *j.faults));
    MX_GO(mx_alloc(&j.rows, CHUNK, sizeof *j.rows));
    MX_GO(mx_alloc(&j.probabilities, (size_t)mx_net_classes(evaluator->net), sizeof(float)));
    for (size_t first = 0; first < list->count; first += CHUNK)
        MX_GO(run_chunk(&j, list, first));
done:
    free(j.pixels);
    free(j.faults);
    free(j.rows);
    free(j.probabilities);
    return status;
}
