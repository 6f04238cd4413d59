/* Values in TensorFlow's buckets: exponential ones, so that one set of them fits any tensor. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/tfevents_internal.h"

enum {
    POWERS = 774,               /* of 1.1 times 1e-12, to just below 1e20 */
    ENDS = 2 * (POWERS + 1) + 1 /* of both signs, with the last of all numbers, and 0 */
};

/* Bucket i holds what is less than ends[i] but not less than ends[i - 1]. */
typedef struct buckets {
    double ends[ENDS], counts[ENDS];
    double stored_ends[ENDS], stored_counts[ENDS]; /* those that a file has */
} buckets;

static void set_ends(double *ends) {
    const size_t zero = POWERS + 1;
    double end = 1e-12;
    ends[zero] = 0;
    for (size_t i = 1; i <= POWERS; i++, end *= 1.1) {
        ends[zero + i] = end;
        ends[zero - i] = -end;
    }
    ends[0] = -DBL_MAX;
    ends[ENDS - 1] = DBL_MAX;
}

/* The first end above `value`, which is finite. */
static size_t bucket_of(const double *ends, double value) {
    size_t low = 0, high = ENDS - 1;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (ends[middle] > value)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void add_value(Tb__Histogram *histogram, double value) {
    if (histogram->num == 0 || value < histogram->min) histogram->min = value;
    if (histogram->num == 0 || value > histogram->max) histogram->max = value;
    histogram->num++;
    histogram->sum += value;
    histogram->sum_squares += value * value;
}

/* Stores buckets that hold something, and of those that are empty the last before each such: the
 * place where it begins. */
static void store(Tb__Histogram *histogram, buckets *b) {
    size_t stored = 0;
    for (size_t i = 0; i < ENDS; i++) {
        const bool begins = i + 1 < ENDS && b->counts[i + 1] > 0;
        if (b->counts[i] <= 0 && !begins) continue;
        b->stored_ends[stored] = b->ends[i];
        b->stored_counts[stored++] = b->counts[i];
    }
    histogram->bucket_limit = b->stored_ends;
    histogram->bucket = b->stored_counts;
    histogram->n_bucket_limit = histogram->n_bucket = stored;
}

mx_status mx_tfevents_histogram(mx_tfevents *file, uint64_t step, const char *tag,
                                const float *values, size_t count) {
    Tb__Histogram histogram = TB__HISTOGRAM__INIT;
    Tb__Summary__Value value = TB__SUMMARY__VALUE__INIT;
    buckets *b = NULL;
    MX_TRY(mx_alloc(&b, 1, sizeof *b));
    set_ends(b->ends);
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) continue;
        add_value(&histogram, (double)values[i]);
        b->counts[bucket_of(b->ends, (double)values[i])]++;
    }
    store(&histogram, b);
    value.tag = (char *)tag;
    value.value_case = TB__SUMMARY__VALUE__VALUE_HISTO;
    value.histo = &histogram;
    const mx_status status = mx_tfevents_write_value(file, step, &value);
    free(b);
    return status;
}
