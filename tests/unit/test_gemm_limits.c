/* What CLBlast launches on devices that are held to the limits of a class. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "fixture.h"

#include <CL/cl.h>
#include <dlfcn.h>

#include "base/log.h"
#include "ops/gemm_tune_internal.h"

typedef cl_int enqueue(cl_command_queue, cl_kernel, cl_uint, const size_t *, const size_t *,
                       const size_t *, cl_uint, const cl_event *, cl_event *);

/* The most of all launches so far. */
static struct {
    size_t launches, work_group;
    cl_ulong local_memory;
} seen;
static bool seen_copy, seen_xgemm, seen_direct;

static void look_at(cl_kernel kernel, cl_device_id device, const size_t *local, cl_uint dims) {
    char name[64] = "";
    size_t group = 1;
    cl_ulong bytes = 0;
    clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof name, name, NULL);
    clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_LOCAL_MEM_SIZE, sizeof bytes, &bytes, NULL);
    for (cl_uint d = 0; local && d < dims; d++)
        group *= local[d];
    seen.launches++;
    if (group > seen.work_group) seen.work_group = group;
    if (bytes > seen.local_memory) seen.local_memory = bytes;
    seen_direct |= strncmp(name, "XgemmDirect", strlen("XgemmDirect")) == 0;
    seen_xgemm |= strcmp(name, "Xgemm") == 0;
    seen_copy |= strncmp(name, "Copy", strlen("Copy")) == 0;
}

/* Stands before the loader's for CLBlast too. */
cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dims,
                              const size_t *offset, const size_t *global, const size_t *local,
                              cl_uint n_events, const cl_event *events, cl_event *event) {
    static enqueue *call;
    cl_device_id device = NULL;
    if (!call) {
        void *next = dlsym(RTLD_NEXT, "clEnqueueNDRangeKernel");
        memcpy(&call, &next, sizeof call);
    }
    clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL);
    look_at(kernel, device, local, dims);
    return call(queue, kernel, dims, offset, global, local, n_events, events, event);
}

static mx_device *opened(const char *limits) {
    mx_device *device = NULL;
    mx_log_set_level(MX_LOG_QUIET);
    assert_int_equal(mx_device_open_limited(&device, getenv("MIXCL_DEVICE"), limits, false), MX_OK);
    return device;
}

/* From 896 on CLBlast takes Xgemm with copies around it, others for sizes that fill its tiles. */
enum { DIRECT = 100, WHOLE = 896, INDIRECT = 900 };

static void multiply(mx_device *device, mx_buffer *matrix, mx_i32 size, bool ta, bool tb,
                     mx_u32 batch) {
    const mx_gemm_args args = {.m = size,
                               .n = size,
                               .k = size,
                               .ta = ta,
                               .tb = tb,
                               .lda = (mx_u32)size,
                               .ldb = (mx_u32)size,
                               .ldc = (mx_u32)size,
                               .c = (mx_u32)(size * size),
                               .alpha = 1.0f,
                               .batch = batch,
                               .a_step = 1,
                               .b_step = 1,
                               .c_step = (mx_u32)(size * size)};
    assert_int_equal(mx_gemm(device, MX_GEMM_CLBLAST, &args, matrix, matrix, matrix), MX_OK);
}

static void every_launch_keeps_to_the_class(void **state) {
    (void)state;
    static const char *const classes[] = {"gpu-tiny", "gpu-small", "gpu-large"};
    for (int i = 0; i < 3; i++) {
        mx_device *device = opened(classes[i]);
        const mx_device_info *info = mx_device_get_info(device);
        const size_t bytes = (size_t)2 * INDIRECT * INDIRECT * sizeof(float);
        mx_buffer *matrix = NULL;
        memset(&seen, 0, sizeof seen);
        seen_copy = seen_xgemm = seen_direct = false;
        assert_int_equal(mx_buffer_create(&matrix, device, bytes), MX_OK);
        assert_int_equal(mx_buffer_zero(matrix, 0, bytes), MX_OK);
        for (int t = 0; t < 4; t++)
            multiply(device, matrix, t % 2 ? DIRECT : INDIRECT, t & 1, t & 2, 0);
        multiply(device, matrix, INDIRECT, true, false, 0);
        multiply(device, matrix, WHOLE, true, true, 0);
        multiply(device, matrix, DIRECT, false, false, 2);
        multiply(device, matrix, INDIRECT, false, false, 1);
        assert_true(seen_copy && seen_xgemm && seen_direct);
        assert_in_range(seen.work_group, 1, info->max_work_group);
        assert_in_range(seen.local_memory, 0, info->local_memory);
        mx_buffer_release(matrix);
        mx_device_close(device);
    }
}

static void stored_parameters_beyond_the_class_are_refused(void **state) {
    (void)state;
    const mx_gemm_params groups_of_256 = {{0, 1, 16, 2, 16, 16, 64, 16, 16, 64, 1, 1, 0, 0, 2, 2}},
                         local_20_kib = {{0, 1, 32, 2, 8, 8, 96, 8, 8, 64, 1, 1, 0, 0, 4, 4}};
    mx_device *tiny = opened("gpu-tiny"), *small = opened("gpu-small");
    assert_int_equal(mx_gemm_override(tiny, &groups_of_256), MX_OPENCL);
    assert_non_null(strstr(mx_error(), "CLBlast's Xgemm: a work-group of 256"));
    assert_int_equal(mx_gemm_override(tiny, &local_20_kib), MX_OPENCL);
    assert_non_null(strstr(mx_error(), "CLBlast's Xgemm: needs 20480 bytes of local memory"));
    assert_int_equal(mx_gemm_override(small, &groups_of_256), MX_OK);
    assert_int_equal(mx_gemm_override(small, &local_20_kib), MX_OK);
    mx_device_close(tiny);
    mx_device_close(small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_launch_keeps_to_the_class),
        cmocka_unit_test(stored_parameters_beyond_the_class_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
