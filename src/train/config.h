/* The configuration of an experiment: defaults < INI file < environment < --set.
 *
 * Every key is one row of config.def and one field here, named SECTION_KEY. mx_config_open leaves
 * every field set, in range and consistent with the others; nothing changes them afterwards.
 * Strings live as long as the config. PATH fields are absolute, "" or a word of their range. */
#ifndef MX_TRAIN_CONFIG_H
#define MX_TRAIN_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/status.h"
#include "ocl/limits.h"
#include "ops/augment_plan.h"
#include "train/schedule.h"

/* Values of CHOICE keys: X(enumerator, word). The field holds the enumerator. */
#define MX_CONFIG_BAD_CHOICES(X) X(MX_CONFIG_BAD_SKIP, "skip") X(MX_CONFIG_BAD_FAIL, "fail")
#define MX_CONFIG_SCALING_CHOICES(X)                                                               \
    X(MX_CONFIG_SCALING_UNIT, "unit")                                                              \
    X(MX_CONFIG_SCALING_SIGNED, "signed") X(MX_CONFIG_SCALING_IMAGENET, "imagenet")
#define MX_CONFIG_AUGMENT_CHOICES(X)                                                               \
    X(MX_CONFIG_AUGMENT_NONE, "none")                                                              \
    X(MX_CONFIG_AUGMENT_SEED, "seed")                                                              \
    X(MX_CONFIG_AUGMENT_CROP_FLIP, "crop-flip") X(MX_CONFIG_AUGMENT_LIST, "list")
#define MX_CONFIG_LAMBDA_CHOICES(X)                                                                \
    X(MX_CONFIG_LAMBDA_PER_SAMPLE, "sample") X(MX_CONFIG_LAMBDA_PER_BATCH, "batch")
#define MX_CONFIG_OPTIMIZER_CHOICES(X) X(MX_CONFIG_OPTIMIZER_ADAM, "adam")
#define MX_CONFIG_SCHEDULE_CHOICES(X)                                                              \
    X(MX_CONFIG_SCHEDULE_CONSTANT, "constant")                                                     \
    X(MX_CONFIG_SCHEDULE_COSINE, "cosine") X(MX_CONFIG_SCHEDULE_STEP, "step")
#define MX_CONFIG_BEST_CHOICES(X)                                                                  \
    X(MX_CONFIG_BEST_ACCURACY, "accuracy")                                                         \
    X(MX_CONFIG_BEST_F1, "f1") X(MX_CONFIG_BEST_LOSS, "loss")
#define MX_CONFIG_FREEZE_CHOICES(X)                                                                \
    X(MX_CONFIG_FREEZE_NONE, "none")                                                               \
    X(MX_CONFIG_FREEZE_STEM, "stem") X(MX_CONFIG_FREEZE_BACKBONE, "backbone")
#define MX_CONFIG_DECAY_CHOICES(X)                                                                 \
    X(MX_CONFIG_DECAY_DECOUPLED, "decoupled") X(MX_CONFIG_DECAY_COUPLED, "coupled")
#define MX_CONFIG_METHOD_CHOICES(X)                                                                \
    X(MX_CONFIG_METHOD_MIXMATCH, "mixmatch") X(MX_CONFIG_METHOD_SUPERVISED, "supervised")
#define MX_CONFIG_LAST_BATCH_CHOICES(X)                                                            \
    X(MX_CONFIG_LAST_BATCH_FILL, "fill") X(MX_CONFIG_LAST_BATCH_SHORT, "short")
#define MX_CONFIG_CONV_CHOICES(X)                                                                  \
    X(MX_CONFIG_CONV_AUTO, "auto")                                                                 \
    X(MX_CONFIG_CONV_REFERENCE, "reference")                                                       \
    X(MX_CONFIG_CONV_GEMM, "gemm")                                                                 \
    X(MX_CONFIG_CONV_DIRECT, "direct")                                                             \
    X(MX_CONFIG_CONV_WINOGRAD, "winograd") X(MX_CONFIG_CONV_WINOGRAD_GEMM, "winograd-gemm")
#define MX_CONFIG_TUNE_CHOICES(X)                                                                  \
    X(MX_CONFIG_TUNE_OFF, "off") X(MX_CONFIG_TUNE_AUTO, "auto") X(MX_CONFIG_TUNE_FULL, "full")
#define MX_CONFIG_DELIMITER_CHOICES(X)                                                             \
    X(MX_CONFIG_DELIMITER_AUTO, "auto")                                                            \
    X(MX_CONFIG_DELIMITER_COMMA, "comma")                                                          \
    X(MX_CONFIG_DELIMITER_SEMICOLON, "semicolon")                                                  \
    X(MX_CONFIG_DELIMITER_TAB, "tab") X(MX_CONFIG_DELIMITER_PIPE, "pipe")
/* These follow mx_source_kind, mx_split and mx_label_other of data/dataset.h. */
#define MX_CONFIG_KIND_CHOICES "|folder|idx|table|cifar10|mafa"
#define MX_CONFIG_SPLIT_CHOICES "|train|test|unlabelled"
#define MX_CONFIG_LABEL_OTHER_CHOICES "|auto|fail|drop|unlabelled"

/* The default of log.tensorboard: true where it can be had. */
#ifdef MIXCL_WITH_TENSORBOARD
#define MX_CONFIG_TENSORBOARD "true"
#else
#define MX_CONFIG_TENSORBOARD "false"
#endif

#define MX_CHOICE_ENUM(id, word) id,
#define MX_CHOICE_TEXT(id, word) "|" word

enum mx_config_bad { MX_CONFIG_BAD_CHOICES(MX_CHOICE_ENUM) };
enum mx_config_scaling { MX_CONFIG_SCALING_CHOICES(MX_CHOICE_ENUM) };
enum mx_config_augment { MX_CONFIG_AUGMENT_CHOICES(MX_CHOICE_ENUM) };
enum mx_config_lambda { MX_CONFIG_LAMBDA_CHOICES(MX_CHOICE_ENUM) };
enum mx_config_optimizer { MX_CONFIG_OPTIMIZER_CHOICES(MX_CHOICE_ENUM) };
enum mx_config_schedule { MX_CONFIG_SCHEDULE_CHOICES(MX_CHOICE_ENUM) };
enum mx_config_best { MX_CONFIG_BEST_CHOICES(MX_CHOICE_ENUM) };
enum mx_config_freeze { MX_CONFIG_FREEZE_CHOICES(MX_CHOICE_ENUM) };
enum mx_config_decay { MX_CONFIG_DECAY_CHOICES(MX_CHOICE_ENUM) };
enum mx_config_method { MX_CONFIG_METHOD_CHOICES(MX_CHOICE_ENUM) };
enum mx_config_last_batch { MX_CONFIG_LAST_BATCH_CHOICES(MX_CHOICE_ENUM) };
enum mx_config_conv { MX_CONFIG_CONV_CHOICES(MX_CHOICE_ENUM) };
enum mx_config_tune { MX_CONFIG_TUNE_CHOICES(MX_CHOICE_ENUM) };
enum mx_config_delimiter { MX_CONFIG_DELIMITER_CHOICES(MX_CHOICE_ENUM) };

enum { MX_CONFIG_HEAD_SIZES = 8 };

/* train.eval_every, parsed. */
typedef enum mx_eval_when { MX_EVAL_EPOCH, MX_EVAL_END, MX_EVAL_STEPS } mx_eval_when;

/* train.save_every, parsed. */
typedef enum mx_save_when {
    MX_SAVE_EPOCH,
    MX_SAVE_END,
    MX_SAVE_STEPS,
    MX_SAVE_MINUTES
} mx_save_when;

/* A LIST value; items is NULL when count is 0. */
typedef struct mx_list {
    const char **items;
    int count;
} mx_list;

typedef enum mx_key_type {
    MX_KEY_INT,
    MX_KEY_REAL,
    MX_KEY_BOOL,
    MX_KEY_TEXT,
    MX_KEY_PATH,
    MX_KEY_CHOICE,
    MX_KEY_LIST
} mx_key_type;

/* A row of config.def. */
typedef struct mx_key {
    const char *section; /* "source" for the keys of every [source.NAME] */
    const char *name;
    mx_key_type type;
    const char *fallback; /* the default, as it would be written in the file */
    const char *range;    /* see config.def; "" when there is nothing to say */
    const char *help;
    size_t offset; /* of the field in mx_config, or in mx_config_source */
} mx_key;

typedef enum mx_origin_kind {
    MX_FROM_DEFAULT,
    MX_FROM_FILE,
    MX_FROM_ENVIRONMENT,
    MX_FROM_SET
} mx_origin_kind;

/* What a key was set to, and by whom. */
typedef struct mx_key_value {
    const char *text;  /* as written; PATH values resolved */
    const char *where; /* "default", "FILE:LINE", the variable, "--set SECTION.KEY=VALUE" */
    mx_origin_kind kind;
} mx_key_value;

#define MX_FIELD_INT int64_t
#define MX_FIELD_REAL double
#define MX_FIELD_BOOL bool
#define MX_FIELD_TEXT const char *
#define MX_FIELD_PATH const char *
#define MX_FIELD_CHOICE int
#define MX_FIELD_LIST mx_list

enum {
    MX_N_KEYS = 0
#define MX_KEY(section, key, TYPE, fallback, range, help) +1
#include "train/config.def"
    ,
    MX_N_SOURCE_KEYS = 0
#define MX_SOURCE_KEY(key, TYPE, fallback, range, help) +1
#include "train/config.def"
};

/* One [source.NAME] section; kind and split hold mx_source_kind and mx_split of data/dataset.h. */
typedef struct mx_config_source {
    const char *section; /* "source.NAME" */
    const char *name;    /* NAME */
#define MX_SOURCE_KEY(key, TYPE, fallback, range, help) MX_FIELD_##TYPE key;
#include "train/config.def"
    mx_key_value values[MX_N_SOURCE_KEYS]; /* in config.def's order */
} mx_config_source;

/* A line of [sweep], as it stands: what `mixcl sweep` varies; see train/sweep.h. */
typedef struct mx_config_vary {
    const char *name, *text;
    const char *where; /* "FILE:LINE" */
} mx_config_vary;

struct mx_config {
#define MX_KEY(section, key, TYPE, fallback, range, help) MX_FIELD_##TYPE section##_##key;
#include "train/config.def"
    mx_config_source *sources; /* in the file's order */
    int n_sources;
    mx_config_vary *varied; /* in the file's order; a run is as it would be without them */
    int n_varied;

    int64_t device_data_mib;     /* of device.data_memory; -1: auto */
    int data_height, data_width; /* of data.size */
    bool model_head_keep;        /* of model.head */
    int32_t model_head_sizes[MX_CONFIG_HEAD_SIZES];
    int model_head_count;
    /* Of augment.labelled and its ops, and of the unlabelled; no steps for none and crop-flip. */
    mx_augment_program labelled_program, unlabelled_program;
    mx_lr_schedule lr_schedule;   /* of [optimizer]; its `steps` is left to who knows the run */
    mx_eval_when train_eval_when; /* of train.eval_every */
    mx_save_when train_save_when; /* of train.save_every */
    int64_t train_save_count;     /* steps or minutes between checkpoints, else 0 */
    int64_t train_eval_steps;     /* steps between evaluations for MX_EVAL_STEPS, else 0 */

    const char *path;               /* of the INI file, as given */
    const char *folder;             /* that holds it, absolute */
    mx_key_value values[MX_N_KEYS]; /* in config.def's order */
    size_t source_capacity, vary_capacity;
    mx_arena arena;
};

/* The rows of config.def: MX_N_KEYS and MX_N_SOURCE_KEYS of them. */
extern const mx_key mx_config_keys[];
extern const mx_key mx_config_source_keys[];

/* "int", "real", "bool", "text", "path", "choice" or "list". */
const char *mx_key_type_name(mx_key_type type);

/* Appends the range as people read it: "1..8", "0..1, below 1", "a, b or c"; nothing when the key
 * takes anything. */
void mx_key_describe_range(mx_buf *out, const mx_key *key);

/* Appends the whole configuration as INI text, each key followed by a comment that says where its
 * value came from: default, FILE:LINE, environment VARIABLE or --set. Fails with MX_MEMORY. */
mx_status mx_config_print(const mx_config *config, mx_buf *out);

/* Appends the whole configuration as INI text that mx_config_open reads into the same values from
 * any folder. Fails with MX_MEMORY. */
mx_status mx_config_write_resolved(const mx_config *config, mx_buf *out);

/* The values as {"SECTION": {"KEY": value}}, sources as {"source": {"NAME": {"KEY": value}}}.
 * Numbers and booleans are typed, lists are arrays. Released with json_decref(). Fails with
 * MX_MEMORY. */
mx_status mx_config_to_json(const mx_config *config, json_t **out);

/* The same tree with the origin of each value, as in mx_config_print, in its place. */
mx_status mx_config_origins_to_json(const mx_config *config, json_t **out);

/* All rows as [{"section", "key", "type", "default", "range", "choices", "help"}]; "choices" only
 * for type choice, "range" only where there is one. Fails with MX_MEMORY. */
mx_status mx_config_keys_to_json(json_t **out);

#endif
