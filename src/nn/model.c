#include "nn/model.h"

#include <stdio.h>

static mx_status describe(mx_net *net, const mx_model_spec *spec) {
    int depth = 0, width = 0, end = 0;
    if (sscanf(spec->name, "wrn-%3d-%3d%n", &depth, &width, &end) == 2 && spec->name[end] == '\0')
        return mx_model_wrn(net, spec, depth, width);
    if (mx_model_is_resnet(spec->name)) return mx_model_resnet(net, spec);
    return mx_fail(MX_USAGE,
                   "unknown model '%s'; there are wrn-DEPTH-WIDTH, such as wrn-28-2, resnet18, "
                   "resnet34, resnet50, wide_resnet50_2 and wide_resnet101_2",
                   spec->name);
}

mx_status mx_model_build(mx_net **out, mx_device *device, const mx_model_spec *spec) {
    MX_TRY(mx_net_open(out, device, spec->height, spec->width, spec->channels));
    const mx_status status = describe(*out, spec);
    if (status == MX_OK) return MX_OK;
    mx_net_close(*out);
    *out = NULL;
    return status;
}
