/* Numbers that change from step to step. `step` counts from 0. */
#ifndef MX_TRAIN_SCHEDULE_H
#define MX_TRAIN_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* lambda_u x min(1, step / ramp_steps); lambda_u at once for ramp_steps 0. */
double mx_lambda_u_at(double lambda_u, int64_t ramp_steps, uint64_t step);

/* Decay of the weights' moving average: `ema`, or min(ema, (1 + step) / (10 + step)) while warming
 * up, as TensorFlow's ExponentialMovingAverage(num_updates) has it. */
double mx_ema_at(double ema, bool warmup, uint64_t step);

enum { MX_MILESTONES = 16 };

/* What the learning rate is multiplied by. All 0: 1 at every step. */
typedef struct mx_lr_schedule {
    bool cosine;
    uint64_t warmup; /* steps */
    uint64_t steps;  /* of the run, for the cosine */
    uint64_t milestones[MX_MILESTONES];
    int n_milestones;
    double gamma; /* of each milestone */
} mx_lr_schedule;

/* (step + 1) / warmup while step < warmup, times cos(7 pi t / (16 T)), where t of T steps are done
 * after the warm-up (Sohn et al. 2020, "FixMatch"), times gamma for each milestone that is done. */
double mx_lr_factor_at(const mx_lr_schedule *schedule, uint64_t step);

#endif
