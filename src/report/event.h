/* What happens in a training run, told to sinks: files and the terminal. Sinks know nothing of the
 * session; the session knows nothing of them but this. */
#ifndef MX_REPORT_EVENT_H
#define MX_REPORT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Pictures of one class, those included whose label training does not see. */
typedef struct mx_event_class {
    const char *name;
    uint64_t labelled, unlabelled, validation, test;
} mx_event_class;

/* A layer of the network. Value 0 is the input, layer i makes value i + 1. */
typedef struct mx_event_layer {
    const char *type, *name; /* torch's name of the module, or "" */
    int inputs[2], n_inputs; /* values */
    int h, w, c;             /* of the output */
    uint64_t parameters;
} mx_event_layer;

/* What a run's course depends on, one of the configuration's keys. */
typedef enum mx_setting_type {
    MX_SETTING_NUMBER,
    MX_SETTING_BOOL,
    MX_SETTING_TEXT
} mx_setting_type;
typedef struct mx_event_setting {
    char name[64]; /* SECTION.KEY */
    mx_setting_type type;
    double number; /* of a BOOL 0 or 1 */
    const char *text;
    bool varied; /* set on the command line, where experiments are varied */
} mx_event_setting;

/* Sent once, before the first step. */
typedef struct mx_event_start {
    const char *run_name, *run_folder, *method, *model, *device, *driver;
    int n_classes;
    const mx_event_class *classes;                   /* n_classes */
    uint64_t labelled, unlabelled, validation, test; /* pictures */
    uint64_t steps, steps_per_epoch,
        first_step;                    /* first_step: steps done before, 0 unless resumed */
    uint64_t parameters, memory_bytes; /* trained numbers; device memory */
    int batch, k;                      /* k: 0 when supervised */
    int height, width, channels;       /* of a picture */
    const mx_event_layer *layers;      /* n_layers, and the settings: while the call lasts */
    size_t n_layers;
    const mx_event_setting *settings; /* n_settings */
    size_t n_settings;
} mx_event_start;

/* Scores over a set of pictures. */
typedef struct mx_event_scores {
    double loss, accuracy, f1; /* f1: of class 1 for two classes, else macro */
    double accuracy_raw;       /* of the raw weights; the rest is of their average */
} mx_event_scores;

/* Labels that MixMatch guessed since the epoch began; each number 0..1. */
typedef struct mx_event_guesses {
    double confidence; /* mean largest probability, after sharpening */
    double accuracy;   /* share that names the true class, of the pictures where that is known */
    double balance;    /* entropy of the mean guess / log(classes): 1 is all classes alike */
    bool has_accuracy;
} mx_event_guesses;

/* Sent after a step whose losses are known. Losses are those of the step, or in a row the means
 * since the row before. */
typedef struct mx_event_step {
    uint64_t step;    /* steps done */
    double epoch;     /* passes done */
    double elapsed_s; /* of training, evaluation included */
    double loss, loss_x, loss_u, lambda_u, lr;
    double images_per_s;    /* since the row before */
    bool has_losses;        /* of a row: false when nothing was trained since the row before */
    bool has_scores;        /* of a row: an evaluation took place */
    bool is_epoch_end;      /* of a row */
    mx_event_scores scores; /* on the test pictures */
    bool has_guesses;       /* of a row of MixMatch */
    mx_event_guesses guesses;
} mx_event_step;

/* Pictures that the network trained on: a grid of bytes as decoded ones have them. */
typedef struct mx_event_pictures {
    uint64_t step;
    const char *name; /* "labelled", "views" or "mixed" */
    int height, width, channels;
    int rows, columns;
    const uint8_t *pixels; /* rows x columns x height x width x channels */
} mx_event_pictures;

/* The trained numbers of one tensor. */
typedef struct mx_event_weights {
    uint64_t step;
    const char *name; /* torch's */
    const float *values;
    size_t count;
} mx_event_weights;

/* Sent once, at the end. */
typedef struct mx_event_end {
    mx_status status; /* MX_OK, or why it stopped */
    uint64_t step;
    double elapsed_s;
    bool has_scores;
    mx_event_scores last, best;
    uint64_t best_step;
} mx_event_end;

/* A sink. Callbacks may be NULL. A failing sink stops the run with its status. `release` is always
 * called, once, after the last callback. */
typedef struct mx_sink {
    void *self;
    mx_status (*start)(void *self, const mx_event_start *event);
    mx_status (*step)(void *self, const mx_event_step *event); /* every step: the terminal's line */
    mx_status (*row)(void *self, const mx_event_step *event);  /* log steps and evaluations */
    mx_status (*pictures)(void *self, const mx_event_pictures *event); /* of the first step */
    mx_status (*weights)(void *self, const mx_event_weights *event); /* as often as is asked for */
    mx_status (*end)(void *self, const mx_event_end *event);
    void (*release)(void *self);
} mx_sink;

#endif
