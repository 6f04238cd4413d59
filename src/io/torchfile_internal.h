/* Readers of torch.save's two containers, and what they share: from pickled values to tensors. */
#ifndef MX_IO_TORCHFILE_INTERNAL_H
#define MX_IO_TORCHFILE_INTERNAL_H

#include "io/pickle.h"
#include "io/tensorfile_internal.h"

/* As mx_torchfile_read, for one kind of file each; *out is not released on failure. */
mx_status mx_torchfile_read_zip(mx_tensorfile *out, const char *path);
mx_status mx_torchfile_read_stream(mx_tensorfile *out, const char *path);

/* The globals that a state dict may name, for mx_pickle_read. */
extern const char *const mx_torch_globals[];

/* What a persistent id says: a storage, or a range of it as PyTorch before 0.4 shares them. */
typedef struct mx_torch_storage {
    const mx_element_type *type;
    const char *key; /* key_length bytes, without NUL */
    size_t key_length;
    size_t begin, end; /* the range, in elements */
} mx_torch_storage;

/* A tensor of the state dict whose storage is still to be read. */
typedef struct mx_torch_view {
    mx_file_tensor tensor; /* without data; the name is in the file's arena */
    mx_torch_storage storage;
    int64_t strides[MX_TENSOR_RANK]; /* >= 0, in elements */
    size_t begin, end;               /* the elements of the storage that it spans */
    size_t slot;                     /* its place in the file's tensors, if it is of floats */
} mx_torch_view;

typedef struct mx_torch_views {
    mx_torch_view *items; /* sorted by key */
    size_t count, capacity;
    size_t stored, placed; /* bytes of storages and tensors so far */
} mx_torch_views;

mx_status mx_torch_storage_read(mx_torch_storage *out, const mx_pickle_value *persistent);
/* Orders keys by bytes, then by length. */
int mx_torch_key_compare(const char *a, size_t a_length, const char *b, size_t b_length);

/* Finds the state dict and checks all its tensors but for the sizes of their storages; makes room
 * in file->tensors. */
mx_status mx_torch_views_read(mx_torch_views *out, mx_tensorfile *file,
                              const mx_pickle_value *root);
/* The end of the views that share the storage of the one at `begin`. */
size_t mx_torch_views_group(const mx_torch_views *views, size_t begin);
/* Sets the tensors of views begin..end-1, whose storage is `size` bytes at `data`, part of a block
 * of the file. *kept tells whether any points there. */
mx_status mx_torch_views_place(mx_torch_views *views, size_t begin, size_t end, mx_tensorfile *file,
                               const char *data, size_t size, bool *kept);
void mx_torch_views_release(mx_torch_views *views);

#endif
