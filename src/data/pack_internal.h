/* What the files pack*.c share. */
#ifndef MX_DATA_PACK_INTERNAL_H
#define MX_DATA_PACK_INTERNAL_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "data/pack.h"
#include "data/pack_file.h"

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

/* The key of the list's packed file, as text; false when the list has pictures without a file. */
bool mx_pack_key(char key[2 * MX_SHA256_BYTES + 1], const mx_data_spec *spec,
                 const mx_pictures *list);

/* Writes one CSV row for every fault, after a header. Fails with MX_WRITE or MX_MEMORY. */
mx_status mx_pack_write_report(const char *path, const mx_fault *faults, const mx_pictures *list);

#endif
