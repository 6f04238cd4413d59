#include "nn/names.h"

#include <string.h>

/* Where element `i` of torch's order is stored. */
static size_t stored_at(const mx_param *param, size_t i) {
    const size_t d0 = (size_t)param->dims[0], d1 = (size_t)param->dims[1];
    const size_t d2 = (size_t)param->dims[2], d3 = (size_t)param->dims[3];
    if (param->role == MX_PARAM_LINEAR_WEIGHT) return i % d1 * d0 + i / d1;
    if (param->role != MX_PARAM_CONV_WEIGHT) return i;
    const size_t s = i % d3, r = i / d3 % d2, c = i / (d3 * d2) % d1, k = i / (d3 * d2 * d1);
    return ((r * d3 + s) * d1 + c) * d0 + k;
}

void mx_param_to_torch(const mx_param *param, const float *arena, float *to) {
    for (size_t i = 0; i < param->count; i++)
        to[i] = arena[param->offset + stored_at(param, i)];
}

void mx_param_from_torch(const mx_param *param, const float *from, float *arena) {
    for (size_t i = 0; i < param->count; i++)
        arena[param->offset + stored_at(param, i)] = from[i];
}

int mx_param_rank(const mx_param *param) {
    int rank = 0;
    while (rank < 4 && param->dims[rank] > 0)
        rank++;
    return rank;
}
