/* How fast a configuration's step, or a batch of its evaluation, is on made-up pictures. */
#ifndef MX_TRAIN_BENCH_H
#define MX_TRAIN_BENCH_H

#include "ocl/profile.h"
#include "train/config.h"
#include "train/roofline.h"

typedef struct mx_bench_request {
    int classes, steps;
    bool evaluate; /* a step is a batch of train.eval_batch pictures: gathered, run forward with the
                      moving average, logits read. The network has no memory for training */
} mx_bench_request;

typedef struct mx_bench_result {
    mx_device_info device;
    double first_step_ms; /* from nothing: kernels are compiled */
    double step_ms_median, step_ms_min;
    double enqueue_ms_median; /* until the host has said all of a step */
    double images_per_s;      /* pictures trained on, (k + 1) x batch a step, or evaluated */
    double peak_memory_bytes; /* mx_bench_peak_memory, before the profile */
    int steps, profiled_steps;
    double profiled_step_ms; /* wall time of a profiled step */
    double busy_ms;          /* of it, the device at work on commands */
    bool by_clock;           /* ops are timed by the host's clock: the device's times are wrong */
    mx_profile_row *ops;     /* sums over profiled_steps */
    size_t n_ops;
    mx_peaks peaks;
} mx_bench_result;

/* Times steps one by one, then profiles a few on a second queue, then measures the device's peaks.
 * Release with mx_bench_release. Fails as a session does. */
mx_status mx_bench_run(const mx_config *config, const mx_bench_request *request,
                       mx_bench_result *result);
void mx_bench_release(mx_bench_result *result);

/* The most that the process has ever had in memory, in bytes, and the device's buffers where those
 * are not among it. */
double mx_bench_peak_memory(const mx_device *device);

#endif
