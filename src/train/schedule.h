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

#endif
