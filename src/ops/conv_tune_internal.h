/* What the files of the tuner share. */
#ifndef MX_OPS_CONV_TUNE_INTERNAL_H
#define MX_OPS_CONV_TUNE_INTERNAL_H

#include <stdint.h>

#include <jansson.h>

#include "ops/conv_tune.h"

enum {
    MX_TUNE_KEY_BYTES = 192,
    MX_TUNE_CHECK_IMAGES = 2 /* that an answer is compared on */
};
#define MX_TUNE_HASH_BASIS UINT64_C(14695981039346656037)

/* A direction of a shape that somebody asked for. */
typedef struct mx_tune_job {
    mx_conv_tuned tuned; /* best.algorithm is NULL where the built-in choice stays */
    mx_i32 rows;         /* the batch asked for; memory may allow only a smaller tuned.shape.n */
    mx_i32 most_rows;    /* of the plan */
    const char *only;    /* name of the algorithm to stay with, or NULL */
    bool checked;        /* not timed: the first built-in choice that agrees is taken */
    const mx_conv_algorithm *built_in; /* the plan's choice, to be checked first */
    bool known, measured;              /* known: nothing is left to do */
} mx_tune_job;

typedef struct mx_tune_candidate {
    const mx_conv_algorithm *algorithm;
    mx_conv_params params;
    int tier;      /* tried where the tiers before have nothing */
    bool built_in; /* what the algorithm takes without measurement */
    bool in;       /* to be timed again */
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
    bool patient;                  /* there is no deadline */
    double deadline_ms;            /* by mx_now_ms, for parameters that are not built in */
    struct mx_tune_failure {
        const mx_conv_algorithm *algorithm;
        mx_conv_params params;
    } * failures; /* what was left out, for whatever shape */
    size_t n_failures, failures_capacity;
    json_t *known, *fresh; /* entries of the cache, and those measured since, by key */
};

/* mx_conv_tuner_open with a list of algorithms of the caller's. */
mx_status mx_conv_tuner_open_with(mx_conv_tuner **out, mx_device *device, mx_tune_mode mode,
                                  const mx_conv_algorithm *const *algorithms, size_t count);

/* "forward n192 c32 k32 h32 w32 r3 s3 stride1 pad1", then " only NAME" where one is wanted. */
void mx_tune_key(const mx_tune_job *job, char key[MX_TUNE_KEY_BYTES]);

/* FNV-1a of `count` bytes, going on from `hash`. */
uint64_t mx_tune_hash(uint64_t hash, const void *bytes, size_t count);

/* Fills tuner->candidates with what the device's memory allows for the job; returns how many. */
size_t mx_tune_list_candidates(mx_conv_tuner *tuner, const mx_tune_job *job);

/* Bytes that one buffer of a measurement may have. */
size_t mx_tune_buffer_limit(const mx_device *device);

/* conv_tune_scratch.c: operands of made-up numbers, enough for every job. */
typedef struct mx_tune_scratch {
    mx_buffer *first, *second, *result, *workspace;
} mx_tune_scratch;
/* Lowers each job's tuned.shape.n as far as memory asks for, then allocates once. Fails with
 * MX_MEMORY or MX_OPENCL. */
mx_status mx_tune_scratch_init(mx_tune_scratch *scratch, mx_conv_tuner *tuner,
                               mx_tune_job *const *jobs, size_t count);
void mx_tune_scratch_release(mx_tune_scratch *scratch);
/* A job's operands for `shape`: the inputs lie in first and second, the output in result. */
mx_conv_operands mx_tune_operands(const mx_tune_scratch *scratch, const mx_conv_shape *shape,
                                  mx_conv_direction direction);
/* The operand that a direction computes. */
mx_tensor mx_tune_result(const mx_conv_operands *operands, mx_conv_direction direction);

/* conv_tune_check.c: the reference's answer for a small batch. */
typedef struct mx_tune_answer {
    mx_conv_direction direction;
    mx_conv_shape shape;
    mx_conv_operands operands;
    mx_tensor result;
    float *expected, *got;
} mx_tune_answer;
mx_status mx_tune_answer_init(mx_tune_answer *answer, mx_device *device,
                              const mx_tune_scratch *scratch, const mx_tune_job *job);
void mx_tune_answer_release(mx_tune_answer *answer);
/* Fails when the candidate cannot be built or run, or says something else. */
mx_status mx_tune_answer_check(const mx_tune_answer *answer, mx_device *device,
                               const mx_tune_candidate *candidate);

/* conv_tune_measure.c: checks and times a job's candidates and sets its best and next; warns of
 * those that fail. Fails when none works. */
mx_status mx_tune_measure(mx_conv_tuner *tuner, const mx_tune_scratch *scratch, mx_tune_job *job);

/* conv_tune_cache.c */
/* Sets tuner->known and tuner->fresh. Fails with MX_MEMORY; no file or a bad one is an empty cache.
 */
mx_status mx_tune_cache_load(mx_conv_tuner *tuner);
/* Merges tuner->fresh into the file. Fails with MX_WRITE or MX_MEMORY. */
mx_status mx_tune_cache_save(mx_conv_tuner *tuner);
/* The job's entry, where it has a usable one. */
bool mx_tune_cache_find(mx_conv_tuner *tuner, const mx_tune_job *job, mx_conv_timed *out);
/* Adds an entry for a measured job. Fails with MX_MEMORY. */
mx_status mx_tune_cache_put(mx_conv_tuner *tuner, const mx_tune_job *job);

#endif
