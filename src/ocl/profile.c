#include "ocl/profile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ocl/error.h"
#include "ocl/internal.h"

bool mx_profile_enabled(const mx_device *device) {
    return device->profile.enabled;
}

void mx_profile_op(mx_device *device, double flops, const char *format, ...) {
    mx_profile *profile = &device->profile;
    if (!profile->enabled) return;
    char name[sizeof profile->rows->name];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    size_t row = 0;
    while (row < profile->n_rows && strcmp(profile->rows[row].name, name) != 0)
        row++;
    if (row == profile->n_rows) {
        if (mx_grow(&profile->rows, &profile->rows_capacity, row + 1, sizeof *profile->rows) !=
            MX_OK)
            return;
        profile->rows[row] = (mx_profile_row){0};
        memcpy(profile->rows[row].name, name, sizeof name);
        profile->n_rows++;
    }
    profile->rows[row].calls++;
    profile->rows[row].flops += flops;
    profile->current = row;
}

cl_event *mx_profile_slot(mx_device *device) {
    mx_profile *profile = &device->profile;
    if (!profile->enabled || profile->n_rows == 0) return NULL;
    if (mx_grow(&profile->events, &profile->events_capacity, profile->n_events + 1,
                sizeof *profile->events) != MX_OK)
        return NULL;
    struct mx_profile_event *slot = &profile->events[profile->n_events++];
    *slot = (struct mx_profile_event){.row = profile->current};
    return &slot->event;
}

static int by_time(const void *a, const void *b) {
    const mx_profile_row *x = a, *y = b;
    return x->ms < y->ms ? 1 : x->ms > y->ms ? -1 : strcmp(x->name, y->name);
}

static void add_event(mx_profile *profile, const struct mx_profile_event *slot) {
    cl_ulong start = 0, end = 0;
    if (!slot->event) return;
    clGetEventProfilingInfo(slot->event, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL);
    clGetEventProfilingInfo(slot->event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL);
    if (end > start) profile->rows[slot->row].ms += (double)(end - start) * 1e-6;
}

static void drop_events(mx_profile *profile) {
    for (size_t i = 0; i < profile->n_events; i++)
        if (profile->events[i].event) clReleaseEvent(profile->events[i].event);
    profile->n_events = 0;
}

mx_status mx_profile_collect(mx_device *device, const mx_profile_row **rows, size_t *count) {
    mx_profile *profile = &device->profile;
    MX_TRY(mx_device_finish(device));
    for (size_t i = 0; i < profile->n_events; i++)
        add_event(profile, &profile->events[i]);
    drop_events(profile);
    if (profile->n_rows) qsort(profile->rows, profile->n_rows, sizeof *profile->rows, by_time);
    *rows = profile->rows;
    *count = profile->n_rows;
    return MX_OK;
}

void mx_profile_clear(mx_device *device) {
    drop_events(&device->profile);
    device->profile.n_rows = 0;
    device->profile.current = 0;
}

void mx_profile_release(mx_device *device) {
    drop_events(&device->profile);
    free(device->profile.rows);
    free(device->profile.events);
}
