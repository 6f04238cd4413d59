/* A run's events as TensorBoard shows them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/tfevents.h"
#include "report/sinks.h"

enum { GAP = 2 }; /* pixels between pictures */

/* What a run is judged by, beside its settings. */
static const char *const metrics[] = {"test/accuracy", "test/f1", "test/loss"};

typedef struct tensorboard_sink {
    mx_tfevents *file;
    bool begins; /* no earlier file counts */
} tensorboard_sink;

/* The name of a value: torch's with '/' for '.', so that modules are boxes. Layers that torch has
 * no name for stand in the box of the layer before them. */
static const char *name_node(mx_arena *texts, const mx_event_layer *layers, size_t layer) {
    enum { BYTES = 160 };
    char *name = mx_arena_alloc(texts, BYTES);
    size_t named = layer;
    if (!name) return NULL;
    while (named > 0 && !*layers[named].name)
        named--;
    snprintf(name, BYTES, "%s", layers[named].name);
    for (char *dot = strchr(name, '.'); dot; dot = strchr(dot, '.'))
        *dot = '/';
    if (named == layer) return name;
    char *box = strrchr(name, '/'), *end = box ? box + 1 : name;
    snprintf(end, BYTES - (size_t)(end - name), "%s_%zu", layers[layer].type, layer);
    return name;
}

static mx_status write_graph(tensorboard_sink *self, const mx_event_start *event) {
    const size_t count = event->n_layers + 1;
    mx_arena texts = {0};
    mx_tfnode *nodes = NULL;
    mx_status status;
    MX_GO(mx_alloc(&nodes, count, sizeof *nodes));
    nodes[0] = (mx_tfnode){.name = "input",
                           .op = "Placeholder",
                           .h = event->height,
                           .w = event->width,
                           .c = event->channels};
    for (size_t i = 0; i < event->n_layers; i++) {
        const mx_event_layer *layer = &event->layers[i];
        mx_tfnode *node = &nodes[i + 1];
        *node = (mx_tfnode){.name = name_node(&texts, event->layers, i),
                            .op = layer->type,
                            .h = layer->h,
                            .w = layer->w,
                            .c = layer->c,
                            .parameters = layer->parameters};
        for (int j = 0; j < layer->n_inputs; j++)
            node->inputs[j] = nodes[layer->inputs[j]].name;
        if (!node->name) MX_GO(mx_fail(MX_MEMORY, "cannot hold the network's graph"));
    }
    status = mx_tfevents_graph(self->file, nodes, count);
done:
    mx_arena_release(&texts);
    free(nodes);
    return status;
}

static mx_status write_settings(tensorboard_sink *self, const mx_event_start *event) {
    mx_tfhparam *hparams = NULL;
    MX_TRY(mx_alloc(&hparams, event->n_settings, sizeof *hparams));
    for (size_t i = 0; i < event->n_settings; i++) {
        const mx_event_setting *setting = &event->settings[i];
        hparams[i] = (mx_tfhparam){.name = setting->name,
                                   .type = setting->type == MX_SETTING_NUMBER ? MX_TFHPARAM_NUMBER
                                           : setting->type == MX_SETTING_BOOL ? MX_TFHPARAM_BOOL
                                                                              : MX_TFHPARAM_TEXT,
                                   .number = setting->number,
                                   .text = setting->text,
                                   .differs = setting->varied};
    }
    const mx_status status = mx_tfevents_hparams(self->file, hparams, event->n_settings, metrics,
                                                 sizeof metrics / sizeof *metrics);
    free(hparams);
    return status;
}

/* Once for a run. */
static mx_status on_start(void *sink, const mx_event_start *event) {
    tensorboard_sink *self = sink;
    if (!self->begins) return MX_OK;
    MX_TRY(write_graph(self, event));
    return write_settings(self, event);
}

static mx_status on_row(void *sink, const mx_event_step *event) {
    tensorboard_sink *self = sink;
    const mx_event_scores *scores = &event->scores;
    const mx_event_guesses *guesses = &event->guesses;
    const struct {
        bool known;
        mx_tfscalar scalar;
    } all[] = {{event->has_losses, {"loss/total", event->loss}},
               {event->has_losses, {"loss/labelled", event->loss_x}},
               {event->has_losses, {"loss/unlabelled", event->loss_u}},
               {true, {"schedule/lambda_u", event->lambda_u}},
               {true, {"schedule/lr", event->lr}},
               {event->images_per_s > 0, {"speed/images_per_s", event->images_per_s}},
               {event->has_scores, {"test/loss", scores->loss}},
               {event->has_scores, {"test/accuracy", scores->accuracy}},
               {event->has_scores, {"test/f1", scores->f1}},
               {event->has_scores, {"test/accuracy_raw", scores->accuracy_raw}},
               {event->has_guesses, {"guess/confidence", guesses->confidence}},
               {event->has_guesses && guesses->has_accuracy, {"guess/accuracy", guesses->accuracy}},
               {event->has_guesses, {"guess/balance", guesses->balance}}};
    mx_tfscalar known[sizeof all / sizeof *all];
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].known) known[count++] = all[i].scalar;
    return mx_tfevents_scalars(self->file, event->step, known, count);
}

/* The grid as one picture, with white between the pictures. */
static mx_status join(mx_image *out, const mx_event_pictures *event) {
    const size_t channels = (size_t)event->channels, height = (size_t)event->height;
    const size_t row_bytes = (size_t)event->width * channels;
    *out = (mx_image){.height = event->rows * (event->height + GAP) - GAP,
                      .width = event->columns * (event->width + GAP) - GAP,
                      .channels = event->channels};
    const size_t line = (size_t)out->width * channels;
    MX_TRY(mx_alloc(&out->pixels, (size_t)out->height, line));
    memset(out->pixels, 255, (size_t)out->height * line);
    for (size_t i = 0; i < (size_t)event->rows * (size_t)event->columns; i++) {
        const size_t row = i / (size_t)event->columns, column = i % (size_t)event->columns;
        uint8_t *to =
            out->pixels + row * (height + GAP) * line + column * (row_bytes + GAP * channels);
        for (size_t y = 0; y < height; y++)
            memcpy(to + y * line, event->pixels + (i * height + y) * row_bytes, row_bytes);
    }
    return MX_OK;
}

static mx_status on_pictures(void *sink, const mx_event_pictures *event) {
    tensorboard_sink *self = sink;
    mx_image grid;
    char tag[64];
    MX_TRY(join(&grid, event));
    snprintf(tag, sizeof tag, "pictures/%s", event->name);
    const mx_status status = mx_tfevents_image(self->file, event->step, tag, &grid);
    mx_image_release(&grid);
    return status;
}

static mx_status on_weights(void *sink, const mx_event_weights *event) {
    tensorboard_sink *self = sink;
    char tag[128];
    snprintf(tag, sizeof tag, "weights/%s", event->name);
    return mx_tfevents_histogram(self->file, event->step, tag, event->values, event->count);
}

/* A run that was stopped goes on some day: it has not ended. */
static mx_status on_end(void *sink, const mx_event_end *event) {
    tensorboard_sink *self = sink;
    if (event->status == MX_SIGINT || event->status == MX_SIGTERM) return MX_OK;
    return mx_tfevents_finish(self->file, event->status == MX_OK);
}

static void release(void *sink) {
    tensorboard_sink *self = sink;
    mx_tfevents_close(self->file);
    free(self);
}

mx_status mx_tensorboard_sink_open(mx_sink *sink, const char *run_folder) {
    tensorboard_sink *self = NULL;
    MX_TRY(mx_alloc(&self, 1, sizeof *self));
    const mx_status status = mx_tfevents_open(&self->file, run_folder);
    if (status != MX_OK) {
        free(self);
        return status;
    }
    self->begins = mx_tfevents_is_first(self->file);
    *sink = (mx_sink){.self = self,
                      .start = on_start,
                      .row = on_row,
                      .pictures = on_pictures,
                      .weights = on_weights,
                      .end = on_end,
                      .release = release};
    return MX_OK;
}

mx_status mx_tensorboard_check(void) {
    return MX_OK;
}

/* What belongs to no step done yet, such as pictures of the first, has step 0. */
mx_status mx_tensorboard_sink_reopen(mx_sink *sink, const char *run_folder, uint64_t step) {
    MX_TRY(mx_tensorboard_sink_open(sink, run_folder));
    tensorboard_sink *self = sink->self;
    if (step == 0) self->begins = true;
    const mx_status status = mx_tfevents_restart(self->file, step == 0 ? 0 : step + 1);
    if (status != MX_OK) release(self);
    return status;
}
