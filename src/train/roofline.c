#include "train/roofline.h"

#include "base/clock.h"
#include "ops/peak.h"

enum {
    TURNS = 5,            /* the best counts */
    COPIED = 256 << 20,   /* bytes at most: more than any cache near a core */
    SHARE_OF_DEVICE = 16, /* that they are at most a part of */
    ITEMS_PER_UNIT =
        2048, /* enough for every scheduler of a GPU's unit to have others to turn to */
    FIRST_ROUNDS = 64,
    MOST_ROUNDS = 1 << 24
};

/* So long that a launch is nothing beside it. */
static const double LONG_MS = 10.0;

typedef struct pair {
    mx_buffer *x, *y;
    mx_tensor from, to;
} pair;

static mx_status pair_init(pair *p, mx_device *device, size_t floats) {
    mx_status status;
    *p = (pair){0};
    MX_GO(mx_buffer_create(&p->x, device, floats * sizeof(float)));
    MX_GO(mx_buffer_create(&p->y, device, floats * sizeof(float)));
    MX_GO(mx_buffer_zero(p->x, 0, floats * sizeof(float)));
    MX_GO(mx_buffer_zero(p->y, 0, floats * sizeof(float)));
    p->from = mx_matrix(p->x, 0, 1, (mx_i32)floats);
    p->to = mx_matrix(p->y, 0, 1, (mx_i32)floats);
done:
    return status;
}

static void pair_release(pair *p) {
    mx_buffer_release(p->x);
    mx_buffer_release(p->y);
}

static mx_status time_fma(mx_device *device, const pair *p, mx_i32 rounds, double *ms) {
    const double start = mx_now_ms();
    MX_TRY(mx_peak_fma(device, p->from, rounds, p->to));
    MX_TRY(mx_device_finish(device));
    *ms = mx_now_ms() - start;
    return MX_OK;
}

static mx_status measure_flops(mx_device *device, double *flops) {
    const size_t vector = (size_t)mx_vector_width(device, 0),
                 units = mx_device_get_info(device)->compute_units,
                 floats = units * ITEMS_PER_UNIT * vector;
    mx_i32 rounds = FIRST_ROUNDS;
    double ms = 0;
    pair p;
    mx_status status;
    MX_GO(pair_init(&p, device, floats));
    MX_GO(time_fma(device, &p, rounds, &ms)); /* compiles */
    MX_GO(time_fma(device, &p, rounds, &ms));
    while (ms < LONG_MS && rounds < MOST_ROUNDS)
        MX_GO(time_fma(device, &p, rounds *= 2, &ms));
    *flops = 0;
    for (int i = 0; i < TURNS; i++) {
        MX_GO(time_fma(device, &p, rounds, &ms));
        const double rate = 2.0 * MX_PEAK_CHAINS * rounds * (double)floats / ms * 1e3;
        if (rate > *flops) *flops = rate;
    }
done:
    pair_release(&p);
    return status;
}

static mx_status measure_bytes(mx_device *device, double *bytes) {
    const mx_device_info *info = mx_device_get_info(device);
    size_t size = COPIED;
    while (size > info->max_allocation || size > info->global_memory / SHARE_OF_DEVICE)
        size /= 2;
    pair p;
    mx_status status;
    MX_GO(pair_init(&p, device, size / sizeof(float)));
    MX_GO(mx_peak_copy(device, p.from, p.to));
    *bytes = 0;
    for (int i = 0; i < TURNS; i++) {
        MX_GO(mx_device_finish(device));
        const double start = mx_now_ms();
        MX_GO(mx_peak_copy(device, p.from, p.to));
        MX_GO(mx_device_finish(device));
        const double rate = 2.0 * (double)size / (mx_now_ms() - start) * 1e3;
        if (rate > *bytes) *bytes = rate;
    }
done:
    pair_release(&p);
    return status;
}

mx_status mx_peaks_measure(mx_device *device, mx_peaks *out) {
    MX_TRY(mx_context(measure_flops(device, &out->flops), "peak of arithmetic"));
    return mx_context(measure_bytes(device, &out->bytes), "peak of memory");
}

mx_roof mx_roof_of(mx_work work, double ms, const mx_peaks *peaks) {
    const double compute = work.flops / peaks->flops, memory = work.bytes / peaks->bytes;
    const double least_s = compute > memory ? compute : memory;
    return (mx_roof){.memory = memory > compute, .share = ms > 0 ? least_s * 1e3 / ms : 0.0};
}

mx_roof_times mx_roof_sum(const mx_profile_row *rows, size_t count, const mx_peaks *peaks) {
    mx_roof_times times = {0};
    for (size_t i = 0; i < count; i++) {
        const mx_roof roof = mx_roof_of(rows[i].work, rows[i].ms, peaks);
        double *to = roof.memory ? &times.memory : &times.compute;
        *(roof.share < MX_ROOF_LEAST ? &times.neither : to) += rows[i].ms;
    }
    return times;
}
