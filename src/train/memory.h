/* How much device memory a run needs, before any of it is asked for. */
#ifndef MX_TRAIN_MEMORY_H
#define MX_TRAIN_MEMORY_H

#include "ocl/device.h"
#include "train/config.h"

/* Bytes of the network, a step, an evaluation and `pictures` bytes of packed pictures; with
 * built-in convolution choices, so a tuned run may differ by its workspace. Fails with MX_MEMORY
 * when the device cannot hold a part of it in one piece. */
mx_status mx_memory_needed(const mx_config *config, mx_device *device, int classes,
                           uint64_t pictures, uint64_t *bytes);

/* Fails with MX_MEMORY when the device has less than `pictures` bytes and the run need, naming the
 * batch that would fit; else says how much it needs. */
mx_status mx_memory_check(const mx_config *config, mx_device *device, int classes,
                          uint64_t pictures);

#endif
