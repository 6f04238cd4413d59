/* Numbers and pictures of `show mixup`, by the kernels that training uses. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/show_mixup.h"
#include "data/sampler.h"
#include "ops/mixup.h"
#include "ops/sharpen.h"

const double mx_mixup_alphas[MX_MIXUP_ALPHAS] = {0.1, 0.2, 0.5, 0.75, 1, 2, 16};
const double mx_mixup_temperatures[MX_MIXUP_TEMPERATURES] = {1, 0.75, 0.5, 0.25, 0.1};
const double mx_mixup_shares[MX_MIXUP_SHARES] = {1, 0.9, 0.8, 0.7, 0.6, 0.5, 0};

enum {
    MOST_PICTURES = 256,
    MOST_FLOATS = 1 << 22
}; /* of the pictures whose distance is measured */

double mx_beta_density(double alpha, double x) {
    const double log_beta = 2 * lgamma(alpha) - lgamma(2 * alpha);
    return exp((alpha - 1) * (log(x) + log1p(-x)) - log_beta);
}

/* 1/2 and the mean absolute deviation, 2^(-2 alpha) / (alpha B(alpha, alpha)). */
double mx_beta_larger_mean(double alpha) {
    const double log_beta = 2 * lgamma(alpha) - lgamma(2 * alpha);
    return 0.5 + exp(-2 * alpha * log(2) - log_beta) / alpha;
}

static mx_draw draw_of(uint64_t seed, int which) {
    return (mx_draw){.seed = seed, .step = (mx_u32)which};
}

/* The kernel keeps the larger side; on which side lambda was, the same numbers say here. */
static bool is_below_half(double alpha, mx_u32 i, mx_draw draw) {
    return mx_beta((float)alpha, i, draw.step, (mx_u32)draw.seed, (mx_u32)(draw.seed >> 32)) < 0.5f;
}

static void count_bin(double *bins, double share, double density) {
    const int bin = (int)(share * MX_MIXUP_BINS);
    bins[bin < 0 ? 0 : bin >= MX_MIXUP_BINS ? MX_MIXUP_BINS - 1 : bin] += density;
}

static void count_lambdas(mx_mixup_lambdas *out, const float *larger, double alpha, mx_draw draw) {
    const double unit = (double)MX_MIXUP_BINS / MX_MIXUP_DRAWS;
    for (mx_u32 i = 0; i < MX_MIXUP_DRAWS; i++) {
        const double most = (double)larger[i];
        const double lambda = is_below_half(alpha, i, draw) ? 1 - most : most;
        count_bin(out->bins, lambda, unit);
        count_bin(out->larger_bins, 2 * (most - 0.5), 2 * unit);
        out->mean += lambda / MX_MIXUP_DRAWS;
        out->larger_mean += most / MX_MIXUP_DRAWS;
    }
}

static mx_status read_floats(mx_tensor from, float *to) {
    return mx_buffer_read(from.buffer, from.offset * sizeof(float), to,
                          mx_tensor_count(from) * sizeof(float));
}

static mx_status draw_lambdas(mx_mixup_facts *facts, mx_device *device, uint64_t seed) {
    mx_buffer *buffer = NULL;
    float *larger = NULL;
    mx_status status;
    MX_GO(mx_buffer_create(&buffer, device, MX_MIXUP_DRAWS * sizeof(float)));
    MX_GO(mx_alloc(&larger, MX_MIXUP_DRAWS, sizeof *larger));
    for (int i = 0; i < MX_MIXUP_ALPHAS; i++) {
        const mx_tensor lambda = mx_matrix(buffer, 0, MX_MIXUP_DRAWS, 1);
        const mx_draw draw = draw_of(seed, i);
        MX_GO(mx_mixup_lambda(device, (float)mx_mixup_alphas[i], false, draw, lambda));
        MX_GO(read_floats(lambda, larger));
        count_lambdas(&facts->lambdas[i], larger, mx_mixup_alphas[i], draw);
    }
done:
    mx_buffer_release(buffer);
    free(larger);
    return status;
}

static mx_status sharpen(mx_mixup_facts *facts, mx_device *device) {
    enum { COUNT = 2 * MX_MIXUP_CURVE };
    float values[COUNT];
    mx_buffer *buffer = NULL;
    mx_status status;
    MX_GO(mx_buffer_create(&buffer, device, 2 * sizeof values));
    for (int t = 0; t < MX_MIXUP_TEMPERATURES; t++) {
        const mx_tensor guesses = mx_matrix(buffer, 0, MX_MIXUP_CURVE, 2),
                        targets = mx_matrix(buffer, COUNT, MX_MIXUP_CURVE, 2);
        for (int i = 0; i < MX_MIXUP_CURVE; i++) {
            values[2 * i] = (float)i / (MX_MIXUP_CURVE - 1);
            values[2 * i + 1] = 1 - values[2 * i];
        }
        MX_GO(mx_buffer_write(buffer, 0, values, sizeof values));
        MX_GO(mx_sharpen(device, guesses, 1, (float)mx_mixup_temperatures[t], targets));
        MX_GO(read_floats(targets, values));
        for (int i = 0; i < MX_MIXUP_CURVE; i++)
            facts->sharpened[t][i] = (double)values[2 * i];
    }
done:
    mx_buffer_release(buffer);
    return status;
}

/* `count` pictures on the device, to be mixed with each other. */
typedef struct pool {
    mx_device *device;
    mx_i32 count, most; /* most: rows of `mixed` */
    size_t plane;       /* bytes, and floats, of a picture */
    uint32_t *index;    /* in the data set */
    mx_buffer *floats, *ints;
    mx_tensor x, mixed, lambda, pair;
    float *host; /* room for `most` pictures */
} pool;

static void close_pool(pool *p) {
    mx_buffer_release(p->floats);
    mx_buffer_release(p->ints);
    free(p->index);
    free(p->host);
}

/* The pictures that training takes first, of its larger set. */
static mx_status choose_pictures(pool *p, const mx_dataset *data, uint64_t seed) {
    const mx_rows *rows =
        data->unlabelled.count > data->labelled.count ? &data->unlabelled : &data->labelled;
    size_t count = MOST_FLOATS / p->plane;
    mx_sampler sampler;
    if (count > MOST_PICTURES) count = MOST_PICTURES;
    if (count < 2) count = 2;
    if (count > rows->count) count = rows->count;
    p->count = (mx_i32)count;
    MX_TRY(mx_alloc(&p->index, count, sizeof *p->index));
    MX_TRY(mx_sampler_init(&sampler, rows, seed,
                           rows == &data->labelled ? MX_STREAM_LABELLED : MX_STREAM_UNLABELLED));
    mx_sampler_rows(&sampler, 0, count, p->index);
    mx_sampler_release(&sampler);
    return MX_OK;
}

static mx_status open_pool(pool *p, mx_device *device, const mx_dataset *data, uint64_t seed) {
    *p = (pool){.device = device, .plane = mx_dataset_bytes(data) / data->n_pictures};
    MX_TRY(choose_pictures(p, data, seed));
    p->most = p->count > MX_MIXUP_PAIRS ? p->count : MX_MIXUP_PAIRS;
    const size_t floats = p->plane * (size_t)p->most;
    MX_TRY(mx_buffer_create(&p->floats, device, (2 * floats + (size_t)p->most) * sizeof(float)));
    MX_TRY(mx_buffer_create(&p->ints, device, 2 * (size_t)p->most * sizeof(mx_i32)));
    MX_TRY(mx_alloc(&p->host, floats, sizeof *p->host));
    p->x = mx_matrix(p->floats, 0, p->count, (mx_i32)p->plane);
    p->mixed = mx_matrix(p->floats, (mx_u32)floats, p->most, (mx_i32)p->plane);
    p->lambda = mx_matrix(p->floats, (mx_u32)(2 * floats), p->most, 1);
    p->pair = mx_matrix(p->ints, 0, 2 * p->most, 1);
    for (size_t i = 0; i < (size_t)p->count * p->plane; i++)
        p->host[i] = (float)data->pixels[p->index[i / p->plane] * p->plane + i % p->plane];
    return mx_buffer_write(p->floats, 0, p->host, (size_t)p->count * p->plane * sizeof(float));
}

/* Mixes `rows` rows as `pair` and the lambdas on the device say, into p->host. */
static mx_status mix(pool *p, const mx_i32 *pair, mx_i32 rows) {
    mx_tensor mixed = p->mixed;
    mixed.n = rows;
    MX_TRY(mx_buffer_write(p->ints, 0, pair, 2 * (size_t)rows * sizeof *pair));
    MX_TRY(mx_mixup(p->device, p->x, p->pair, p->lambda, mixed));
    return read_floats(mixed, p->host);
}

/* Mean RMS between rows of p->host and the pictures that they began as. */
static double mean_distance(const pool *p, const mx_dataset *data) {
    double sum = 0;
    for (mx_i32 i = 0; i < p->count; i++) {
        const uint8_t *own = data->pixels + p->index[i] * p->plane;
        const float *mixed = p->host + (size_t)i * p->plane;
        double squares = 0;
        for (size_t j = 0; j < p->plane; j++)
            squares += ((double)mixed[j] - own[j]) * ((double)mixed[j] - own[j]);
        sum += sqrt(squares / (double)p->plane);
    }
    return sum / p->count;
}

/* Every picture with the next; with lambda 0 the mixed picture is the other. */
static mx_status measure_distances(mx_mixup_facts *facts, pool *p, const mx_dataset *data,
                                   uint64_t seed) {
    mx_i32 pair[2 * MOST_PICTURES];
    mx_tensor lambda = p->lambda;
    lambda.n = p->count;
    for (mx_i32 i = 0; i < p->count; i++) {
        pair[i] = i;
        pair[p->count + i] = (i + 1) % p->count;
    }
    MX_TRY(
        mx_buffer_zero(p->floats, lambda.offset * sizeof(float), (size_t)p->count * sizeof(float)));
    MX_TRY(mix(p, pair, p->count));
    facts->n_pictures = (size_t)p->count;
    facts->picture_distance = mean_distance(p, data);
    for (int i = 0; i < MX_MIXUP_ALPHAS; i++) {
        MX_TRY(
            mx_mixup_lambda(p->device, (float)mx_mixup_alphas[i], false, draw_of(seed, i), lambda));
        MX_TRY(mix(p, pair, p->count));
        facts->lambdas[i].distance = mean_distance(p, data);
    }
    return MX_OK;
}

/* Pairs of different labels, where there are any. */
static void choose_pairs(mx_mixup_facts *facts, const pool *p, const mx_dataset *data,
                         mx_i32 own[MX_MIXUP_PAIRS], mx_i32 other[MX_MIXUP_PAIRS]) {
    for (mx_i32 i = 0; i < MX_MIXUP_PAIRS; i++) {
        own[i] = 2 * i % p->count;
        other[i] = (own[i] + 1) % p->count;
        for (mx_i32 j = own[i] + 1; j < p->count; j++)
            if (data->labels[p->index[j]] != data->labels[p->index[own[i]]]) {
                other[i] = j;
                break;
            }
        facts->pairs[i][0] = p->index[own[i]];
        facts->pairs[i][1] = p->index[other[i]];
    }
}

static mx_status mix_pairs(mx_mixup_facts *facts, pool *p, const mx_dataset *data) {
    enum { ROWS = MX_MIXUP_PAIRS * MX_MIXUP_SHARES };
    mx_i32 own[MX_MIXUP_PAIRS], other[MX_MIXUP_PAIRS], pair[2 * MX_MIXUP_PAIRS];
    float lambdas[MOST_PICTURES];
    const size_t floats = MX_MIXUP_PAIRS * p->plane;
    choose_pairs(facts, p, data, own, other);
    memcpy(pair, own, sizeof own);
    memcpy(pair + MX_MIXUP_PAIRS, other, sizeof other);
    MX_TRY(mx_alloc(&facts->mixed, ROWS, p->plane));
    for (size_t s = 0; s < MX_MIXUP_SHARES; s++) {
        /* A row takes the lambda of its own picture. */
        for (mx_i32 i = 0; i < p->count; i++)
            lambdas[i] = (float)mx_mixup_shares[s];
        MX_TRY(mx_buffer_write(p->floats, p->lambda.offset * sizeof(float), lambdas,
                               (size_t)p->count * sizeof(float)));
        MX_TRY(mix(p, pair, MX_MIXUP_PAIRS));
        for (size_t i = 0; i < floats; i++) {
            const size_t row = i / p->plane * MX_MIXUP_SHARES + s;
            facts->mixed[row * p->plane + i % p->plane] = (uint8_t)lrintf(p->host[i]);
        }
    }
    return MX_OK;
}

static mx_status mix_pictures(mx_mixup_facts *facts, mx_device *device, const mx_dataset *data,
                              uint64_t seed) {
    pool p;
    mx_status status;
    MX_GO(open_pool(&p, device, data, seed));
    MX_GO(measure_distances(facts, &p, data, seed));
    MX_GO(mix_pairs(facts, &p, data));
done:
    close_pool(&p);
    return status;
}

mx_status mx_mixup_facts_compute(mx_mixup_facts *facts, mx_device *device, const mx_dataset *data,
                                 uint64_t seed) {
    *facts = (mx_mixup_facts){0};
    MX_TRY(draw_lambdas(facts, device, seed));
    MX_TRY(sharpen(facts, device));
    return data ? mix_pictures(facts, device, data, seed) : MX_OK;
}

void mx_mixup_facts_release(mx_mixup_facts *facts) {
    free(facts->mixed);
    *facts = (mx_mixup_facts){0};
}
