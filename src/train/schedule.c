#include "train/schedule.h"

#include <math.h>

double mx_lambda_u_at(double lambda_u, int64_t ramp_steps, uint64_t step) {
    if (ramp_steps <= 0 || step >= (uint64_t)ramp_steps) return lambda_u;
    return lambda_u * (double)step / (double)ramp_steps;
}

double mx_ema_at(double ema, bool warmup, uint64_t step) {
    const double early = (1.0 + (double)step) / (10.0 + (double)step);
    return warmup && early < ema ? early : ema;
}

static double cosine_at(const mx_lr_schedule *schedule, uint64_t step) {
    const double seven_sixteenths_of_pi = 1.3744467859455344;
    if (step < schedule->warmup || schedule->steps <= schedule->warmup) return 1;
    const double done =
        (double)(step - schedule->warmup) / (double)(schedule->steps - schedule->warmup);
    return cos(seven_sixteenths_of_pi * (done < 1 ? done : 1));
}

double mx_lr_factor_at(const mx_lr_schedule *schedule, uint64_t step) {
    double factor = step < schedule->warmup ? ((double)step + 1.0) / (double)schedule->warmup : 1.0;
    if (schedule->cosine) factor *= cosine_at(schedule, step);
    for (int i = 0; i < schedule->n_milestones; i++)
        if (step >= schedule->milestones[i]) factor *= schedule->gamma;
    return factor;
}
