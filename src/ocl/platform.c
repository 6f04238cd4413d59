#include "ocl/platform.h"

#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ocl/error.h"

enum { MAX_PLATFORMS = 32, MAX_DEVICES = 64 };

const char *mx_device_type_name(mx_device_type type) {
    static const char *const names[] = {"CPU", "GPU", "accelerator", "other"};
    return names[type];
}

static void query_text(cl_device_id device, cl_device_info what, char *out, size_t bytes) {
    if (clGetDeviceInfo(device, what, bytes, out, NULL) != CL_SUCCESS)
        snprintf(out, bytes, "unknown");
    out[bytes - 1] = '\0';
    /* Some drivers pad names with blanks. */
    for (size_t n = strlen(out); n > 0 && out[n - 1] == ' '; n--)
        out[n - 1] = '\0';
}

static uint64_t query_number(cl_device_id device, cl_device_info what, size_t bytes) {
    uint64_t value = 0;
    return clGetDeviceInfo(device, what, bytes, &value, NULL) == CL_SUCCESS ? value : 0;
}

/* Mesa's software rasteriser ends the loops of a work-item after 65535 turns in all, without a
 * word. Kernels for CPUs, with one work-item to a core, need more; those for GPUs need fewer. */
static bool ends_long_loops(const char *name) {
    return strncmp(name, "llvmpipe", strlen("llvmpipe")) == 0;
}

static mx_device_type type_of(cl_device_type type, const char *name) {
    if (ends_long_loops(name)) return MX_DEVICE_OTHER;
    if (type & CL_DEVICE_TYPE_GPU) return MX_DEVICE_GPU;
    if (type & CL_DEVICE_TYPE_CPU) return MX_DEVICE_CPU;
    return type & CL_DEVICE_TYPE_ACCELERATOR ? MX_DEVICE_ACCELERATOR : MX_DEVICE_OTHER;
}

void mx_device_judge(mx_device_info *info) {
    int major = 0, minor = 0;
    const char *why = NULL;
    if (sscanf(info->version, "OpenCL %d.%d", &major, &minor) != 2 || major * 10 + minor < 12)
        why = "needs OpenCL 1.2";
    else if (!info->available)
        why = "not available";
    else if (!info->has_compiler)
        why = "has no OpenCL C compiler";
    else if (!info->little_endian)
        why = "is big-endian";
    else if (info->address_bits < 64)
        why = "has 32-bit addresses";
    info->usable = why == NULL;
    snprintf(info->unusable_why, sizeof info->unusable_why, "%s", why ? why : "");
}

static void describe(mx_device_info *info, cl_platform_id platform, cl_device_id device) {
    info->platform = platform;
    info->device = device;
    if (clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof info->platform_name,
                          info->platform_name, NULL) != CL_SUCCESS)
        snprintf(info->platform_name, sizeof info->platform_name, "unknown");
    query_text(device, CL_DEVICE_NAME, info->name, sizeof info->name);
    const uint64_t type = query_number(device, CL_DEVICE_TYPE, sizeof(cl_device_type));
    info->type = type_of(type, info->name);
    info->in_process = (type & CL_DEVICE_TYPE_CPU) != 0;
    query_text(device, CL_DEVICE_VENDOR, info->vendor, sizeof info->vendor);
    query_text(device, CL_DEVICE_VERSION, info->version, sizeof info->version);
    query_text(device, CL_DRIVER_VERSION, info->driver, sizeof info->driver);
    info->compute_units =
        (uint32_t)query_number(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(cl_uint));
    const uint32_t vector =
        (uint32_t)query_number(device, CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, sizeof(cl_uint));
    info->float_vector = vector < 1 ? 1 : vector > 16 ? 16 : vector;
    info->address_bits = (uint32_t)query_number(device, CL_DEVICE_ADDRESS_BITS, sizeof(cl_uint));
    info->global_memory = query_number(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof(cl_ulong));
    info->local_memory = query_number(device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof(cl_ulong));
    info->max_allocation = query_number(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(cl_ulong));
    info->max_work_group =
        (size_t)query_number(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t));
    info->base_align =
        (size_t)query_number(device, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof(cl_uint)) / 8;
    info->host_unified = query_number(device, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof(cl_bool)) != 0;
    info->available = query_number(device, CL_DEVICE_AVAILABLE, sizeof(cl_bool)) != 0;
    info->has_compiler = query_number(device, CL_DEVICE_COMPILER_AVAILABLE, sizeof(cl_bool)) != 0;
    info->little_endian = query_number(device, CL_DEVICE_ENDIAN_LITTLE, sizeof(cl_bool)) != 0;
    mx_device_judge(info);
}

static mx_status no_platform(cl_int code) {
    const char *vendors = getenv("OCL_ICD_VENDORS");
    return mx_fail(
        MX_OPENCL,
        "no OpenCL device found (%s, OCL_ICD_VENDORS is %s%s%s); install 'pocl-opencl-icd' "
        "to run on the CPU or the vendor's driver for a GPU, then look with 'clinfo -l'",
        mx_cl_error_name(code), vendors ? "'" : "", vendors ? vendors : "not set",
        vendors ? "'" : "");
}

static mx_status append_platform(mx_device_list *list, size_t *capacity, cl_platform_id platform,
                                 int platform_index) {
    cl_device_id ids[MAX_DEVICES];
    cl_uint count = 0;
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, MAX_DEVICES, ids, &count) != CL_SUCCESS)
        return MX_OK;
    if (count > MAX_DEVICES) count = MAX_DEVICES;
    MX_TRY(mx_grow(&list->devices, capacity, list->count + count, sizeof *list->devices));
    for (cl_uint i = 0; i < count; i++) {
        mx_device_info *info = &list->devices[list->count];
        *info = (mx_device_info){
            .index = (int)list->count, .platform_index = platform_index, .platform_device = (int)i};
        describe(info, platform, ids[i]);
        list->count++;
    }
    return MX_OK;
}

mx_status mx_device_list_load(mx_device_list *out) {
    *out = (mx_device_list){0};
    cl_platform_id platforms[MAX_PLATFORMS];
    cl_uint count = 0;
    const cl_int code = clGetPlatformIDs(MAX_PLATFORMS, platforms, &count);
    if (code != CL_SUCCESS || count == 0) return no_platform(code);
    if (count > MAX_PLATFORMS) count = MAX_PLATFORMS;
    size_t capacity = 0;
    mx_status status = MX_OK;
    for (cl_uint i = 0; i < count && status == MX_OK; i++)
        status = append_platform(out, &capacity, platforms[i], (int)i);
    if (status == MX_OK && out->count == 0) status = no_platform(CL_DEVICE_NOT_FOUND);
    if (status != MX_OK) mx_device_list_release(out);
    return status;
}

void mx_device_list_release(mx_device_list *list) {
    free(list->devices);
    *list = (mx_device_list){0};
}
