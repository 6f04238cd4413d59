#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "nn/net_internal.h"

/* Standard deviation of a normal distribution; 0 for the others. */
static float deviation_of(const mx_param *param, mx_net_start start) {
    const float area = (float)(param->dims[2] > 0 ? param->dims[2] * param->dims[3] : 1);
    const float out = (float)param->dims[0], in = (float)param->dims[1];
    switch (param->role) {
    case MX_PARAM_CONV_WEIGHT: /* He et al. 2015: torch's kaiming_normal_(mode='fan_out') */
        return sqrtf(2.0f / ((1.0f + start.slope * start.slope) * out * area));
    case MX_PARAM_LINEAR_WEIGHT: /* Glorot and Bengio 2010: torch's xavier_normal_ */
        return start.uniform ? 0.0f : sqrtf(2.0f / (in + out));
    default:
        return 0.0f;
    }
}

/* Half the width of a parameter's uniform distribution; 0 for the others. Its layer has `in`
 * inputs.
 */
static float spread_of(const mx_param *param, mx_net_start start, mx_i32 in) {
    const bool linear = param->role == MX_PARAM_LINEAR_WEIGHT || param->role == MX_PARAM_BIAS;
    return start.uniform && linear ? 1.0f / sqrtf((float)in) : 0.0f;
}

static float constant_of(const mx_param *param) {
    return param->role == MX_PARAM_GAMMA || param->role == MX_PARAM_RUNNING_VAR ? 1.0f : 0.0f;
}

static void fill(const mx_net *net, int which, uint64_t seed, float *to) {
    const mx_param *param = &net->params[which];
    /* A bias comes right after its weight, which knows the inputs. */
    const mx_param *weight = param->role == MX_PARAM_BIAS ? param - 1 : param;
    const mx_i32 in =
        weight->dims[1] * (weight->dims[2] > 0 ? weight->dims[2] * weight->dims[3] : 1);
    const float deviation = deviation_of(param, net->start),
                spread = spread_of(param, net->start, in), constant = constant_of(param);
    for (size_t i = 0; i < param->count; i++) {
        to[i] = constant;
        if (deviation == 0.0f && spread == 0.0f) continue;
        const mx_random r = mx_philox((mx_u32)i, (mx_u32)which, 0, MX_STREAM_INIT, (mx_u32)seed,
                                      (mx_u32)(seed >> 32));
        to[i] = spread > 0.0f ? spread * (2.0f * mx_unit(r.v[0]) - 1.0f)
                              : deviation * mx_normal(r.v[0], r.v[1]);
    }
}

mx_status mx_net_init(mx_net *net, uint64_t seed) {
    const mx_net_arenas arenas = mx_net_get_arenas(net);
    const size_t bytes = mx_net_layout(net).count * sizeof(float);
    size_t most = 0;
    float *host = NULL;
    mx_status status;
    for (int i = 0; i < mx_net_param_count(net); i++)
        if (mx_net_param(net, i)->count > most) most = mx_net_param(net, i)->count;
    MX_GO(mx_alloc(&host, most, sizeof *host));
    for (int i = 0; i < mx_net_param_count(net); i++) {
        const mx_param *param = mx_net_param(net, i);
        fill(net, i, seed, host);
        MX_GO(mx_buffer_write(arenas.average, param->offset * sizeof *host, host,
                              param->count * sizeof *host));
    }
    if (arenas.weights) MX_GO(mx_buffer_copy(arenas.weights, 0, arenas.average, 0, bytes));
done:
    free(host);
    return status;
}
