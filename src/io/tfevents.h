/* Event files, which TensorBoard reads: scalars, pictures, histograms, the network's graph and
 * hyper-parameters of a run, each with the step it belongs to. Every call writes one whole record
 * and hands it to the system, so that a TensorBoard that is looking on shows it.
 *
 * Calls fail with MX_WRITE ("cannot write 'FILE': reason") or MX_MEMORY. Texts are UTF-8. */
#ifndef MX_IO_TFEVENTS_H
#define MX_IO_TFEVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/image.h"

typedef struct mx_tfevents mx_tfevents;

/* Creates events.out.tfevents.SECONDS.HOST.PROCESS in `folder`. SECONDS is the time of day, or more
 * where `folder` has such a file already: readers take files in the order of their names. */
mx_status mx_tfevents_open(mx_tfevents **out, const char *folder);
void mx_tfevents_close(mx_tfevents *file);
/* Whether the folder had no event files before. */
bool mx_tfevents_is_first(const mx_tfevents *file);

/* Says that a run goes on: what earlier files hold of step `step` and later ones is void. */
mx_status mx_tfevents_restart(mx_tfevents *file, uint64_t step);

/* A tag such as "test/accuracy": what stands before '/' is the chart's group. */
typedef struct mx_tfscalar {
    const char *tag;
    double value; /* stored as float */
} mx_tfscalar;
mx_status mx_tfevents_scalars(mx_tfevents *file, uint64_t step, const mx_tfscalar *scalars,
                              size_t count);

/* Stored as PNG. */
mx_status mx_tfevents_image(mx_tfevents *file, uint64_t step, const char *tag,
                            const mx_image *image);

/* In TensorFlow's buckets, whose ends are 0 and +-1e-12 times powers of 1.1. What is not finite
 * does not count. */
mx_status mx_tfevents_histogram(mx_tfevents *file, uint64_t step, const char *tag,
                                const float *values, size_t count);

enum { MX_TFNODE_INPUTS = 2 };

/* A node of the graph. In its name '/' separates scopes, which are drawn as boxes. */
typedef struct mx_tfnode {
    const char *name, *op;
    const char *inputs[MX_TFNODE_INPUTS]; /* names of nodes; NULL past the last */
    int32_t h, w, c;                      /* of the output, for each picture */
    uint64_t parameters;
} mx_tfnode;
mx_status mx_tfevents_graph(mx_tfevents *file, const mx_tfnode *nodes, size_t count);

typedef enum mx_tfhparam_type {
    MX_TFHPARAM_NUMBER,
    MX_TFHPARAM_BOOL,
    MX_TFHPARAM_TEXT
} mx_tfhparam_type;

typedef struct mx_tfhparam {
    const char *name;
    mx_tfhparam_type type;
    double number; /* of a BOOL 0 or 1 */
    const char *text;
    bool differs; /* between runs: shown before the others */
} mx_tfhparam;
/* The hyper-parameters that a run starts with; `metrics` are tags of the scalars that judge it. */
mx_status mx_tfevents_hparams(mx_tfevents *file, const mx_tfhparam *hparams, size_t count,
                              const char *const *metrics, size_t n_metrics);
/* Whether it came to its end. */
mx_status mx_tfevents_finish(mx_tfevents *file, bool success);

#endif
