/* Networks by name. */
#ifndef MX_NN_MODEL_H
#define MX_NN_MODEL_H

#include "nn/net.h"

typedef struct mx_model_spec {
    const char *name; /* "wrn-DEPTH-WIDTH" */
    mx_i32 height, width, channels, classes;
    float slope;       /* of leaky ReLU */
    float bn_momentum; /* torch's convention */
    bool conv_bias;
} mx_model_spec;

/* Describes the network; mx_net_plan comes next. Fails with MX_USAGE for a name that is none. */
mx_status mx_model_build(mx_net **out, mx_device *device, const mx_model_spec *spec);

/* Wide residual network (Zagoruyko and Komodakis 2016) as MixMatch uses it: pre-activation, the
 * first block's activation before its residual; modules named as the usual PyTorch port of MixMatch
 * names them (conv1, block1.layer.0.bn1, ..., bn1, fc). depth = 6 n + 4, n >= 1; width >= 1. */
mx_status mx_model_wrn(mx_net *net, const mx_model_spec *spec, int depth, int width);

#endif
