#include "ops/linear.h"

mx_conv_shape mx_linear_shape(mx_i32 rows, mx_i32 in, mx_i32 out) {
    return (mx_conv_shape){
        .n = rows, .h = 1, .w = 1, .c = in, .k = out, .r = 1, .s = 1, .stride = 1};
}

mx_status mx_linear_run(mx_device *device, const mx_conv_plan *plan, mx_conv_direction direction,
                        const mx_conv_operands *operands) {
    mx_conv_operands o = *operands;
    o.x = (mx_tensor){o.x.buffer, o.x.offset, o.x.n, 1, 1, plan->shape.c};
    o.y = (mx_tensor){o.y.buffer, o.y.offset, o.y.n, 1, 1, plan->shape.k};
    o.weight = (mx_tensor){o.weight.buffer, o.weight.offset, 1, 1, plan->shape.c, plan->shape.k};
    return mx_conv_run(device, plan, direction, &o);
}
