/* What the guessed labels of an epoch are worth. */
#ifndef MX_TRAIN_GUESS_QUALITY_H
#define MX_TRAIN_GUESS_QUALITY_H

#include <stdint.h>

#include "shared.h"

/* 0 and 1 are the ends of all three. */
typedef struct mx_guess_quality {
    uint64_t guesses, known; /* known: those whose true class is */
    double confidence;       /* mean of the largest probability */
    double accuracy;         /* share of the known that name the true class; 0 without any */
    double balance;          /* entropy of the mean guess, as a share of the most there can be */
} mx_guess_quality;

/* From tally[classes + 3 x rows] (ops/guess.h) of `guesses` guesses, at least one. */
mx_guess_quality mx_guess_quality_of(const float *tally, mx_i32 classes, mx_i32 rows,
                                     uint64_t guesses);

#endif
