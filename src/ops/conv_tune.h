/* Which algorithm, with which parameters, is fastest for a convolution on this device: measured
 * once, remembered in a file.
 *
 * A network notes its convolutions with mx_conv_tuner_plan, has the unknown ones measured together
 * by mx_conv_tuner_measure, and plans again. Candidates are every supporting algorithm of
 * mx_conv_algorithms with each of its parameters. A candidate may win only if its answer agrees
 * with that of the reference; one that fails to build, to run or to agree is left out with a
 * warning. Where nothing is measured, that still holds of the built-in choices.
 *
 * Times are wall time of several runs up to the end of the queue, since a product inside CLBlast
 * and the gaps between launches have no event of their own. Candidates take turns, so that what
 * disturbs the machine disturbs them all, and the fastest run of each counts. A difference below 2
 * % goes to the earlier candidate. Choices depend on timing, so equal seeds give equal bits for
 * equal caches.
 *
 * The cache is $MIXCL_CACHE_DIR/tune-HASH.json (see mx_cache_folder), a file for each platform,
 * device, driver, number of compute units, version of mixcl and text of the kernels. Its header
 * names them in the clear. A file that is damaged or not of this device is dropped; an entry is
 * used as long as it is among today's candidates for its shape. Entries are not verified again: the
 * kernels' hash stands for that. The file is replaced by a rename, after new entries were merged
 * with those of other processes. */
#ifndef MX_OPS_CONV_TUNE_H
#define MX_OPS_CONV_TUNE_H

#include "ops/conv.h"

typedef enum mx_tune_mode {
    MX_TUNE_OFF,    /* built-in choices that answer rightly */
    MX_TUNE_CACHED, /* what the cache knows, else the same */
    MX_TUNE_AUTO,   /* measures what the cache lacks, without candidates that cannot win */
    MX_TUNE_FULL    /* measures every candidate, unless the cache has that */
} mx_tune_mode;

/* A NULL tuner leaves every plan as it is. */
typedef struct mx_conv_tuner mx_conv_tuner;

/* Reads the cache. Fails with MX_MEMORY, or MX_DATA when $MIXCL_KERNEL_DIR lacks a kernel. */
mx_status mx_conv_tuner_open(mx_conv_tuner **out, mx_device *device, mx_tune_mode mode);
/* Before the device's. */
void mx_conv_tuner_close(mx_conv_tuner *tuner);

/* Makes everything unknown, so that it is measured anew, however long that takes. */
void mx_conv_tuner_forget(mx_conv_tuner *tuner);

typedef struct mx_conv_tuning {
    const char *wanted; /* "auto", or the algorithm whose parameters are to be chosen */
    mx_i32 rows;        /* the batch to measure with; the choice is for smaller ones too */
    bool needed[MX_CONV_DIRECTIONS];
} mx_conv_tuning;

/* Puts the known choices into `plan`, and notes the directions that are not known. Fails with
 * MX_MEMORY. */
mx_status mx_conv_tuner_plan(mx_conv_tuner *tuner, mx_conv_plan *plan,
                             const mx_conv_tuning *tuning);

/* Measures what was noted, the costliest first, writes the cache and lets go of its memory on the
 * device. *measured is how many directions of shapes that was. With MX_TUNE_AUTO, after half a
 * minute only the built-in parameters of each algorithm are compared; with MX_TUNE_OFF and
 * MX_TUNE_CACHED built-in choices are only held to the reference, in the plan's order, until one
 * agrees. A cache that cannot be written, or memory that is not there, is a warning. Fails with
 * MX_MEMORY of the host, and with MX_OPENCL where nothing that is allowed answers rightly: no
 * network runs on a kernel that is known to be wrong. */
mx_status mx_conv_tuner_measure(mx_conv_tuner *tuner, size_t *measured);

typedef struct mx_conv_timed {
    const mx_conv_algorithm *algorithm; /* NULL: there is none */
    mx_conv_params params;
    double ms;
} mx_conv_timed;

typedef struct mx_conv_tuned {
    mx_conv_shape shape; /* n is the batch of the measurement */
    mx_conv_direction direction;
    mx_conv_timed best, next;
} mx_conv_tuned;

/* The i-th direction of a shape that this tuner measured, in the order noted; false past the last.
 */
bool mx_conv_tuner_result(const mx_conv_tuner *tuner, size_t i, mx_conv_tuned *out);

/* {"tile": 4, "tiles": 32}: an algorithm's parameters by name, a new object for json_decref(); NULL
 * out of memory. */
struct json_t *mx_conv_params_json(const mx_conv_algorithm *algorithm,
                                   const mx_conv_params *params);

#endif
