#include "train/memory.h"

#include "base/log.h"
#include "train/evaluate.h"
#include "train/setup.h"

/* What is needed with batches of `batch` labelled pictures. */
static mx_status needed_with(const mx_config *config, mx_device *device, int classes, mx_i32 batch,
                             uint64_t pictures, uint64_t *bytes) {
    mx_trainer_spec spec = mx_setup_trainer(config);
    mx_net *net = NULL;
    spec.batch = batch;
    MX_TRY(mx_setup_sized_net(config, device, classes, &spec, &net));
    *bytes = mx_net_bytes(net) + mx_trainer_bytes(net, &spec) +
             mx_evaluator_bytes(net, mx_setup_eval_batch(config)) + pictures;
    mx_net_close(net);
    return MX_OK;
}

mx_status mx_memory_needed(const mx_config *config, mx_device *device, int classes,
                           uint64_t pictures, uint64_t *bytes) {
    return needed_with(config, device, classes, (mx_i32)config->train_batch, pictures, bytes);
}

static bool fits(const mx_config *config, mx_device *device, int classes, mx_i32 batch,
                 uint64_t pictures) {
    uint64_t bytes = 0;
    return needed_with(config, device, classes, batch, pictures, &bytes) == MX_OK &&
           bytes <= mx_device_get_info(device)->global_memory;
}

/* The largest batch below the configured one that fits, 0 for none. */
static mx_i32 fitting_batch(const mx_config *config, mx_device *device, int classes,
                            uint64_t pictures) {
    mx_i32 good = 0, bad = (mx_i32)config->train_batch;
    while (bad - good > 1) {
        const mx_i32 middle = good + (bad - good) / 2;
        *(fits(config, device, classes, middle, pictures) ? &good : &bad) = middle;
    }
    return good;
}

mx_status mx_memory_check(const mx_config *config, mx_device *device, int classes,
                          uint64_t pictures) {
    const mx_device_info *info = mx_device_get_info(device);
    const double mib = 1.0 / (1 << 20);
    uint64_t bytes = 0;
    const mx_status status = mx_memory_needed(config, device, classes, pictures, &bytes);
    if (status != MX_OK && status != MX_MEMORY) return status;
    if (status == MX_OK && bytes <= info->global_memory) {
        mx_info("needs %.0f MiB of the device's %.0f", (double)bytes * mib,
                (double)info->global_memory * mib);
        return MX_OK;
    }
    const mx_i32 batch = fitting_batch(config, device, classes, pictures);
    if (status == MX_OK && batch > 0)
        return mx_fail(MX_MEMORY,
                       "training needs %.0f MiB of memory, and '%s' has %.0f; train.batch = %d "
                       "would fit, or train.accumulate computes a step in parts",
                       (double)bytes * mib, info->name, (double)info->global_memory * mib, batch);
    if (batch > 0)
        return mx_fail(MX_MEMORY,
                       "a batch of %lld does not fit the pieces of memory that '%s' allows; "
                       "train.batch = %d would",
                       (long long)config->train_batch, info->name, batch);
    return mx_fail(MX_MEMORY,
                   "'%s' has %.0f MiB of memory, too little for a batch of 1; use a smaller "
                   "data.size, train.eval_batch or network",
                   info->name, (double)info->global_memory * mib);
}
