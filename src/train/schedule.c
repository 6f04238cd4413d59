#include "train/schedule.h"

double mx_lambda_u_at(double lambda_u, int64_t ramp_steps, uint64_t step) {
    if (ramp_steps <= 0 || step >= (uint64_t)ramp_steps) return lambda_u;
    return lambda_u * (double)step / (double)ramp_steps;
}

double mx_ema_at(double ema, bool warmup, uint64_t step) {
    const double early = (1.0 + (double)step) / (10.0 + (double)step);
    return warmup && early < ema ? early : ema;
}
