/* Element-wise sums, adding a bias, column sums. */
#include "ops/pointwise.h"

#include "ops/case.h"

/* A is the bias of bias_add and the sums of column_sums. */
enum { A, B, Y };

typedef enum sum { ADD, ADD_LEAKY, ADD_TO_B, BIAS_ADD, COLUMN_SUMS } sum;

static const double SLOPE = 0.25;

static double leaky(double x, double slope) {
    return x > 0 ? x : slope * x;
}

static void reference(mx_case *c) {
    const sum kind = *(const sum *)c->params;
    mx_operand *o = c->operands;
    const size_t channels = (size_t)o[B].tensor.c;
    for (size_t i = 0; i < mx_operand_count(&o[B]); i++) {
        const double b = (double)o[B].values[i];
        if (kind == COLUMN_SUMS)
            o[A].expected[i % channels] += b;
        else
            o[kind <= ADD_LEAKY ? Y : B].expected[i] =
                leaky(b + (double)o[A].values[kind == BIAS_ADD ? i % channels : i],
                      kind == ADD_LEAKY ? SLOPE : 1.0);
    }
}

static mx_status run(mx_device *device, mx_case *c) {
    const mx_operand *o = c->operands;
    switch (*(const sum *)c->params) {
    case ADD:
        return mx_add(device, o[A].tensor, o[B].tensor, 1.0f, o[Y].tensor);
    case ADD_LEAKY:
        return mx_add(device, o[A].tensor, o[B].tensor, (float)SLOPE, o[Y].tensor);
    case ADD_TO_B:
        return mx_add(device, o[A].tensor, o[B].tensor, 1.0f, o[B].tensor);
    case BIAS_ADD:
        return mx_bias_add(device, o[A].tensor, o[B].tensor);
    default:
        return mx_column_sums(device, o[B].tensor, o[A].tensor);
    }
}

static mx_status check_sum(mx_check *check, sum kind, mx_i32 n, mx_i32 h, mx_i32 channels) {
    static const char *const names[] = {"add", "add leaky", "add in place", "bias_add",
                                        "column_sums"};
    const bool short_a = kind >= BIAS_ADD, changes_b = kind == ADD_TO_B || kind == BIAS_ADD;
    mx_case c = {.variant = names[kind], .params = &kind, .reference = reference, .run = run};
    mx_case_name(&c, "%dx%dx%d", n, h, channels);
    mx_case_add(&c, kind == COLUMN_SUMS ? MX_OUTPUT : MX_INPUT, "a", short_a ? 1 : n,
                short_a ? 1 : h, 1, channels);
    mx_case_add(&c, changes_b ? MX_INOUT : MX_INPUT, "b", n, h, 1, channels);
    mx_case_add(&c, kind <= ADD_LEAKY ? MX_OUTPUT : MX_ABSENT, "y", n, h, 1, channels);
    return mx_check_case(check, &c);
}

mx_status mx_check_pointwise(mx_check *check) {
    static const mx_i32 shapes[][3] = {{1, 1, 1},  {3, 5, 1},   {2, 4, 16},
                                       {5, 3, 17}, {1, 1, 100}, {7, 31, 20}};
    const mx_check_mode mode = mx_check_get_mode(check);
    if (mode == MX_CHECK_GRAD) return MX_OK;
    for (sum kind = ADD; kind <= COLUMN_SUMS; kind++) {
        if (mode == MX_CHECK_BENCH) MX_TRY(check_sum(check, kind, 192, 1024, 32));
        for (size_t i = 0; mode == MX_CHECK_TEST && i < sizeof shapes / sizeof *shapes; i++)
            MX_TRY(check_sum(check, kind, shapes[i][0], shapes[i][1], shapes[i][2]));
    }
    return MX_OK;
}
