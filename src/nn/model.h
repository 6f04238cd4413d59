/* Networks by name. */
#ifndef MX_NN_MODEL_H
#define MX_NN_MODEL_H

#include "nn/net.h"

enum { MX_HEAD_LAYERS = 8 };

/* What keeps its weights: nothing, the first convolution with its batch norm, all but the head. */
typedef enum mx_freeze { MX_FREEZE_NONE, MX_FREEZE_STEM, MX_FREEZE_BACKBONE } mx_freeze;

typedef struct mx_model_spec {
    const char *name; /* "wrn-DEPTH-WIDTH", or one of torchvision's: mx_model_is_resnet */
    mx_i32 height, width, channels, classes;
    float slope;       /* of leaky ReLU; wrn only */
    float bn_momentum; /* torch's convention */
    bool conv_bias;    /* wrn only */
    mx_freeze freeze;
    mx_i32 head[MX_HEAD_LAYERS]; /* not wrn: sizes of linear layers between torchvision's fc of 1000
                                    and the classes */
    int n_head;                  /* 0: fc has the classes */
} mx_model_spec;

/* Describes the network; mx_net_plan comes next. Fails with MX_USAGE for a name that is none. */
mx_status mx_model_build(mx_net **out, mx_device *device, const mx_model_spec *spec);

/* Whether it is resnet18, resnet34, resnet50, wide_resnet50_2 or wide_resnet101_2. */
bool mx_model_is_resnet(const char *name);

/* Those, as torchvision describes them, module names included; head.0, head.1, ... are the layers
 * stacked on fc, without activations between them. */
mx_status mx_model_resnet(mx_net *net, const mx_model_spec *spec);

/* Wide residual network (Zagoruyko and Komodakis 2016) as MixMatch uses it: pre-activation, the
 * first block's activation before its residual; modules named as the usual PyTorch port of MixMatch
 * names them (conv1, block1.layer.0.bn1, ..., bn1, fc). depth = 6 n + 4, n >= 1; width >= 1. */
mx_status mx_model_wrn(mx_net *net, const mx_model_spec *spec, int depth, int width);

#endif
