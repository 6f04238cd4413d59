/* What the files of ocl/, and ops/gemm for CLBlast, know of each other. */
#ifndef MX_OCL_INTERNAL_H
#define MX_OCL_INTERNAL_H

#include <CL/cl.h>

#include "ocl/buffer.h"
#include "ocl/device.h"
#include "ocl/profile.h"

enum { MX_STAGE_SLOTS = 32, MX_STAGE_BYTES = 65536 };

struct mx_buffer {
    mx_device *device;
    cl_mem memory;
    size_t bytes;
    bool shared; /* the host's memory, which somebody else releases */
};

/* A kernel and how it was made; the program is released with it. */
typedef struct mx_kernel_entry {
    char *file, *name, *options;
    cl_program program;
    cl_kernel kernel;
    size_t local_bytes; /* of local memory that it declares itself */
} mx_kernel_entry;

typedef struct mx_profile {
    bool enabled;
    mx_profile_row *rows;
    size_t n_rows, rows_capacity, current;
    struct mx_profile_event {
        cl_event event;
        size_t row;
    } * events;
    size_t n_events, events_capacity;
    size_t spans, wrong_spans; /* collected so far */
    bool by_clock;
    double since; /* mx_now_ms when the op at hand began, by_clock */
} mx_profile;

struct mx_device {
    mx_device_info info;
    cl_context context;
    cl_command_queue queue;
    mx_kernel_entry *kernels;
    size_t n_kernels, kernels_capacity;
    size_t allocated, allocated_peak;
    bool without_clblast; /* it was found to err here */
    bool clblast_held;    /* to the limits of a simulated device */
    mx_buffer *zeros;     /* made on first use */
    struct {
        unsigned char *bytes;
        cl_event busy;
    } stage[MX_STAGE_SLOTS];
    size_t next_stage;
    mx_profile profile;
};

/* The kernel, compiled on first use, and the local memory that it declares itself. */
mx_status mx_kernel_get(mx_device *device, const char *file, const char *name, const char *options,
                        cl_kernel *out, size_t *local_bytes);
void mx_kernels_release(mx_device *device);

/* Where an enqueue call puts its event: NULL when nobody asks. */
cl_event *mx_profile_slot(mx_device *device);
void mx_profile_release(mx_device *device);

#endif
