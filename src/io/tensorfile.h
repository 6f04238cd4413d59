/* Files of weights: safetensors (a JSON header and raw little-endian tensors, as the Python package
 * safetensors has them), read and written, and torch.save's .pth (io/torchfile.h), read. Whatever
 * the file holds, tensors come as float32. */
#ifndef MX_IO_TENSORFILE_H
#define MX_IO_TENSORFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/status.h"

enum { MX_TENSOR_RANK = 8 };

/* A tensor inside a file that was read, or to be written. */
typedef struct mx_file_tensor {
    const char *name;
    int rank; /* 0..MX_TENSOR_RANK */
    int64_t dims[MX_TENSOR_RANK];
    const float *data; /* product of dims floats, the last index running fastest, 4-byte aligned */
    size_t count;
} mx_file_tensor;

/* A "__metadata__" entry. */
typedef struct mx_file_note {
    const char *key, *text;
} mx_file_note;

typedef struct mx_tensorfile {
    mx_file_tensor *tensors; /* in the order of the file's data, of a .pth in that of its names */
    size_t n_tensors;
    size_t n_skipped; /* tensors of whole numbers or booleans: checked, but left out */
    mx_file_note *notes;
    size_t n_notes;
    mx_buf *blocks; /* parts of the file that tensors point into */
    size_t n_blocks;
    mx_arena arena; /* names and converted elements */
    void *header;   /* json_t or NULL; names and notes may point into it */
} mx_tensorfile;

/* Writes tensors and notes to `path` atomically. Fails with MX_WRITE or MX_MEMORY. */
mx_status mx_tensorfile_write(const char *path, const mx_file_tensor *tensors, size_t n_tensors,
                              const mx_file_note *notes, size_t n_notes);

/* Reads and checks a whole .safetensors file: header length, JSON, dtypes, offsets in order without
 * holes or overlap, sizes that match the shapes. F32 stays where it is when 4-byte aligned; F16,
 * BF16 and F64 are converted, beyond float32 to infinity. Fails with MX_DATA naming file, tensor
 * and remedy, or MX_MEMORY; *out is then empty. Release with mx_tensorfile_release. */
mx_status mx_tensorfile_read(mx_tensorfile *out, const char *path);

/* Reads a .safetensors or a .pth (zip or older), told apart by content, and strips "module.". Fails
 * as their readers do, and with MX_DATA for any other file. */
mx_status mx_tensorfile_load(mx_tensorfile *out, const char *path);

/* Takes "module." off every name when all have it, as torch's DataParallel puts it there. */
void mx_tensorfile_strip_module(mx_tensorfile *file);

/* The tensor called `name`, or NULL. */
const mx_file_tensor *mx_tensorfile_find(const mx_tensorfile *file, const char *name);
/* The note's text, or NULL. */
const char *mx_tensorfile_note(const mx_tensorfile *file, const char *key);
void mx_tensorfile_release(mx_tensorfile *file);

#endif
