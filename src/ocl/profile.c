#include "ocl/profile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ocl/error.h"
#include "ocl/internal.h"

bool mx_profile_enabled(const mx_device *device) {
    return device->profile.enabled;
}

/* By the clock: what passed belongs to the op at hand. A wait that fails is found by the next call
 * that can say so. */
static void charge(mx_device *device) {
    mx_profile *profile = &device->profile;
    if (!profile->by_clock) return;
    clFinish(device->queue);
    const double now = mx_now_ms();
    if (profile->n_rows > 0) profile->rows[profile->current].ms += now - profile->since;
    profile->since = now;
}

void mx_profile_op(mx_device *device, mx_work work, const char *format, ...) {
    mx_profile *profile = &device->profile;
    if (!profile->enabled) return;
    charge(device);
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
    profile->rows[row].work.flops += work.flops;
    profile->rows[row].work.bytes += work.bytes;
    profile->current = row;
}

cl_event *mx_profile_slot(mx_device *device) {
    mx_profile *profile = &device->profile;
    if (!profile->enabled || profile->by_clock || profile->n_rows == 0) return NULL;
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

/* {0, 0}, which is wrong, where the driver has no answer. */
static mx_profile_span span_of(const struct mx_profile_event *slot) {
    cl_ulong start = 0, end = 0;
    if (!slot->event ||
        clGetEventProfilingInfo(slot->event, CL_PROFILING_COMMAND_START, sizeof start, &start,
                                NULL) != CL_SUCCESS ||
        clGetEventProfilingInfo(slot->event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) !=
            CL_SUCCESS)
        return (mx_profile_span){0};
    return (mx_profile_span){start, end};
}

size_t mx_profile_wrong_spans(const mx_profile_span *spans, size_t count) {
    enum { MICROSECOND = 1000 };
    size_t wrong = 0;
    bool any_time = false;
    for (size_t i = 0; i < count; i++) {
        const bool backwards = i > 0 && spans[i].start < spans[i - 1].start;
        if (spans[i].end == 0 || spans[i].end < spans[i].start || backwards) wrong++;
        if (spans[i].end >= spans[i].start + MICROSECOND) any_time = true;
    }
    return any_time ? wrong : count;
}

bool mx_profile_trusted(const mx_device *device) {
    return device->profile.wrong_spans * 100 <= device->profile.spans;
}

mx_status mx_profile_use_clock(mx_device *device) {
    MX_TRY(mx_device_finish(device));
    mx_profile_clear(device);
    device->profile.by_clock = true;
    device->profile.since = mx_now_ms();
    return MX_OK;
}

static mx_status add_events(mx_profile *profile) {
    mx_profile_span *spans = NULL;
    if (profile->n_events == 0) return MX_OK;
    MX_TRY(mx_alloc(&spans, profile->n_events, sizeof *spans));
    for (size_t i = 0; i < profile->n_events; i++) {
        spans[i] = span_of(&profile->events[i]);
        if (spans[i].end > spans[i].start)
            profile->rows[profile->events[i].row].ms +=
                (double)(spans[i].end - spans[i].start) * 1e-6;
    }
    profile->spans += profile->n_events;
    profile->wrong_spans += mx_profile_wrong_spans(spans, profile->n_events);
    free(spans);
    return MX_OK;
}

static void drop_events(mx_profile *profile) {
    for (size_t i = 0; i < profile->n_events; i++)
        if (profile->events[i].event) clReleaseEvent(profile->events[i].event);
    profile->n_events = 0;
}

mx_status mx_profile_collect(mx_device *device, const mx_profile_row **rows, size_t *count) {
    mx_profile *profile = &device->profile;
    MX_TRY(mx_device_finish(device));
    charge(device);
    MX_TRY(add_events(profile));
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
    device->profile.since = mx_now_ms();
}

void mx_profile_release(mx_device *device) {
    drop_events(&device->profile);
    free(device->profile.rows);
    free(device->profile.events);
}
