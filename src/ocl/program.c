#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "ocl/cache.h"
#include "ocl/error.h"
#include "ocl/internal.h"
#include "ocl/source.h"

static mx_status build_failed(const mx_device *device, cl_program program, cl_int code,
                              const char *file, const char *options) {
    size_t bytes = 0;
    char *log = NULL;
    clGetProgramBuildInfo(program, device->info.device, CL_PROGRAM_BUILD_LOG, 0, NULL, &bytes);
    if (bytes > 0 && mx_alloc(&log, bytes + 1, 1) == MX_OK)
        clGetProgramBuildInfo(program, device->info.device, CL_PROGRAM_BUILD_LOG, bytes, log, NULL);
    mx_warn("build log of %s [%s] on '%s':\n%s", file, options, device->info.name,
            log ? log : "(none)");
    free(log);
    return mx_fail(MX_OPENCL, "the driver of '%s' cannot compile kernel file %s: %s (%d)",
                   device->info.name, file, mx_cl_error_name(code), code);
}

static mx_status build_source(const mx_device *device, const char *file, const mx_buf *text,
                              const char *flags, cl_program *out) {
    cl_int code = CL_SUCCESS;
    const char *source = text->data;
    mx_debug("compiling %s [%s]", file, flags);
    *out = clCreateProgramWithSource(device->context, 1, &source, &text->length, &code);
    MX_TRY(mx_cl_check(code, "clCreateProgramWithSource"));
    code = clBuildProgram(*out, 1, (cl_device_id[]){device->info.device}, flags, NULL, NULL);
    if (code == CL_SUCCESS) return MX_OK;
    const mx_status status = build_failed(device, *out, code, file, flags);
    clReleaseProgram(*out);
    *out = NULL;
    return status;
}

/* From the cache where there is one, else from source. */
static mx_status build(const mx_device *device, const char *file, const char *options,
                       cl_program *out) {
    mx_buf text = {0}, flags = {0};
    mx_status status;
    MX_GO(mx_source_load(&text, file));
    mx_buf_printf(&flags, "-cl-std=CL1.2 %s", options);
    MX_GO(mx_buf_check(&flags));
    const bool cached = mx_program_cache_applies(&device->info);
    const mx_program_key key = mx_program_key_of(&device->info, flags.data, &text);
    *out = cached ? mx_program_cache_load(&device->info, device->context, &key, flags.data) : NULL;
    if (*out) goto done;
    MX_GO(build_source(device, file, &text, flags.data, out));
    if (cached) mx_program_cache_store(&key, *out);
done:
    mx_buf_release(&text);
    mx_buf_release(&flags);
    return status;
}

/* Programs are shared by the kernels of a file: look for one before building. */
static mx_status find_or_build(const mx_device *device, const char *file, const char *options,
                               cl_program *out) {
    for (size_t i = 0; i < device->n_kernels; i++) {
        const mx_kernel_entry *entry = &device->kernels[i];
        if (strcmp(entry->file, file) == 0 && strcmp(entry->options, options) == 0) {
            *out = entry->program;
            return mx_cl_check(clRetainProgram(*out), "clRetainProgram");
        }
    }
    return build(device, file, options, out);
}

static void entry_release(mx_kernel_entry *entry) {
    if (entry->kernel) clReleaseKernel(entry->kernel);
    if (entry->program) clReleaseProgram(entry->program);
    free(entry->file);
    free(entry->name);
    free(entry->options);
}

/* Before its arguments are set, which OpenCL counts as well. */
static size_t declared_local(const mx_device *device, cl_kernel kernel) {
    cl_ulong bytes = 0;
    if (clGetKernelWorkGroupInfo(kernel, device->info.device, CL_KERNEL_LOCAL_MEM_SIZE,
                                 sizeof bytes, &bytes, NULL) != CL_SUCCESS)
        return 0;
    return (size_t)bytes;
}

mx_status mx_kernel_get(mx_device *device, const char *file, const char *name, const char *options,
                        cl_kernel *out, size_t *local_bytes) {
    for (size_t i = 0; i < device->n_kernels; i++) {
        const mx_kernel_entry *entry = &device->kernels[i];
        if (strcmp(entry->name, name) == 0 && strcmp(entry->file, file) == 0 &&
            strcmp(entry->options, options) == 0) {
            *out = entry->kernel;
            *local_bytes = entry->local_bytes;
            return MX_OK;
        }
    }
    mx_kernel_entry entry = {0};
    cl_int code = CL_SUCCESS;
    mx_status status;
    MX_GO(mx_strdup(&entry.file, file));
    MX_GO(mx_strdup(&entry.name, name));
    MX_GO(mx_strdup(&entry.options, options));
    MX_GO(
        mx_grow(&device->kernels, &device->kernels_capacity, device->n_kernels + 1, sizeof entry));
    MX_GO(find_or_build(device, file, options, &entry.program));
    entry.kernel = clCreateKernel(entry.program, name, &code);
    MX_GO(mx_context(mx_cl_check(code, "clCreateKernel"), "kernel '%s' of %s", name, file));
    entry.local_bytes = declared_local(device, entry.kernel);
    device->kernels[device->n_kernels++] = entry;
    *out = entry.kernel;
    *local_bytes = entry.local_bytes;
    return MX_OK;
done:
    entry_release(&entry);
    return status;
}

void mx_kernels_release(mx_device *device) {
    for (size_t i = 0; i < device->n_kernels; i++)
        entry_release(&device->kernels[i]);
    free(device->kernels);
}
