/* Residual networks as torchvision 0.25 has them, module names included: He et al. 2016, the
 * stride of a bottleneck on its 3x3 ("v1.5"), and Zagoruyko and Komodakis 2016 for the wide ones.
 */
#include <stdio.h>
#include <string.h>

#include "nn/model.h"

#define EPSILON 1e-5f

enum { STEM_CHANNELS = 64, TORCHVISION_CLASSES = 1000, STAGES = 4 };

typedef struct variant {
    const char *name;
    int blocks[STAGES];
    bool bottleneck;
    int widening; /* of a bottleneck's inner channels */
} variant;

static const variant variants[] = {
    {"resnet18", {2, 2, 2, 2}, false, 1},         {"resnet34", {3, 4, 6, 3}, false, 1},
    {"resnet50", {3, 4, 6, 3}, true, 1},          {"wide_resnet50_2", {3, 4, 6, 3}, true, 2},
    {"wide_resnet101_2", {3, 4, 23, 3}, true, 2},
};

typedef struct resnet {
    mx_net *net;
    const mx_model_spec *spec;
    const variant *variant;
    char prefix[32]; /* "layer1.0.", or "" */
    mx_i32 channels; /* of the value at hand */
} resnet;

static const char *name_of(const resnet *r, const char *suffix, char name[MX_NAME_BYTES]) {
    snprintf(name, MX_NAME_BYTES, "%s%s", r->prefix, suffix);
    return name;
}

/* A convolution without bias and its batch norm, called conv and bn. */
static int conv_bn(const resnet *r, int x, const char *conv, const char *bn, mx_i32 k, mx_i32 size,
                   mx_i32 stride, float slope) {
    char name[MX_NAME_BYTES];
    x = mx_net_conv(r->net, x, name_of(r, conv, name), k, size, stride, size / 2, false);
    return mx_net_batchnorm(r->net, x, name_of(r, bn, name), slope, r->spec->bn_momentum, EPSILON);
}

static int block(resnet *r, int x, mx_i32 planes, mx_i32 stride) {
    const bool deep = r->variant->bottleneck;
    const mx_i32 out = deep ? 4 * planes : planes, inner = planes * r->variant->widening;
    int y, shortcut = x;
    if (deep) {
        y = conv_bn(r, x, "conv1", "bn1", inner, 1, 1, 0.0f);
        y = conv_bn(r, y, "conv2", "bn2", inner, 3, stride, 0.0f);
        y = conv_bn(r, y, "conv3", "bn3", out, 1, 1, 1.0f);
    } else {
        y = conv_bn(r, x, "conv1", "bn1", planes, 3, stride, 0.0f);
        y = conv_bn(r, y, "conv2", "bn2", planes, 3, 1, 1.0f);
    }
    if (stride != 1 || r->channels != out)
        shortcut = conv_bn(r, x, "downsample.0", "downsample.1", out, 1, stride, 1.0f);
    r->channels = out;
    return mx_net_add(r->net, y, shortcut, 0.0f);
}

static int backbone(resnet *r) {
    const mx_freeze freeze = r->spec->freeze;
    mx_net_begin(r->net, (mx_net_part){.frozen = freeze != MX_FREEZE_NONE});
    int x = conv_bn(r, 0, "conv1", "bn1", STEM_CHANNELS, 7, 2, 0.0f);
    x = mx_net_max(r->net, x, 3, 2, 1);
    mx_net_begin(r->net, (mx_net_part){.frozen = freeze == MX_FREEZE_BACKBONE});
    r->channels = STEM_CHANNELS;
    for (int stage = 0; stage < STAGES; stage++)
        for (int i = 0; i < r->variant->blocks[stage]; i++) {
            snprintf(r->prefix, sizeof r->prefix, "layer%d.%d.", stage + 1, i);
            x = block(r, x, 64 << stage, stage > 0 && i == 0 ? 2 : 1);
        }
    r->prefix[0] = '\0';
    return mx_net_average(r->net, x);
}

/* fc alone, or fc of torchvision's classes and linear layers on top of it. */
static void head(const resnet *r, int x) {
    const mx_model_spec *spec = r->spec;
    const bool stacked = spec->n_head > 0;
    char name[MX_NAME_BYTES];
    mx_net_begin(r->net, (mx_net_part){.head = !stacked,
                                       .frozen = stacked && spec->freeze == MX_FREEZE_BACKBONE});
    x = mx_net_linear(r->net, x, "fc", stacked ? TORCHVISION_CLASSES : spec->classes);
    mx_net_begin(r->net, (mx_net_part){.head = true});
    for (int i = 0; stacked && i <= spec->n_head; i++) {
        snprintf(name, sizeof name, "head.%d", i);
        x = mx_net_linear(r->net, x, name, i < spec->n_head ? spec->head[i] : spec->classes);
    }
}

bool mx_model_is_resnet(const char *name) {
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        if (strcmp(variants[i].name, name) == 0) return true;
    return false;
}

mx_status mx_model_resnet(mx_net *net, const mx_model_spec *spec) {
    resnet r = {.net = net, .spec = spec};
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        if (strcmp(variants[i].name, spec->name) == 0) r.variant = &variants[i];
    if (!r.variant) return mx_fail(MX_INTERNAL, "'%s' is not a residual network", spec->name);
    mx_net_set_start(net, (mx_net_start){.slope = 0.0f, .uniform = true});
    head(&r, backbone(&r));
    return MX_OK;
}
