/* The matrix product, both variants: transposes, scalars, leading dimensions. */
#include "ops/gemm.h"

#include "ocl/profile.h"
#include "ops/case.h"

enum { A, B, C };

typedef struct gemm_params {
    mx_gemm_variant variant;
    mx_gemm_args args; /* offsets are set when it runs */
} gemm_params;

static void spoil(mx_operand *operand, mx_i32 first, mx_i32 end) {
    for (size_t i = 0; i < mx_operand_count(operand); i++) {
        const mx_i32 column = (mx_i32)(i % (size_t)operand->tensor.c);
        if (column >= first && column < end) operand->values[i] = mx_fill_value();
    }
}

/* Columns beyond a matrix belong to nobody: a product that reads them shows NaN. With beta 0, what
 * C held does not matter, be it NaN. */
static void prepare(mx_case *c) {
    const mx_gemm_args *g = &((const gemm_params *)c->params)->args;
    spoil(&c->operands[A], g->ta ? g->m : g->k, (mx_i32)g->lda);
    spoil(&c->operands[B], g->tb ? g->k : g->n, (mx_i32)g->ldb);
    if (g->beta == 0.0f) spoil(&c->operands[C], 0, g->n);
}

static double product_at(const mx_case *c, const mx_gemm_args *g, mx_u32 product, mx_i32 i,
                         mx_i32 j) {
    const float *a = c->operands[A].values + (size_t)product * g->a_step,
                *b = c->operands[B].values + (size_t)product * g->b_step;
    double sum = 0.0;
    for (mx_i32 l = 0; l < g->k; l++) {
        const size_t at_a = g->ta ? (size_t)l * g->lda + (size_t)i : (size_t)i * g->lda + (size_t)l;
        const size_t at_b = g->tb ? (size_t)j * g->ldb + (size_t)l : (size_t)l * g->ldb + (size_t)j;
        sum += (double)a[at_a] * (double)b[at_b];
    }
    return sum;
}

static void expect_product(mx_case *c, const mx_gemm_args *g, mx_u32 product) {
    const mx_operand *out = &c->operands[C];
    for (mx_i32 i = 0; i < g->m; i++)
        for (mx_i32 j = 0; j < (mx_i32)g->ldc; j++) {
            const size_t at = (size_t)product * g->c_step + (size_t)i * g->ldc + (size_t)j;
            const double before = (double)out->values[at];
            if (j >= g->n)
                out->expected[at] = before;
            else
                out->expected[at] = (double)g->alpha * product_at(c, g, product, i, j) +
                                    (g->beta == 0.0f ? 0.0 : (double)g->beta * before);
        }
}

static void reference(mx_case *c) {
    const mx_gemm_args *g = &((const gemm_params *)c->params)->args;
    expect_product(c, g, 0);
    for (mx_u32 product = 1; product < g->batch; product++)
        expect_product(c, g, product);
}

static mx_status run(mx_device *device, mx_case *c) {
    const gemm_params *p = c->params;
    const mx_operand *o = c->operands;
    mx_gemm_args args = p->args;
    args.a = o[A].tensor.offset;
    args.b = o[B].tensor.offset;
    args.c = o[C].tensor.offset;
    mx_profile_op(device, (mx_work){.flops = 2.0 * args.m * args.n * args.k}, "gemm");
    return mx_gemm(device, p->variant, &args, o[A].tensor.buffer, o[B].tensor.buffer,
                   o[C].tensor.buffer);
}

static mx_status check_product(mx_check *check, mx_gemm_variant variant, mx_gemm_args args,
                               mx_u32 padding) {
    args.lda = (mx_u32)(args.ta ? args.m : args.k) + padding;
    args.ldb = (mx_u32)(args.tb ? args.k : args.n) + padding;
    args.ldc = (mx_u32)args.n + padding;
    args.a_step = args.lda * (mx_u32)(args.ta ? args.k : args.m);
    args.b_step = args.ldb * (mx_u32)(args.tb ? args.n : args.k);
    args.c_step = args.ldc * (mx_u32)args.m;
    const gemm_params p = {variant, args};
    mx_case c = {.variant = variant == MX_GEMM_PLAIN ? "plain" : "clblast",
                 .params = &p,
                 .prepare = prepare,
                 .reference = reference,
                 .run = run};
    mx_case_name(&c, "%s%s %dx%dx%d alpha %g beta %g ld+%u batch %u", args.ta ? "T" : "N",
                 args.tb ? "T" : "N", args.m, args.n, args.k, (double)args.alpha, (double)args.beta,
                 padding, args.batch);
    const mx_i32 count = args.batch > 0 ? (mx_i32)args.batch : 1;
    mx_case_add(&c, MX_INPUT, "a", count, args.ta ? args.k : args.m, 1, (mx_i32)args.lda);
    mx_case_add(&c, MX_INPUT, "b", count, args.tb ? args.n : args.k, 1, (mx_i32)args.ldb);
    mx_case_add(&c, MX_INOUT, "c", count, args.m, 1, (mx_i32)args.ldc);
    return mx_check_case(check, &c);
}

static mx_status check_scalars(mx_check *check, mx_gemm_variant variant, const mx_i32 shape[3],
                               mx_i32 transposes) {
    static const float scalars[][2] = {{1.0f, 0.0f}, {1.0f, 1.0f}, {-0.5f, 0.25f}};
    for (size_t s = 0; s < sizeof scalars / sizeof *scalars; s++) {
        const mx_gemm_args args = {.m = shape[0],
                                   .n = shape[1],
                                   .k = shape[2],
                                   .ta = transposes & 1,
                                   .tb = transposes >> 1,
                                   .alpha = scalars[s][0],
                                   .beta = scalars[s][1]};
        MX_TRY(check_product(check, variant, args, s == 1 ? 0 : 3));
    }
    return MX_OK;
}

/* Three products, with room between their matrices. */
static mx_status check_batch(mx_check *check, mx_gemm_variant variant, mx_i32 m, mx_i32 n, mx_i32 k,
                             mx_i32 transposes) {
    mx_gemm_args args = {.m = m,
                         .n = n,
                         .k = k,
                         .ta = transposes & 1,
                         .tb = transposes >> 1,
                         .alpha = 1.0f,
                         .beta = transposes & 1 ? 1.0f : 0.0f,
                         .batch = 3};
    return check_product(check, variant, args, 2);
}

static mx_status test_variant(mx_check *check, mx_gemm_variant variant) {
    static const mx_i32 shapes[][3] = {{1, 1, 1},    {1, 100, 33}, {70, 1, 40},    {3, 5, 7},
                                       {17, 33, 19}, {64, 64, 64}, {128, 10, 100}, {130, 200, 140}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (mx_i32 transposes = 0; transposes < 4; transposes++)
            MX_TRY(check_scalars(check, variant, shapes[i], transposes));
    for (mx_i32 transposes = 0; transposes < 4; transposes++) {
        MX_TRY(check_batch(check, variant, 5, 7, 9, transposes));
        MX_TRY(check_batch(check, variant, 70, 33, 65, transposes));
    }
    return MX_OK;
}

/* Large enough for CLBlast to leave its kernels for small products. */
static mx_status test_large(mx_check *check) {
    static const mx_i32 large[3] = {520, 450, 430};
    MX_TRY(check_scalars(check, MX_GEMM_CLBLAST, large, 0));
    return check_product(check, MX_GEMM_CLBLAST,
                         (mx_gemm_args){.m = 64, .n = 64, .k = 20000, .ta = 1, .alpha = 1.0f}, 0);
}

static mx_status bench(mx_check *check) {
    static const mx_i32 shapes[][3] = {
        {256, 256, 256}, {4096, 64, 576}, {18432, 64, 256}, {1024, 1024, 1024}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const mx_gemm_args args = {
            .m = shapes[i][0], .n = shapes[i][1], .k = shapes[i][2], .alpha = 1.0f};
        MX_TRY(check_product(check, MX_GEMM_CLBLAST, args, 0));
        if (i == 0) MX_TRY(check_product(check, MX_GEMM_PLAIN, args, 0));
    }
    return MX_OK;
}

mx_status mx_check_gemm(mx_check *check) {
    if (mx_check_get_mode(check) == MX_CHECK_GRAD) return MX_OK;
    if (mx_check_get_mode(check) == MX_CHECK_BENCH) return bench(check);
    MX_TRY(test_variant(check, MX_GEMM_PLAIN));
    MX_TRY(test_variant(check, MX_GEMM_CLBLAST));
    return test_large(check);
}
