/* Weights and pictures from a formula, for networks whose own would be nothing for a repository. */
#ifndef MX_TEST_HASHED_H
#define MX_TEST_HASHED_H

#include "parity/golden.h"

static inline uint32_t mix(uint32_t h, int shift, uint32_t factor) {
    return (h ^ (h >> shift)) * factor;
}

/* As hashed() of scripts/make_golden.py: FNV-1a of the name seeds, murmur3's finalizer mixes. */
static inline void hashed(const char *name, size_t count, double low, double high, float *to) {
    uint32_t seed = 2166136261u;
    for (const char *c = name; *c; c++)
        seed = (seed ^ (uint32_t)(unsigned char)*c) * 16777619u;
    for (size_t i = 0; i < count; i++) {
        uint32_t h = (uint32_t)i * 2654435761u + seed;
        h = mix(mix(h, 16, 0x85EBCA6Bu), 13, 0xC2B2AE35u);
        h ^= h >> 16;
        to[i] = (float)(low + (high - low) * (double)(h >> 8) / 16777216.0);
    }
}

/* Before a ReLU: some channels always pass, the others never. */
static inline void hashed_beta(const mx_param *param, float *to) {
    const bool last = strstr(param->name, "bn3.") != NULL;
    if (strstr(param->name, "downsample")) {
        for (size_t i = 0; i < param->count; i++)
            to[i] = 0.5f;
        return;
    }
    hashed(param->name, param->count, -1, 1, to);
    for (size_t i = 0; i < param->count; i++)
        to[i] = to[i] > 0 ? 1.0f : last ? -20.0f : -1.0f;
}

/* As fill_hashed() there. */
static inline void hashed_parameter(const mx_param *param, float *to) {
    const double inputs = (double)param->count / (double)param->dims[0], size = sqrt(6 / inputs);
    switch (param->role) {
    case MX_PARAM_CONV_WEIGHT:
    case MX_PARAM_LINEAR_WEIGHT:
        hashed(param->name, param->count, -size, size, to);
        break;
    case MX_PARAM_GAMMA:
        hashed(param->name, param->count, 0.1, 0.2, to);
        break;
    case MX_PARAM_BETA:
        hashed_beta(param, to);
        break;
    case MX_PARAM_RUNNING_VAR:
        hashed(param->name, param->count, 0.5, 1.5, to);
        break;
    default:
        hashed(param->name, param->count, -0.2, 0.2, to);
    }
}

static inline void load_hashed(const mx_net *net, mx_buffer *arena) {
    const size_t count = mx_net_layout(net).count;
    float *host = golden_new(count);
    for (int i = 0; i < mx_net_param_count(net); i++) {
        const mx_param *param = mx_net_param(net, i);
        float *torch = golden_new(param->count);
        hashed_parameter(param, torch);
        mx_param_from_torch(param, torch, host);
        free(torch);
    }
    golden_upload(mx_matrix(arena, 0, 1, (mx_i32)count), host);
    free(host);
}

#endif
