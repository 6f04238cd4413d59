#include "ops/conv_tune.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ocl/source.h"
#include "ops/conv_algorithms.h"
#include "ops/conv_tune_internal.h"

enum {
    TIME_LIMIT_MS = 30000, /* for parameters that are not built in: kernels take long to compile */
    WORKSPACE_SHARE = 4,   /* of the device's memory, at most, for a candidate's workspace */
    BUFFER_SHARE = 16      /* the same, for each operand of a measurement */
};

uint64_t mx_tune_hash(uint64_t hash, const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211);
    return hash;
}

/* Every kernel as it is compiled, from the program or from $MIXCL_KERNEL_DIR. */
static mx_status hash_kernels(uint64_t *out) {
    mx_buf text = {0};
    mx_status status = MX_OK;
    for (const mx_embedded_file *file = mx_embedded_files; file->name && status == MX_OK; file++)
        status = mx_source_load(&text, file->name);
    if (status == MX_OK) status = mx_buf_check(&text);
    *out = mx_tune_hash(MX_TUNE_HASH_BASIS, mx_buf_text(&text), text.length);
    mx_buf_release(&text);
    return status;
}

mx_status mx_conv_tuner_open_with(mx_conv_tuner **out, mx_device *device, mx_tune_mode mode,
                                  const mx_conv_algorithm *const *algorithms, size_t count) {
    mx_conv_tuner *tuner = NULL;
    mx_status status;
    *out = NULL;
    MX_TRY(mx_alloc(&tuner, 1, sizeof *tuner));
    *tuner = (mx_conv_tuner){
        .device = device, .mode = mode, .algorithms = algorithms, .n_algorithms = count};
    MX_GO(mx_alloc(&tuner->candidates, count * MX_CONV_CANDIDATES, sizeof *tuner->candidates));
    MX_GO(hash_kernels(&tuner->kernels));
    MX_GO(mx_tune_cache_load(tuner));
    *out = tuner;
done:
    if (status != MX_OK) mx_conv_tuner_close(tuner);
    return status;
}

mx_status mx_conv_tuner_open(mx_conv_tuner **out, mx_device *device, mx_tune_mode mode) {
    return mx_conv_tuner_open_with(out, device, mode, mx_conv_algorithms, mx_conv_algorithm_count);
}

void mx_conv_tuner_close(mx_conv_tuner *tuner) {
    if (!tuner) return;
    json_decref(tuner->known);
    json_decref(tuner->fresh);
    free(tuner->candidates);
    free(tuner->failures);
    free(tuner->jobs);
    free(tuner);
}

void mx_conv_tuner_forget(mx_conv_tuner *tuner) {
    if (!tuner) return;
    json_object_clear(tuner->known);
    tuner->n_jobs = 0;
    tuner->patient = true;
}

void mx_tune_key(const mx_tune_job *job, char key[MX_TUNE_KEY_BYTES]) {
    const mx_conv_shape *s = &job->tuned.shape;
    snprintf(key, MX_TUNE_KEY_BYTES, "%s n%d c%d k%d h%d w%d r%d s%d stride%d pad%d%s%s",
             mx_conv_direction_name(job->tuned.direction), job->rows, s->c, s->k, s->h, s->w, s->r,
             s->s, s->stride, s->pad, job->only ? " only " : "", job->only ? job->only : "");
}

size_t mx_tune_buffer_limit(const mx_device *device) {
    const mx_device_info *info = mx_device_get_info(device);
    const uint64_t share = info->global_memory / BUFFER_SHARE;
    return (size_t)(share < info->max_allocation ? share : info->max_allocation);
}

/* The reference only where nothing else works, and CLBlast on a CPU only where our own kernels do
 * not: its first product there costs seconds of compilation, and it is slower. */
static int tier_of(const mx_conv_tuner *tuner, const mx_conv_algorithm *algorithm) {
    if (tuner->mode == MX_TUNE_FULL) return 0;
    if (algorithm == &mx_conv_reference) return MX_TUNE_TIERS - 1;
    const bool product = algorithm == &mx_conv_gemm || algorithm == &mx_conv_winograd_gemm;
    return product && mx_device_get_info(tuner->device)->type == MX_DEVICE_CPU;
}

static bool workspace_fits(const mx_device *device, const mx_tune_job *job,
                           const mx_tune_candidate *candidate) {
    const mx_device_info *info = mx_device_get_info(device);
    mx_conv_shape most = job->tuned.shape;
    most.n = job->most_rows;
    const uint64_t bytes =
        candidate->algorithm->workspace(device, &most, job->tuned.direction, &candidate->params) *
        sizeof(float);
    return bytes <= info->max_allocation && bytes <= info->global_memory / WORKSPACE_SHARE;
}

/* Moves an algorithm's candidate to the front; the others keep their order. */
static void put_first(mx_tune_candidate *candidates, size_t count,
                      const mx_conv_algorithm *algorithm) {
    size_t i = 0;
    while (i < count && candidates[i].algorithm != algorithm)
        i++;
    if (i == count) return;
    const mx_tune_candidate first = candidates[i];
    memmove(candidates + 1, candidates, i * sizeof *candidates);
    candidates[0] = first;
}

size_t mx_tune_list_candidates(mx_conv_tuner *tuner, const mx_tune_job *job) {
    const mx_conv_shape *shape = &job->tuned.shape;
    size_t count = 0;
    for (size_t i = 0; i < tuner->n_algorithms; i++) {
        const mx_conv_algorithm *algorithm = tuner->algorithms[i];
        mx_conv_params params[MX_CONV_CANDIDATES];
        if (job->only && strcmp(job->only, algorithm->name) != 0) continue;
        if (!algorithm->supports(tuner->device, shape, job->tuned.direction)) continue;
        const int n = algorithm->candidates(tuner->device, shape, job->tuned.direction, params);
        for (int j = 0; j < n; j++) {
            const mx_tune_candidate candidate = {.algorithm = algorithm,
                                                 .params = params[j],
                                                 .tier = tier_of(tuner, algorithm),
                                                 .built_in = j == 0};
            if (job->checked && j > 0) break;
            if (workspace_fits(tuner->device, job, &candidate))
                tuner->candidates[count++] = candidate;
        }
    }
    if (job->checked) put_first(tuner->candidates, count, job->built_in);
    return count;
}

/* The name of the wanted algorithm where it supports the direction; else the choice is free. */
static const char *only_of(const mx_conv_tuner *tuner, const char *wanted, const mx_tune_job *job) {
    for (size_t i = 0; i < tuner->n_algorithms; i++) {
        const mx_conv_algorithm *algorithm = tuner->algorithms[i];
        if (strcmp(algorithm->name, wanted) == 0 &&
            algorithm->supports(tuner->device, &job->tuned.shape, job->tuned.direction))
            return algorithm->name;
    }
    return NULL;
}

/* Nothing is measured: the plan's choice is held to the reference, on few images. */
static bool knows_checked(mx_conv_tuner *tuner, mx_tune_job *job) {
    job->checked = true;
    if (job->tuned.shape.n > MX_TUNE_CHECK_IMAGES) job->tuned.shape.n = MX_TUNE_CHECK_IMAGES;
    return mx_tune_cache_find(tuner, job, &job->tuned.best) || job->built_in == &mx_conv_reference;
}

static mx_status add_job(mx_conv_tuner *tuner, mx_tune_job *job) {
    MX_TRY(mx_grow(&tuner->jobs, &tuner->jobs_capacity, tuner->n_jobs + 1, sizeof *tuner->jobs));
    job->known = tuner->mode != MX_TUNE_OFF && mx_tune_cache_find(tuner, job, &job->tuned.best);
    if (!job->known)
        job->known = tuner->mode <= MX_TUNE_CACHED ? knows_checked(tuner, job)
                                                   : job->built_in == &mx_conv_reference &&
                                                         mx_tune_list_candidates(tuner, job) < 2;
    tuner->jobs[tuner->n_jobs++] = *job;
    return MX_OK;
}

static mx_status plan_direction(mx_conv_tuner *tuner, mx_conv_plan *plan,
                                mx_conv_direction direction, const mx_conv_tuning *tuning) {
    mx_tune_job job = {.tuned = {.shape = plan->shape, .direction = direction},
                       .rows = tuning->rows,
                       .built_in = plan->choice[direction].algorithm,
                       .most_rows = plan->shape.n};
    char key[MX_TUNE_KEY_BYTES], other[MX_TUNE_KEY_BYTES];
    size_t i = 0;
    job.tuned.shape.n = tuning->rows;
    job.only = only_of(tuner, tuning->wanted, &job);
    mx_tune_key(&job, key);
    for (; i < tuner->n_jobs; i++) {
        mx_tune_key(&tuner->jobs[i], other);
        if (strcmp(key, other) == 0) break;
    }
    if (i == tuner->n_jobs) MX_TRY(add_job(tuner, &job));
    const mx_conv_timed *best = &tuner->jobs[i].tuned.best;
    if (best->algorithm)
        mx_conv_plan_choose(plan, tuner->device, direction, best->algorithm, &best->params);
    return MX_OK;
}

mx_status mx_conv_tuner_plan(mx_conv_tuner *tuner, mx_conv_plan *plan,
                             const mx_conv_tuning *tuning) {
    for (mx_conv_direction d = 0; tuner && d < MX_CONV_DIRECTIONS; d++)
        if (tuning->needed[d]) MX_TRY(plan_direction(tuner, plan, d, tuning));
    return MX_OK;
}

static int by_flops(const void *a, const void *b) {
    const mx_tune_job *const *x = a, *const *y = b;
    const double p = mx_conv_flops(&(*x)->tuned.shape), q = mx_conv_flops(&(*y)->tuned.shape);
    return p < q ? 1 : p > q ? -1 : (*x > *y) - (*x < *y);
}

static mx_status measure_jobs(mx_conv_tuner *tuner, mx_tune_job *const *jobs, size_t count) {
    mx_tune_scratch scratch = {0};
    mx_status status;
    tuner->deadline_ms = tuner->patient ? DBL_MAX : mx_now_ms() + TIME_LIMIT_MS;
    status = mx_tune_scratch_init(&scratch, tuner, jobs, count);
    if (status != MX_OK) {
        mx_warn("%s; convolutions stay as built in, unchecked", mx_error());
        return MX_OK;
    }
    for (size_t i = 0; i < count; i++) {
        MX_GO(mx_tune_measure(tuner, &scratch, jobs[i]));
        MX_GO(mx_tune_cache_put(tuner, jobs[i]));
    }
done:
    mx_tune_scratch_release(&scratch);
    return status;
}

mx_status mx_conv_tuner_measure(mx_conv_tuner *tuner, size_t *measured) {
    mx_tune_job **jobs = NULL;
    size_t count = 0;
    mx_status status = MX_OK;
    *measured = 0;
    if (!tuner || tuner->n_jobs == 0) return MX_OK;
    const bool checks = tuner->mode <= MX_TUNE_CACHED;
    MX_TRY(mx_alloc(&jobs, tuner->n_jobs, sizeof *jobs));
    for (size_t i = 0; i < tuner->n_jobs; i++)
        if (!tuner->jobs[i].known) jobs[count++] = &tuner->jobs[i];
    if (count > 0) {
        const double start = mx_now_ms();
        if (checks)
            mx_debug("checking %zu convolutions on this device, once", count);
        else
            mx_info("tuning %zu convolutions for this device, once; device.tune = off leaves it "
                    "out",
                    count);
        qsort(jobs, count, sizeof *jobs, by_flops);
        status = measure_jobs(tuner, jobs, count);
        if (json_object_size(tuner->fresh) > 0 && mx_tune_cache_save(tuner) != MX_OK)
            mx_warn("%s; the tuning is not kept", mx_error());
        if (!checks) mx_info("tuned in %.1f s", (mx_now_ms() - start) * 1e-3);
    }
    for (size_t i = 0; i < count; i++) {
        jobs[i]->known = true;
        *measured += jobs[i]->measured;
    }
    free(jobs);
    return status;
}

bool mx_conv_tuner_result(const mx_conv_tuner *tuner, size_t i, mx_conv_tuned *out) {
    for (size_t j = 0; tuner && j < tuner->n_jobs; j++)
        if (tuner->jobs[j].measured && i-- == 0) {
            *out = tuner->jobs[j].tuned;
            return true;
        }
    return false;
}
