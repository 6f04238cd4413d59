#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "nn/net.h"

enum { LEAKY_SLOPE_PERCENT = 10 };

/* Standard deviation of a weight's normal distribution; 0 for constants. */
static float deviation_of(const mx_param *param) {
    const float area = (float)(param->dims[2] > 0 ? param->dims[2] * param->dims[3] : 1);
    const float out = (float)param->dims[0], in = (float)param->dims[1],
                slope = LEAKY_SLOPE_PERCENT / 100.0f;
    switch (param->role) {
    case MX_PARAM_CONV_WEIGHT: /* He et al. 2015: torch's kaiming_normal_(mode='fan_out', a=0.1) */
        return sqrtf(2.0f / ((1.0f + slope * slope) * out * area));
    case MX_PARAM_LINEAR_WEIGHT: /* Glorot and Bengio 2010: torch's xavier_normal_ */
        return sqrtf(2.0f / (in + out));
    default:
        return 0.0f;
    }
}

static float constant_of(const mx_param *param) {
    return param->role == MX_PARAM_GAMMA || param->role == MX_PARAM_RUNNING_VAR ? 1.0f : 0.0f;
}

static void fill(const mx_param *param, mx_u32 which, uint64_t seed, float *to) {
    const float deviation = deviation_of(param), constant = constant_of(param);
    for (size_t i = 0; i < param->count; i++) {
        to[i] = constant;
        if (deviation == 0.0f) continue;
        const mx_random r =
            mx_philox((mx_u32)i, which, 0, MX_STREAM_INIT, (mx_u32)seed, (mx_u32)(seed >> 32));
        to[i] = deviation * mx_normal(r.v[0], r.v[1]);
    }
}

mx_status mx_net_init(mx_net *net, uint64_t seed) {
    const mx_net_arenas arenas = mx_net_get_arenas(net);
    const size_t bytes = mx_net_layout(net).count * sizeof(float);
    float *host = NULL;
    MX_TRY(mx_alloc(&host, bytes, 1));
    for (int i = 0; i < mx_net_param_count(net); i++)
        fill(mx_net_param(net, i), (mx_u32)i, seed, host + mx_net_param(net, i)->offset);
    mx_status status = mx_buffer_write(arenas.weights, 0, host, bytes);
    if (status == MX_OK) status = mx_buffer_write(arenas.average, 0, host, bytes);
    free(host);
    return status;
}
