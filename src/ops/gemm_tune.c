#include "ops/gemm_tune.h"

#include <clblast_c.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ocl/internal.h"
#include "ops/gemm_tune_internal.h"

const char *const mx_gemm_param_names[MX_GEMM_PARAMS] = {
    "GEMMK", "KREG", "KWG", "KWI", "MDIMA", "MDIMC", "MWG", "NDIMB",
    "NDIMC", "NWG",  "SA",  "SB",  "STRM",  "STRN",  "VWM", "VWN"};

/* GEMMK is 0 throughout: kernel 1 of CLBlast 1.5 errs where MWG and NWG differ. */
#define ROW(KWG, MDIM, MWG, NDIM, NWG, SHARED, VWM, VWN)                                           \
    {                                                                                              \
        { 0, 1, KWG, 2, MDIM, MDIM, MWG, NDIM, NDIM, NWG, SHARED, SHARED, 0, 0, VWM, VWN }         \
    }

/* CPUs: work-groups of few work-items, register tiles of whole vectors. */
static const mx_gemm_params cpu_candidates[] = {
    ROW(32, 1, 64, 1, 4, 0, 16, 4), ROW(32, 1, 32, 1, 8, 0, 16, 8), ROW(32, 1, 32, 1, 8, 0, 8, 8),
    ROW(16, 1, 32, 1, 8, 0, 16, 8), ROW(32, 1, 64, 1, 4, 0, 8, 4),  ROW(32, 2, 64, 1, 8, 0, 16, 8),
    ROW(32, 4, 64, 4, 64, 0, 8, 8), ROW(32, 8, 128, 8, 64, 0, 8, 4)};

/* GPUs: tiles in local memory, 64 to 256 work-items. */
static const mx_gemm_params gpu_candidates[] = {
    ROW(16, 8, 64, 8, 64, 1, 4, 4),   ROW(16, 16, 64, 16, 64, 1, 2, 2),
    ROW(16, 16, 128, 8, 64, 1, 4, 4), ROW(16, 16, 128, 16, 128, 1, 4, 4),
    ROW(32, 8, 64, 8, 64, 0, 4, 4),   ROW(32, 8, 128, 16, 64, 1, 4, 2),
    ROW(32, 16, 64, 8, 64, 1, 2, 4),  ROW(16, 8, 32, 8, 32, 1, 2, 2)};

const mx_gemm_params mx_gemm_least = ROW(16, 8, 32, 8, 32, 1, 2, 2);

/* The products of a 3x3 convolution: forward, by the data, by the weights. */
static const mx_gemm_args timed[] = {
    {.m = 2048, .n = 64, .k = 576, .lda = 576, .ldb = 64, .ldc = 64, .alpha = 1.0f},
    {.m = 2048, .n = 576, .k = 64, .tb = 1, .lda = 64, .ldb = 64, .ldc = 576, .alpha = 1.0f},
    {.m = 576, .n = 64, .k = 2048, .ta = 1, .lda = 576, .ldb = 64, .ldc = 64, .alpha = 1.0f}};
enum { TIMED = sizeof timed / sizeof *timed, RUNS = 4, FLOATS = 2048 * 576, MIN_XGEMM_SIZE = 128 };

typedef struct bench {
    mx_device *device;
    mx_buffer *a, *b, *c, *plain;
    float *host, *expected;
} bench;

static void bench_release(bench *b) {
    mx_buffer_release(b->a);
    mx_buffer_release(b->b);
    mx_buffer_release(b->c);
    mx_buffer_release(b->plain);
    free(b->host);
    free(b->expected);
}

static mx_status bench_init(bench *b, mx_device *device) {
    const size_t bytes = FLOATS * sizeof(float);
    *b = (bench){.device = device};
    mx_status status;
    MX_GO(mx_alloc(&b->host, FLOATS, sizeof(float)));
    MX_GO(mx_alloc(&b->expected, FLOATS, sizeof(float)));
    MX_GO(mx_buffer_create(&b->a, device, bytes));
    MX_GO(mx_buffer_create(&b->b, device, bytes));
    MX_GO(mx_buffer_create(&b->c, device, bytes));
    MX_GO(mx_buffer_create(&b->plain, device, bytes));
    for (mx_u32 i = 0; i < FLOATS; i++)
        b->host[i] = mx_unit(mx_philox(i, 0, 0, MX_STREAM_TEST, 1, 0).v[0]) - 0.5f;
    MX_GO(mx_buffer_write(b->a, 0, b->host, bytes));
    MX_GO(mx_buffer_write(b->b, 0, b->host, bytes));
done:
    if (status != MX_OK) bench_release(b);
    return status;
}

/* Whether CLBlast's product agrees with the plain kernel's. */
static mx_status agrees(bench *b, const mx_gemm_args *args, bool *out) {
    const size_t count = (size_t)args->m * (size_t)args->n;
    float worst = 0.0f, largest = 0.0f;
    *out = false;
    MX_TRY(mx_gemm(b->device, MX_GEMM_PLAIN, args, b->a, b->b, b->plain));
    MX_TRY(mx_buffer_read(b->plain, 0, b->expected, count * sizeof(float)));
    if (mx_gemm(b->device, MX_GEMM_CLBLAST, args, b->a, b->b, b->c) != MX_OK) return MX_OK;
    MX_TRY(mx_buffer_read(b->c, 0, b->host, count * sizeof(float)));
    for (size_t i = 0; i < count; i++) {
        const float error = fabsf(b->host[i] - b->expected[i]);
        if (!(error <= worst)) worst = error;
        if (fabsf(b->expected[i]) > largest) largest = fabsf(b->expected[i]);
    }
    *out = worst <= 1e-4f * largest;
    return MX_OK;
}

/* Checks and times the three products; *ms stays 0 when the parameters in force do not work. */
static mx_status measure(bench *b, double *ms) {
    double sum = 0;
    *ms = 0;
    for (int i = 0; i < TIMED; i++) {
        bool right;
        double best = INFINITY;
        MX_TRY(agrees(b, &timed[i], &right));
        if (!right) return MX_OK;
        for (int run = 0; run < RUNS; run++) {
            const double start = mx_now_ms();
            MX_TRY(mx_gemm(b->device, MX_GEMM_CLBLAST, &timed[i], b->a, b->b, b->c));
            MX_TRY(mx_device_finish(b->device));
            if (mx_now_ms() - start < best) best = mx_now_ms() - start;
        }
        sum += best;
    }
    *ms = sum;
    return MX_OK;
}

mx_status mx_gemm_override_kernel(mx_device *device, const char *kernel, size_t count,
                                  const char *const *names, const size_t *values) {
    const CLBlastStatusCode code =
        CLBlastOverrideParameters(device->info.device, kernel, CLBlastPrecisionSingle, count,
                                  (const char **)(uintptr_t)names, values);
    if (code == CLBlastSuccess) return MX_OK;
    return mx_fail(MX_OPENCL, "CLBlastOverrideParameters of %s failed: code %d", kernel, (int)code);
}

mx_status mx_gemm_override(mx_device *device, const mx_gemm_params *params) {
    /* From this size on, the cube root of m n k, CLBlast takes Xgemm instead of XgemmDirect. */
    static const char *const routine[] = {"XGEMM_MIN_INDIRECT_SIZE"};
    static const size_t size[] = {MIN_XGEMM_SIZE};
    MX_TRY(mx_gemm_check(&device->info, params));
    MX_TRY(mx_gemm_hold(device));
    MX_TRY(
        mx_gemm_override_kernel(device, "Xgemm", MX_GEMM_PARAMS, mx_gemm_param_names, params->v));
    return mx_gemm_override_kernel(device, "GemmRoutine", 1, routine, size);
}

static double gflops(double ms) {
    double flops = 0;
    for (int i = 0; i < TIMED; i++)
        flops += 2.0 * timed[i].m * timed[i].n * timed[i].k;
    return ms > 0 ? flops / ms * 1e-6 : 0.0;
}

static mx_status try_candidates(bench *b, const mx_gemm_params *candidates, int count,
                                mx_gemm_tuned *result) {
    for (int i = 0; i < count; i++) {
        double ms = 0;
        result->tried++;
        if (mx_gemm_override(b->device, &candidates[i]) == MX_OK) MX_TRY(measure(b, &ms));
        mx_debug("CLBlast candidate %d: %.1f GFLOP/s", i, gflops(ms));
        if (ms <= 0) result->refused++;
        if (ms <= 0 || (result->best_ms > 0 && ms >= result->best_ms)) continue;
        result->best_ms = ms;
        result->best = candidates[i];
    }
    return MX_OK;
}

mx_status mx_gemm_tune(mx_device *device, mx_gemm_tuned *result) {
    const bool cpu = mx_device_get_info(device)->type == MX_DEVICE_CPU;
    const int count = cpu ? sizeof cpu_candidates / sizeof *cpu_candidates
                          : sizeof gpu_candidates / sizeof *gpu_candidates;
    bench b;
    *result = (mx_gemm_tuned){0};
    MX_TRY(bench_init(&b, device));
    mx_status status;
    MX_GO(measure(&b, &result->own_ms));
    MX_GO(try_candidates(&b, cpu ? cpu_candidates : gpu_candidates, count, result));
    result->own_gflops = gflops(result->own_ms);
    result->best_gflops = gflops(result->best_ms);
    result->changed =
        result->best_ms > 0 && (result->own_ms <= 0 || result->best_ms < 0.95 * result->own_ms);
    MX_GO(mx_gemm_cache_store(device, result->changed ? &result->best : NULL));
done:
    bench_release(&b);
    return status;
}

mx_status mx_gemm_tuning_load(mx_device *device) {
    mx_gemm_params params;
    bench b;
    if (!mx_gemm_cache_load(device, &params)) return MX_OK;
    MX_TRY(bench_init(&b, device));
    bool right = mx_gemm_override(device, &params) == MX_OK;
    mx_status status = MX_OK;
    for (int i = 0; i < TIMED && right && status == MX_OK; i++)
        status = agrees(&b, &timed[i], &right);
    bench_release(&b);
    if (status == MX_OK && !right) {
        mx_warn("CLBlast errs with the parameters stored for '%s'; it is not used. 'mixcl tune "
                "--clblast' finds others",
                device->info.name);
        device->without_clblast = true;
    }
    return status;
}
