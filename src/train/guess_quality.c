#include "train/guess_quality.h"

#include <math.h>

static double sum(const float *values, mx_i32 count) {
    double total = 0;
    for (mx_i32 i = 0; i < count; i++)
        total += (double)values[i];
    return total;
}

static double balance_of(const float *sums, mx_i32 classes) {
    const double total = sum(sums, classes);
    double entropy = 0;
    for (mx_i32 c = 0; c < classes; c++) {
        const double p = (double)sums[c] / total;
        if (p > 0) entropy -= p * log(p);
    }
    return classes > 1 ? entropy / log(classes) : 1;
}

mx_guess_quality mx_guess_quality_of(const float *tally, mx_i32 classes, mx_i32 rows,
                                     uint64_t guesses) {
    const float *largest = tally + classes;
    const double right = sum(largest + rows, rows), known = sum(largest + 2 * rows, rows);
    return (mx_guess_quality){.guesses = guesses,
                              .known = (uint64_t)known,
                              .confidence = sum(largest, rows) / (double)guesses,
                              .accuracy = known > 0 ? right / known : 0,
                              .balance = balance_of(tally, classes)};
}
