/* Timing: runs back to back until they fill BATCH_MS, the best of BATCHES such batches. */
#include <time.h>

#include "ocl/profile.h"
#include "ops/check_internal.h"

enum { BATCHES = 3, MOST_RUNS = 200 };

static const double BATCH_MS = 60.0;

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

typedef struct timing {
    double ms, device_ms, flops; /* of one run */
} timing;

typedef struct copy_job {
    mx_buffer *from, *to;
    size_t bytes;
} copy_job;

static mx_status copy(mx_device *device, void *job) {
    const copy_job *j = job;
    mx_profile_op(device, (mx_work){0}, "copy");
    return mx_buffer_copy(j->to, 0, j->from, 0, j->bytes);
}

typedef mx_status work(mx_device *device, void *job);

static mx_status time_batch(mx_device *device, work *run, void *job, int runs, timing *out) {
    const mx_profile_row *rows;
    size_t count;
    mx_profile_clear(device);
    const double start = now_ms();
    for (int i = 0; i < runs; i++)
        MX_TRY(run(device, job));
    MX_TRY(mx_device_finish(device));
    *out = (timing){.ms = (now_ms() - start) / runs};
    MX_TRY(mx_profile_collect(device, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        out->device_ms += rows[i].ms / runs;
        out->flops += rows[i].work.flops / runs;
    }
    return MX_OK;
}

/* The first run builds the kernels, the second says how many fill a batch. */
static mx_status time_work(mx_device *device, work *run, void *job, timing *best) {
    MX_TRY(time_batch(device, run, job, 1, best));
    MX_TRY(time_batch(device, run, job, 1, best));
    const int fit = best->ms > 0.0 && best->ms < BATCH_MS ? (int)(BATCH_MS / best->ms) : 1;
    const int runs = fit < 1 ? 1 : fit > MOST_RUNS ? MOST_RUNS : fit;
    for (int i = 0; i < BATCHES; i++) {
        timing now;
        MX_TRY(time_batch(device, run, job, runs, &now));
        if (i == 0 || now.ms < best->ms) *best = now;
    }
    return MX_OK;
}

static size_t bytes_moved(const mx_case *c) {
    size_t bytes = 0;
    for (int i = 0; i < c->n_operands; i++) {
        const mx_operand *operand = &c->operands[i];
        if (operand->role == MX_INPUT || operand->role == MX_OUTPUT)
            bytes += mx_operand_bytes(operand);
        if (operand->role == MX_INOUT) bytes += 2 * mx_operand_bytes(operand);
    }
    return bytes;
}

static mx_status run_case(mx_device *device, void *job) {
    mx_case *c = job;
    /* For ops that leave their name to a caller. */
    mx_profile_op(device, (mx_work){0}, "%s", c->variant);
    return c->run(device, c);
}

/* A copy of half the bytes reads and writes as many as the case does. */
static mx_status time_copy(mx_device *device, size_t bytes, double *ms) {
    copy_job job = {.bytes = bytes / 8 * 4};
    timing best;
    mx_status status;
    MX_GO(mx_buffer_create(&job.from, device, job.bytes));
    MX_GO(mx_buffer_create(&job.to, device, job.bytes));
    MX_GO(mx_buffer_zero(job.from, 0, job.bytes));
    MX_GO(time_work(device, copy, &job, &best));
    *ms = best.ms;
done:
    mx_buffer_release(job.from);
    mx_buffer_release(job.to);
    return status;
}

mx_status mx_bench_case(mx_check *check, mx_case *c, mx_check_row *row) {
    timing best;
    if (!mx_profile_enabled(check->device))
        return mx_fail(MX_INTERNAL, "benchmarks need a device opened with profiling");
    MX_TRY(time_work(check->device, run_case, c, &best));
    row->ms = best.ms;
    row->device_ms = best.device_ms;
    row->flops = best.flops;
    row->bytes = (double)bytes_moved(c);
    return time_copy(check->device, bytes_moved(c), &row->copy_ms);
}
