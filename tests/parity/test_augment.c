/* Augmentations against torchvision on 8-bit Pillow pictures. The golden file is written by
 * scripts/make_golden_augment.py, which says what is in it. */
#include "parity/golden.h"

#include "base/buf.h"
#include "base/fs.h"
#include "ops/augment_ops.h"

enum { MOST_PICTURES = 8, NAME_BYTES = 16, NUMBERS = 6 };

typedef struct picture {
    mx_i32 h, w, c;
    const unsigned char *bytes;
} picture;

typedef struct golden_case {
    char name[NAME_BYTES + 1];
    float numbers[NUMBERS];
    picture before;
    const unsigned char *after;
} golden_case;

typedef struct golden {
    mx_buf file;
    size_t position;
    mx_u32 n_pictures, n_cases;
    picture pictures[MOST_PICTURES];
} golden;

static const unsigned char *take(golden *g, size_t bytes) {
    assert_true(bytes <= g->file.length - g->position);
    g->position += bytes;
    return (const unsigned char *)g->file.data + g->position - bytes;
}

static mx_u32 take_word(golden *g, size_t bytes) {
    mx_u32 word = 0;
    const unsigned char *from = take(g, bytes);
    for (size_t i = 0; i < bytes; i++)
        word |= (mx_u32)from[i] << 8 * i;
    return word;
}

static size_t bytes_of(const picture *p) {
    return (size_t)(p->h * p->w * p->c);
}

static void open_golden(golden *g) {
    *g = (golden){0};
    golden_ok(mx_read_file(&g->file, MX_TEST_DATA "/augment.bin", 1 << 20));
    assert_memory_equal(take(g, 4), "MXAU", 4);
    g->n_pictures = take_word(g, 4);
    g->n_cases = take_word(g, 4);
    assert_in_range(g->n_pictures, 1, MOST_PICTURES);
    for (mx_u32 i = 0; i < g->n_pictures; i++) {
        picture *p = &g->pictures[i];
        p->h = (mx_i32)take_word(g, 2);
        p->w = (mx_i32)take_word(g, 2);
        p->c = (mx_i32)take_word(g, 2);
        p->bytes = take(g, bytes_of(p));
    }
}

static golden_case next_case(golden *g) {
    golden_case c = {0};
    memcpy(c.name, take(g, NAME_BYTES), NAME_BYTES);
    const mx_u32 index = take_word(g, 4);
    assert_true(index < g->n_pictures);
    c.before = g->pictures[index];
    memcpy(c.numbers, take(g, sizeof c.numbers), sizeof c.numbers);
    c.after = take(g, bytes_of(&c.before));
    return c;
}

static mx_augment_kind kind_of(const char *name) {
    for (int kind = 0; kind < MX_AUGMENT_KINDS; kind++)
        if (strcmp(mx_augment_kinds[kind].name, name) == 0) return (mx_augment_kind)kind;
    fail_msg("no augmentation '%s'", name);
    return MX_AUGMENT_KINDS;
}

/* A plan for the case's one picture. What a strength does not settle is taken from the case in
 * place of a draw. */
static size_t plan_case(const golden_case *c, mx_i32 *plan) {
    const float *n = c->numbers;
    mx_augment_program program = {.n_steps = 1};
    mx_augment_op op;
    program.steps[0] = (mx_augment_step){kind_of(c->name), n[0], n[0], 1.0f};
    const size_t words = mx_augment_plan(&program, (mx_draw){1, 2, MX_STREAM_TEST}, c->before.h,
                                         c->before.w, 1, 1, plan);
    memcpy(&op, plan, sizeof op);
    switch (program.steps[0].kind) {
    case MX_AUGMENT_KIND_CROP:
    case MX_AUGMENT_KIND_CROP_BLACK:
        assert_in_range(op.v[0] + (mx_i32)n[0], 0, 2 * (mx_i32)n[0]);
        op.v[0] = (mx_i32)(n[1] - n[0]);
        op.v[1] = (mx_i32)(n[2] - n[0]);
        break;
    case MX_AUGMENT_KIND_ERASE:
        op.action = MX_AUGMENT_ERASE;
        for (int i = 0; i < 4; i++)
            op.v[i] = (mx_i32)n[i];
        break;
    case MX_AUGMENT_KIND_AFFINE:
        op = mx_augment_affine(
            &(mx_affine){(double)n[0], (double)n[1], (double)n[2], (double)n[3], (double)n[4]},
            c->before.h, c->before.w);
        break;
    default:
        break;
    }
    memcpy(plan, &op, sizeof op);
    return words;
}

/* The case on the device, unscaled. */
static void augment_on(mx_device *device, const golden_case *c, float *out) {
    static const uint32_t row = 0;
    mx_i32 plan[MX_AUGMENT_OP_WORDS + MX_AUGMENT_TABLE_WORDS];
    const picture *p = &c->before;
    const size_t plan_bytes = plan_case(c, plan) * sizeof *plan, count = bytes_of(p);
    const size_t scratch_words = mx_augment_scratch_words(device, 1, p->h, p->w, p->c);
    const mx_scaling scaling = {.mul = {1.0f, 1.0f, 1.0f}};
    mx_buffer *pixels, *rows, *plans, *scratch, *y;
    golden_ok(mx_buffer_create(&pixels, device, count));
    golden_ok(mx_buffer_create(&rows, device, sizeof row));
    golden_ok(mx_buffer_create(&plans, device, plan_bytes));
    golden_ok(mx_buffer_create(&scratch, device, scratch_words * sizeof(mx_u32)));
    golden_ok(mx_buffer_create(&y, device, count * sizeof(float)));
    golden_ok(mx_buffer_write(pixels, 0, p->bytes, count));
    golden_ok(mx_buffer_write(rows, 0, &row, sizeof row));
    golden_ok(mx_buffer_write(plans, 0, plan, plan_bytes));
    golden_ok(mx_augment_ops(device, pixels, mx_matrix(rows, 0, 1, 1), 0, 1, scaling,
                             mx_matrix(plans, 0, 1, 1), 1, mx_matrix(scratch, 0, 1, 1),
                             (mx_tensor){y, 0, 1, p->h, p->w, p->c}));
    golden_ok(mx_buffer_read(y, 0, out, count * sizeof(float)));
    mx_buffer *const all[] = {pixels, rows, plans, scratch, y};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mx_buffer_release(all[i]);
}

/* Positions between pixels have 11 bits here, and torchvision blurs by sums of its own order. */
static float limit_of(const char *name) {
    return strcmp(name, "rotate-bilinear") == 0 || strcmp(name, "blur") == 0 ? 1.0f : 0.0f;
}

static void every_augmentation_agrees_with_torchvision(void **state) {
    golden g;
    open_golden(&g);
    assert_true(g.n_cases > 50);
    for (mx_u32 i = 0; i < g.n_cases; i++) {
        const golden_case c = next_case(&g);
        const size_t count = bytes_of(&c.before);
        float *got = golden_new(count);
        augment_on(*state, &c, got);
        for (size_t j = 0; j < count; j++)
            if (!(fabsf(got[j] - (float)c.after[j]) <= limit_of(c.name)))
                fail_msg("case %u, %s %g of %dx%dx%d: byte %zu is %g, not %d", i, c.name,
                         (double)c.numbers[0], c.before.h, c.before.w, c.before.c, j,
                         (double)got[j], c.after[j]);
        free(got);
    }
    assert_int_equal(g.position, g.file.length);
    mx_buf_release(&g.file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_augmentation_agrees_with_torchvision),
    };
    return cmocka_run_group_tests(tests, golden_open_device, golden_close_device);
}
