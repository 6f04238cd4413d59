/* A data set: every picture decoded and resized once into packed uint8, a label each, and the index
 * lists of the splits. Host memory or a mapped file; the device copy belongs to train/. */
#ifndef MX_DATA_DATASET_H
#define MX_DATA_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum mx_source_kind {
    MX_SOURCE_FOLDER,
    MX_SOURCE_IDX,
    MX_SOURCE_TABLE,
    MX_SOURCE_CIFAR10,
    MX_SOURCE_MAFA
} mx_source_kind;
typedef enum mx_split { MX_SPLIT_TRAIN, MX_SPLIT_TEST, MX_SPLIT_UNLABELLED } mx_split;

/* What becomes of a training or test picture whose label is none of the classes. */
typedef enum mx_label_other {
    MX_LABEL_OTHER_AUTO, /* DROP where there is a label_map, else FAIL */
    MX_LABEL_OTHER_FAIL,
    MX_LABEL_OTHER_DROP,
    MX_LABEL_OTHER_UNLABELLED /* it trains without a label */
} mx_label_other;

/* One [source.NAME] section. Paths are absolute or relative to the working folder; texts that do
 * not apply are "" or NULL. */
typedef struct mx_source_spec {
    const char *name; /* NAME, for messages */
    mx_source_kind kind;
    mx_split split;
    const char *images; /* folder, table, mafa: a folder or a .zip; idx, cifar10: the file, or for
                           cifar10 the folder of batches */
    const char *labels; /* idx: the labels file, "" for split = unlabelled; table: the table; mafa:
                           the .mat file */
    const char *label;  /* folder: "" takes the class from the sub-folder, else this class for all;
                           table: a template over the columns (data/source_template.h) */
    const char *path;   /* table: a template for a picture's name in `images` */
    const char *sheet;  /* table: of an .xlsx; "" is the first */
    char delimiter;     /* table: as in mx_table_options */
    bool no_header;     /* table: the first row is a picture's already */
    const char *const *label_map; /* "VALUE:CLASS" for folder, table and mafa */
    int n_label_map;
    mx_label_other label_other;
    const char *const *box; /* table: columns of x, y, width and height, or NULL */
    double margin;          /* table, mafa: share of its size that a box is widened by, each side */
    const char *group;      /* table: a column; folder: "folder" for the folder that it is in */
    bool ignore_case;       /* table, mafa: in names of pictures */
} mx_source_spec;

/* Where the packed pictures are kept (data/pack.h). */
typedef enum mx_pack_mode {
    MX_PACK_MEMORY, /* in memory, decoded at every load */
    MX_PACK_AUTO,   /* in a file of `folder`, or with a warning in memory where that cannot be */
    MX_PACK_FILE,   /* in a file of `folder`, or loading fails with MX_WRITE */
    MX_PACK_CHECK   /* nowhere: every picture is decoded, and `pixels` stays NULL */
} mx_pack_mode;

/* How far decoding has come, of the pictures that are not in a packed file yet. */
typedef struct mx_pack_progress {
    size_t done, total, bad;
} mx_pack_progress;

/* Called after every picture that was decoded, from any thread but one at a time. */
typedef void mx_pack_listener(void *context, const mx_pack_progress *progress);

typedef struct mx_pack_spec {
    mx_pack_mode mode;
    const char *folder; /* made when absent; also where the report goes; NULL: none */
    const char *report; /* the CSV file of pictures that cannot be used; NULL: in `folder`, and only
                           where there are any */
    bool verify;        /* hold every picture of a file that is there to its checksum */
    mx_pack_listener *listener; /* or NULL */
    void *context;              /* the listener's */
} mx_pack_spec;

/* The [data] section. */
typedef struct mx_data_spec {
    int height, width;          /* pixels of every packed picture, 1..4096 */
    int channels;               /* 1 grey or 3 RGB */
    const char *const *classes; /* class names in label order, or NULL: taken from the sources */
    int n_classes;
    int64_t labelled;   /* training rows that keep their label; 0 means all */
    int64_t validation; /* rows held out of the training rows, to choose the best weights */
    double test;        /* share of the training rows held out before that, for the test; 0..<1 */
    bool group;         /* pictures of a group stay on one side of what is held out */
    uint64_t seed;      /* of the split */
    bool skip_bad;      /* unreadable pictures: skip and report, else fail */
    double bad_limit;   /* share of unreadable pictures above which loading fails */
    bool
        fast_decode; /* decode a JPEG at 1/2, 1/4 or 1/8 where that leaves twice the size or more */
    bool exif;       /* turn and mirror as EXIF says */
    bool names;      /* keep the pictures' names */
    mx_pack_spec pack;
} mx_data_spec;

/* Row lists index pictures; a picture is in exactly one of train-labelled, unlabelled, validation
 * and test, except that pictures of no class appear in unlabelled only. */
typedef struct mx_rows {
    uint32_t *index;
    size_t count;
} mx_rows;

/* What packing did. */
typedef struct mx_pack_facts {
    char *file;        /* the packed file that `pixels` lies in, or NULL */
    uint64_t bytes;    /* of that file */
    char *report;      /* the CSV file that was written, or NULL */
    size_t n_decoded;  /* pictures that had to be decoded */
    double elapsed_ms; /* that took */
} mx_pack_facts;

typedef struct mx_dataset {
    int height, width, channels;
    int n_classes;
    char **class_names; /* n_classes strings */
    size_t n_pictures;
    const uint8_t *pixels; /* n_pictures x height x width x channels */
    int32_t
        *labels; /* the true class, also of rows whose label training does not see; -1 unknown */
    mx_rows labelled, unlabelled, validation, test;
    char **names; /* n_pictures: each within its folder or archive, "SOURCE NUMBER" where it has no
                     file; NULL unless they were asked for */
    size_t n_bad; /* pictures that could not be used */
    mx_pack_facts pack;
    void *memory; /* holds pixels: `mapped_bytes` of mapped pages, anonymous ones or a file's */
    size_t mapped_bytes;
} mx_dataset;

/* Loads and splits. The labelled rows are drawn stratified by class: each class gets its share of
 * `labelled` by largest remainder and at least one row, chosen by `seed` alone.
 * Fails with MX_DATA (missing, damaged or inconsistent input, an empty class, fewer rows than
 * asked; the message has counts, the file and the remedy), MX_WRITE (the packed file of
 * MX_PACK_FILE, spec->pack.report) or MX_MEMORY. Release with mx_dataset_release. */
mx_status mx_dataset_load(mx_dataset *out, const mx_data_spec *spec, const mx_source_spec *sources,
                          int n_sources);
void mx_dataset_release(mx_dataset *dataset);

/* The rows whose true class is `label`; -1 counts those of no class. */
size_t mx_dataset_count(const mx_dataset *dataset, const mx_rows *rows, int32_t label);

/* Bytes of `pixels`. */
size_t mx_dataset_bytes(const mx_dataset *dataset);

#endif
