/* Safetensors files: a JSON header and raw little-endian tensors, float32 only. The format is that
 * of the Python package safetensors. */
#ifndef MX_IO_TENSORFILE_H
#define MX_IO_TENSORFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

enum { MX_TENSOR_RANK = 8 };

/* A tensor inside a file that was read, or to be written. */
typedef struct mx_file_tensor {
    const char *name;
    int rank; /* 0..MX_TENSOR_RANK */
    int64_t dims[MX_TENSOR_RANK];
    const float *data; /* product of dims floats, 4-byte aligned */
    size_t count;
} mx_file_tensor;

/* A "__metadata__" entry. */
typedef struct mx_file_note {
    const char *key, *text;
} mx_file_note;

typedef struct mx_tensorfile {
    mx_file_tensor *tensors; /* in the header's order */
    size_t n_tensors;
    mx_file_note *notes;
    size_t n_notes;
    mx_buf bytes; /* the file; tensors point into it */
    void *header; /* json_t; names and notes point into it */
} mx_tensorfile;

/* Writes tensors and notes to `path` atomically. Fails with MX_WRITE or MX_MEMORY. */
mx_status mx_tensorfile_write(const char *path, const mx_file_tensor *tensors, size_t n_tensors,
                              const mx_file_note *notes, size_t n_notes);

/* Reads and checks a whole file: header length, JSON, dtype F32, offsets in order without holes or
 * overlap, sizes that match the shapes. Fails with MX_DATA naming file, tensor and remedy, or
 * MX_MEMORY. Release with mx_tensorfile_release. */
mx_status mx_tensorfile_read(mx_tensorfile *out, const char *path);
/* The tensor called `name`, or NULL. */
const mx_file_tensor *mx_tensorfile_find(const mx_tensorfile *file, const char *name);
/* The note's text, or NULL. */
const char *mx_tensorfile_note(const mx_tensorfile *file, const char *key);
void mx_tensorfile_release(mx_tensorfile *file);

#endif
