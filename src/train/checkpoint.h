/* Weights in files, under torch's names and in torch's order. */
#ifndef MX_TRAIN_CHECKPOINT_H
#define MX_TRAIN_CHECKPOINT_H

#include "io/tensorfile.h"
#include "nn/net.h"

/* Writes the parameters of one arena of `net` to a .safetensors file. Fails with MX_WRITE,
 * MX_OPENCL or MX_MEMORY. */
mx_status mx_weights_write(const char *path, const mx_net *net, mx_buffer *arena,
                           const mx_file_note *notes, size_t n_notes);

/* Reads a .safetensors or .pth file into an arena of `net`: the file has every parameter with its
 * shape, and no others. Fails with MX_DATA, listing what is missing, has another shape or does not
 * belong; the arena is then unchanged. */
mx_status mx_weights_read(const char *path, const mx_net *net, mx_buffer *arena);

/* The same from a file that was read already from `path`, which messages name. */
mx_status mx_weights_take(const mx_tensorfile *file, const char *path, const mx_net *net,
                          mx_buffer *arena);

/* The same for weights that training begins with, to the weights and their average: the head's
 * layers stay as they are where the file has none or others, such as torchvision's fc of 1000
 * classes. Says which. Fails too where a number is not finite. */
mx_status mx_weights_begin(const char *path, const mx_net *net);

#endif
