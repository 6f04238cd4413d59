/* torch.save's files (.pth, .pt) of a state dict: a zip archive, or the stream of PyTorch before
 * 1.6. Nothing in them is executed (io/pickle.h). */
#ifndef MX_IO_TORCHFILE_H
#define MX_IO_TORCHFILE_H

#include "io/tensorfile.h"

/* Reads the mapping at the top of the file when it holds tensors, else, or when it also holds
 * mappings, the one under 'state_dict', 'model_state_dict', 'model' or 'ema'; what is no tensor is
 * left out. Views come as contiguous float32; a contiguous float32 storage is not copied. Fails
 * with MX_DATA naming file, tensor and remedy (no tensors, another object than plain values and
 * tensors, big-endian, damaged), with MX_MEMORY, and with MX_USAGE where mx_zip_open does; *out is
 * then empty. Release with mx_tensorfile_release. */
mx_status mx_torchfile_read(mx_tensorfile *out, const char *path);

#endif
