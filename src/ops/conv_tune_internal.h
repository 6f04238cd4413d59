/* What the files of the tuner share. */
#ifndef MX_OPS_CONV_TUNE_INTERNAL_H
#define MX_OPS_CONV_TUNE_INTERNAL_H

#include <stdint.h>

#include <jansson.h>

#include "ops/conv_tune.h"

enum { MX_TUNE_KEY_BYTES = 192 };

/* A direction of a shape that somebody asked for. */
typedef struct mx_tune_job {
    mx_conv_tuned tuned;  /* best.algorithm is NULL where the built-in choice stays */
    mx_i32 rows;          /* the batch asked for; memory may allow only a smaller tuned.shape.n */
    mx_i32 most_rows;     /* of the plan */
    const char *only;     /* name of the algorithm to stay with, or NULL */
    bool known, measured; /* known: nothing is left to do */
} mx_tune_job;

typedef struct mx_tune_candidate {
    const mx_conv_algorithm *algorithm;
    mx_conv_params params;
    int tier;      /* tried where the tiers before have nothing */
    bool built_in; /* what the algorithm takes without measurement */
    bool in;       /* answers correctly, and may still win */
    int repeats;   /* runs in a sample */
    double ms;     /* of a run, in the fastest sample; 0: not timed */
} mx_tune_candidate;

enum { MX_TUNE_TIERS = 3 };

struct mx_conv_tuner {
    mx_device *device;
    mx_tune_mode mode;
    const mx_conv_algorithm *const *algorithms;
    size_t n_algorithms;
    mx_tune_job *jobs;
    size_t n_jobs, jobs_capacity;
    mx_tune_candidate *candidates; /* room for all of a job */
    uint64_t kernels;              /* hash of their text */
    json_t *known, *fresh;         /* entries of the cache, and those measured since, by key */
};

/* mx_conv_tuner_open with a list of algorithms of the caller's. */
mx_status mx_conv_tuner_open_with(mx_conv_tuner **out, mx_device *device, mx_tune_mode mode,
                                  const mx_conv_algorithm *const *algorithms, size_t count);

/* "forward n192 c32 k32 h32 w32 r3 s3 stride1 pad1", then " only NAME" where one is wanted. */
void mx_tune_key(const mx_tune_job *job, char key[MX_TUNE_KEY_BYTES]);

/* Fills tuner->candidates with what the device's memory allows for the job; returns how many. */
size_t mx_tune_list_candidates(mx_conv_tuner *tuner, const mx_tune_job *job);

/* Bytes that one buffer of a measurement may have. */
size_t mx_tune_buffer_limit(const mx_device *device);

/* conv_tune_scratch.c: operands of made-up numbers, enough for every job. */
typedef struct mx_tune_scratch {
    mx_buffer *first, *second, *result, *workspace;
} mx_tune_scratch;
/* Lowers each job's tuned.shape.n as far as memory asks for, then allocates once. Fails with MX_MEMORY
 * or MX_OPENCL. */
mx_status mx_tune_scratch_init(mx_tune_scratch *scratch, mx_conv_tuner *tuner, mx_tune_job *const *jobs, size_t count);
void mx_tune_scratch_release(mx_tune_scratch *scratch);
/* A job's operands for `shape`: the inputs lie in first and second, the output in result. */
mx_conv_operands mx_tune_operands(const mx_tune_scratch *scratch, const mx_conv_shape *shape,
                                  mx_conv_direction direction);
/* The operand that a direction computes. */
mx_tensor mx_tune_result(const mx_conv_operands *operands, mx_conv_direction direction);

/* conv_tune_check.c: sets `in` of the candidates of `tier` that answer as the reference does for a
 * small batch, and *right to their number; warns of the others. With `built_in_only` the rest are not
 * tried. Fails when the reference does. */
mx_status mx_tune_check_answers(mx_conv_tuner *tuner, const mx_tune_scratch *scratch, const mx_tune_job *job,
                                size_t n_candidates, int tier, bool built_in_only, size_t *right);
/* Warns that a candidate is not used, for the reason that mx_error() has. */
void mx_tune_warn(const mx_tune_candidate *candidate, const mx_tune_job *job);

/* conv_tune_measure.c: times a job's candidates and sets its best and next. `built_in_only`: only each
 * algorithm's built-in choice. Fails when nothing can be measured. */
mx_status mx_tune_measure(mx_conv_tuner *tuner, const mx_tune_scratch *scratch, mx_tune_job *job,
                          bool built_in_only);

/* conv_tune_cache.c */
/* Sets tuner->known and tuner->fresh. Fails with MX_MEMORY; no file or a bad one is an empty cache. */
mx_status mx_tune_cache_load(mx_conv_tuner *tuner);
/* Merges tuner->fresh into the file. Fails with MX_WRITE or MX_MEMORY. */
mx_status mx_tune_cache_save(mx_conv_tuner *tuner);
/* The job's entry, where it has a usable one. */
bool mx_tune_cache_find(mx_conv_tuner *tuner, const mx_tune_job *job, mx_conv_timed *out);
/* Adds an entry for a measured job. Fails with MX_MEMORY. */
mx_status mx_tune_cache_put(mx_conv_tuner *tuner, const mx_tune_job *job);

#endif
