#include <stdio.h>

#include "nn/model.h"

#define EPSILON 1e-5f

typedef struct block_spec {
    const mx_model_spec *model;
    char prefix[64]; /* "block1.layer.0" */
    mx_i32 in, out, stride;
    bool activate_first; /* the shortcut starts from the activated input */
} block_spec;

static int batchnorm(mx_net *net, const block_spec *b, int x, const char *suffix) {
    char name[MX_NAME_BYTES];
    snprintf(name, sizeof name, "%s.%s", b->prefix, suffix);
    return mx_net_batchnorm(net, x, name, b->model->slope, b->model->bn_momentum, EPSILON);
}

static int conv(mx_net *net, const block_spec *b, int x, const char *suffix, mx_i32 size,
                mx_i32 stride) {
    char name[MX_NAME_BYTES];
    snprintf(name, sizeof name, "%s.%s", b->prefix, suffix);
    return mx_net_conv(net, x, name, b->out, size, stride, size / 2, b->model->conv_bias);
}

static int block(mx_net *net, const block_spec *b, int x) {
    const int active = batchnorm(net, b, x, "bn1");
    int y = conv(net, b, active, "conv1", 3, b->stride);
    y = batchnorm(net, b, y, "bn2");
    y = conv(net, b, y, "conv2", 3, 1);
    int shortcut = x;
    if (b->in != b->out)
        shortcut = conv(net, b, b->activate_first ? active : x, "convShortcut", 1, b->stride);
    return mx_net_add(net, y, shortcut, 1.0f);
}

mx_status mx_model_wrn(mx_net *net, const mx_model_spec *spec, int depth, int width) {
    if (depth < 10 || (depth - 4) % 6 != 0 || width < 1)
        return mx_fail(
            MX_USAGE,
            "model '%s': depth must be 6 n + 4 (10, 16, 22, 28, ...) and width at least 1",
            spec->name);
    const int blocks = (depth - 4) / 6;
    mx_i32 channels = 16;
    const bool frozen = spec->freeze == MX_FREEZE_BACKBONE;
    if (spec->n_head > 0)
        return mx_fail(MX_USAGE,
                       "model '%s' has no layers to stack a head on; leave model.head empty",
                       spec->name);
    mx_net_begin(net, (mx_net_part){.frozen = spec->freeze != MX_FREEZE_NONE});
    int x = mx_net_conv(net, 0, "conv1", channels, 3, 1, 1, spec->conv_bias);
    mx_net_begin(net, (mx_net_part){.frozen = frozen});
    for (int group = 0; group < 3; group++)
        for (int i = 0; i < blocks; i++) {
            block_spec b = {.model = spec, .in = channels, .out = (16 << group) * width};
            snprintf(b.prefix, sizeof b.prefix, "block%d.layer.%d", group + 1, i);
            b.stride = group > 0 && i == 0 ? 2 : 1;
            b.activate_first = group == 0 && i == 0;
            x = block(net, &b, x);
            channels = b.out;
        }
    x = mx_net_batchnorm(net, x, "bn1", spec->slope, spec->bn_momentum, EPSILON);
    x = mx_net_average(net, x);
    mx_net_begin(net, (mx_net_part){.head = true});
    mx_net_linear(net, x, "fc", spec->classes);
    return MX_OK;
}
