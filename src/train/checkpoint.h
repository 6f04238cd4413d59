/* Weights in files, under torch's names and in torch's order. */
#ifndef MX_TRAIN_CHECKPOINT_H
#define MX_TRAIN_CHECKPOINT_H

#include "io/tensorfile.h"
#include "nn/net.h"

/* Writes the parameters of one arena of `net` to a .safetensors file. Fails with MX_WRITE,
 * MX_OPENCL or MX_MEMORY. */
mx_status mx_weights_write(const char *path, const mx_net *net, mx_buffer *arena,
                           const mx_file_note *notes, size_t n_notes);

/* Reads them back into an arena: every parameter must be there with its shape; other tensors may
 * be. Fails with MX_DATA, listing what is missing or has another shape. */
mx_status mx_weights_read(const char *path, const mx_net *net, mx_buffer *arena);

#endif
