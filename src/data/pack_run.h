/* Decoding many pictures at a time. */
#ifndef MX_DATA_PACK_RUN_H
#define MX_DATA_PACK_RUN_H

#include "data/pack_file.h"
#include "data/source.h"

/* Why a picture could not be packed. */
typedef struct mx_fault {
    mx_status status; /* MX_OK: it could */
    char *message;    /* NULL when there was no memory for it */
} mx_fault;

/* Decoding all pictures of a list, chunk by chunk, on all processors. */
typedef struct mx_pack_job {
    const mx_data_spec *spec;
    const mx_pictures *list;
    mx_fault *faults;       /* one per picture, in and out */
    uint8_t *pixels;        /* a slot per picture, or NULL */
    mx_pack_writer *writer; /* takes the chunks that it lacks, or NULL; without both, none does */
    size_t n_decoded;       /* out */
    double elapsed_ms;      /* out */
} mx_pack_job;

/* Runs the job. A picture that cannot be used becomes a fault; the first in order that ends loading
 * (no memory, or any where the specification skips none) stops it. Fails with MX_WRITE when the
 * writer does, or MX_MEMORY; faults are not failures. */
mx_status mx_pack_run(mx_pack_job *job);

#endif
