#include "train/bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "train/evaluate.h"
#include "train/setup.h"
#include "train/trainer.h"

enum { WARM_STEPS = 2, PROFILED_STEPS = 3, PICTURES = 256 };

typedef struct bench {
    mx_device *device;
    mx_net *net;
    bool evaluate;
    mx_trainer trainer;     /* or */
    mx_evaluator evaluator; /* that */
    mx_buffer *pixels;
    uint32_t *rows;
    int32_t *labels;
    uint64_t step;
} bench;

/* Pictures in turn, labels in turn. */
static mx_status make_batch(bench *b, mx_i32 batch, int classes) {
    MX_TRY(mx_alloc(&b->rows, (size_t)batch, sizeof *b->rows));
    MX_TRY(mx_alloc(&b->labels, (size_t)batch, sizeof *b->labels));
    for (mx_i32 i = 0; i < batch; i++) {
        b->rows[i] = (uint32_t)(i % PICTURES);
        b->labels[i] = i % classes;
    }
    return MX_OK;
}

/* Random bytes. */
static mx_status make_pictures(bench *b, const mx_config *config) {
    const size_t plane =
        (size_t)config->data_height * (size_t)config->data_width * (size_t)config->data_channels;
    unsigned char *bytes = NULL;
    mx_status status;
    MX_GO(mx_alloc(&bytes, plane, PICTURES));
    for (size_t i = 0; i < plane * PICTURES; i++)
        bytes[i] = (unsigned char)mx_philox((mx_u32)i, 0, 0, MX_STREAM_TEST, 1, 0).v[0];
    MX_GO(mx_buffer_create(&b->pixels, b->device, plane * PICTURES));
    MX_GO(mx_buffer_write(b->pixels, 0, bytes, plane * PICTURES));
done:
    free(bytes);
    return status;
}

static void bench_close(bench *b) {
    mx_trainer_release(&b->trainer);
    mx_evaluator_release(&b->evaluator);
    mx_buffer_release(b->pixels);
    mx_net_close(b->net);
    mx_device_close(b->device);
    free(b->rows);
    free(b->labels);
    *b = (bench){0};
}

static mx_status bench_open(bench *b, const mx_config *config, const mx_bench_request *request,
                            bool profile) {
    const mx_trainer_spec spec = mx_setup_trainer(config);
    *b = (bench){.evaluate = request->evaluate};
    MX_TRY(mx_setup_device(config, profile, &b->device));
    MX_TRY(mx_setup_tuned_net(config, b->device, request->classes, b->evaluate ? NULL : &spec,
                              &b->net));
    MX_TRY(mx_net_init(b->net, (uint64_t)config->run_seed));
    if (b->evaluate)
        MX_TRY(mx_evaluator_init(&b->evaluator, b->net, mx_setup_eval_batch(config), spec.scaling));
    else
        MX_TRY(mx_trainer_init(&b->trainer, b->net, &spec));
    MX_TRY(make_batch(b, b->evaluate ? b->evaluator.batch : spec.batch, request->classes));
    return make_pictures(b, config);
}

static mx_i32 pictures_of_step(const bench *b) {
    return b->evaluate ? b->evaluator.batch : b->trainer.most_rows;
}

static mx_status evaluate(bench *b) {
    const mx_i32 n = b->evaluator.batch;
    memcpy(b->evaluator.host_rows, b->rows, (size_t)n * sizeof *b->rows);
    return mx_evaluate_batch(&b->evaluator, b->pixels, n, mx_net_get_arenas(b->net).average);
}

static mx_status run_step(bench *b) {
    if (b->evaluate) return evaluate(b);
    const mx_i32 n = b->trainer.spec.batch;
    const mx_trainer_batch batch = {
        .n = n, .labelled = b->rows, .unlabelled = b->rows, .labels = b->labels};
    MX_TRY(mx_trainer_gather(&b->trainer, b->pixels, &batch, b->step));
    MX_TRY(mx_trainer_draw(&b->trainer, n, b->step));
    return mx_trainer_update(&b->trainer, n, b->step++);
}

/* Milliseconds of one step to its end, and until all of it is enqueued. */
static mx_status time_step(bench *b, double *ms, double *enqueue_ms) {
    const double start = mx_now_ms();
    MX_TRY(run_step(b));
    *enqueue_ms = mx_now_ms() - start;
    MX_TRY(mx_device_finish(b->device));
    *ms = mx_now_ms() - start;
    return MX_OK;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double mx_bench_peak_memory(const mx_device *device) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const double resident = (double)usage.ru_maxrss * 1024.0;
    if (mx_device_get_info(device)->in_process) return resident;
    return resident + (double)mx_device_allocated_peak(device);
}

static mx_status time_steps(bench *b, int steps, mx_bench_result *result) {
    double *ms = NULL, *enqueue = NULL, unused;
    mx_status status;
    MX_GO(mx_alloc(&ms, (size_t)steps, sizeof *ms));
    MX_GO(mx_alloc(&enqueue, (size_t)steps, sizeof *enqueue));
    MX_GO(time_step(b, &result->first_step_ms, &unused));
    for (int i = 0; i < WARM_STEPS; i++)
        MX_GO(time_step(b, &ms[0], &unused));
    for (int i = 0; i < steps; i++)
        MX_GO(time_step(b, &ms[i], &enqueue[i]));
    qsort(ms, (size_t)steps, sizeof *ms, ascending);
    qsort(enqueue, (size_t)steps, sizeof *enqueue, ascending);
    result->step_ms_median = ms[steps / 2];
    result->step_ms_min = ms[0];
    result->enqueue_ms_median = enqueue[steps / 2];
    result->images_per_s = pictures_of_step(b) / result->step_ms_median * 1e3;
done:
    free(ms);
    free(enqueue);
    return status;
}

static mx_status profile_steps(bench *b, mx_bench_result *result) {
    const mx_profile_row *rows;
    MX_TRY(run_step(b));
    MX_TRY(mx_profile_collect(b->device, &rows, &result->n_ops));
    mx_profile_clear(b->device);
    result->by_clock = !mx_profile_trusted(b->device);
    if (result->by_clock) {
        mx_warn("'%s' reports impossible times of commands; ops are timed by the clock, one by one",
                result->device.name);
        MX_TRY(mx_profile_use_clock(b->device));
    }
    const double start = mx_now_ms();
    for (int i = 0; i < PROFILED_STEPS; i++)
        MX_TRY(run_step(b));
    MX_TRY(mx_device_finish(b->device));
    result->profiled_step_ms = (mx_now_ms() - start) / PROFILED_STEPS;
    MX_TRY(mx_profile_collect(b->device, &rows, &result->n_ops));
    for (size_t i = 0; i < result->n_ops; i++)
        result->busy_ms += rows[i].ms / PROFILED_STEPS;
    MX_TRY(mx_alloc(&result->ops, result->n_ops, sizeof *result->ops));
    memcpy(result->ops, rows, result->n_ops * sizeof *rows);
    result->profiled_steps = PROFILED_STEPS;
    return MX_OK;
}

/* After the network is gone: they need memory. */
static mx_status measure_peaks(const mx_config *config, mx_bench_result *result) {
    mx_device *device = NULL;
    MX_TRY(mx_setup_device(config, false, &device));
    const mx_status status = mx_peaks_measure(device, &result->peaks);
    mx_device_close(device);
    return status;
}

mx_status mx_bench_run(const mx_config *config, const mx_bench_request *request,
                       mx_bench_result *result) {
    bench b;
    *result = (mx_bench_result){.steps = request->steps};
    mx_status status = bench_open(&b, config, request, false);
    if (status == MX_OK) {
        result->device = *mx_device_get_info(b.device);
        status = time_steps(&b, request->steps, result);
    }
    if (status == MX_OK) result->peak_memory_bytes = mx_bench_peak_memory(b.device);
    bench_close(&b);
    if (status != MX_OK) return status;
    status = bench_open(&b, config, request, true);
    if (status == MX_OK) status = profile_steps(&b, result);
    bench_close(&b);
    if (status != MX_OK) return status;
    return measure_peaks(config, result);
}

void mx_bench_release(mx_bench_result *result) {
    free(result->ops);
    *result = (mx_bench_result){0};
}
