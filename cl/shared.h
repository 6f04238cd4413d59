/* Legal both as C11 and as OpenCL C 1.2: what host and kernels must agree on.
 * Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011). */
#ifndef MX_SHARED_H
#define MX_SHARED_H

#ifdef __OPENCL_VERSION__
typedef uint mx_u32;
typedef int mx_i32;
typedef float mx_f32;
#define MX_SHARED_FN static inline
#define mx_mul_high(a, b) mul_hi((a), (b))
#define mx_log(x) log(x)
#define mx_exp(x) exp(x)
#define mx_sqrt(x) sqrt(x)
#define mx_cos(x) cos(x)
#else
#include <math.h>
#include <stdint.h>
typedef uint32_t mx_u32;
typedef int32_t mx_i32;
typedef float mx_f32;
#define MX_SHARED_FN static inline
#define mx_mul_high(a, b) ((mx_u32)(((uint64_t)(a) * (b)) >> 32))
#define mx_log(x) logf(x)
#define mx_exp(x) expf(x)
#define mx_sqrt(x) sqrtf(x)
#define mx_cos(x) cosf(x)
#endif

/* What a random number is for: the last word of the counter, so that no two uses share numbers. */
enum mx_stream {
    MX_STREAM_INIT = 1,         /* initial weights */
    MX_STREAM_SPLIT = 2,        /* labelled / unlabelled split */
    MX_STREAM_LABELLED = 3,     /* order of the labelled rows */
    MX_STREAM_UNLABELLED = 4,   /* order of the unlabelled rows */
    MX_STREAM_AUGMENT_X = 5,    /* augmentation of labelled pictures */
    MX_STREAM_AUGMENT_U = 6,    /* augmentation of unlabelled pictures */
    MX_STREAM_MIXUP_PERMUTE = 7,
    MX_STREAM_MIXUP_LAMBDA = 8,
    MX_STREAM_TEST = 9 /* inputs of tests and benchmarks */
};

typedef struct mx_random {
    mx_u32 v[4];
} mx_random;

/* Four random words for counter (c0, c1, c2, c3) and key (k0, k1).
 * By convention key = seed, counter = (draw, image, step, stream). */
MX_SHARED_FN mx_random mx_philox(mx_u32 c0, mx_u32 c1, mx_u32 c2, mx_u32 c3, mx_u32 k0, mx_u32 k1) {
    for (int round = 0; round < 10; round++) {
        const mx_u32 high0 = mx_mul_high((mx_u32)0xD2511F53u, c0), low0 = 0xD2511F53u * c0;
        const mx_u32 high1 = mx_mul_high((mx_u32)0xCD9E8D57u, c2), low1 = 0xCD9E8D57u * c2;
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    mx_random out;
    out.v[0] = c0;
    out.v[1] = c1;
    out.v[2] = c2;
    out.v[3] = c3;
    return out;
}

/* A random word as a float in (0, 1): 23 bits, centred and exact, so neither end is reached. */
MX_SHARED_FN mx_f32 mx_unit(mx_u32 word) {
    return ((mx_f32)(word >> 9) + 0.5f) * (1.0f / 8388608.0f);
}

/* A random word as an integer in [0, n), n < 2^16 for a bias below 2^-16. */
MX_SHARED_FN mx_u32 mx_below(mx_u32 word, mx_u32 n) {
    return mx_mul_high(word, n);
}

/* Two random words as a standard normal number (Box and Muller 1958). */
MX_SHARED_FN mx_f32 mx_normal(mx_u32 a, mx_u32 b) {
    return mx_sqrt(-2.0f * mx_log(mx_unit(a))) * mx_cos(6.2831853f * mx_unit(b));
}

/* The logarithm of a Gamma(alpha, 1) number, any alpha > 0: Marsaglia and Tsang (2000) for alpha + 1,
 * then log u / alpha on top, so that small alpha does not underflow. Each try accepts with more than
 * 95 %; after 64 the candidate's mode stands in. */
MX_SHARED_FN mx_f32 mx_log_gamma_draw(mx_f32 alpha, mx_u32 which, mx_u32 image, mx_u32 step, mx_u32 seed0,
                                      mx_u32 seed1) {
    const mx_f32 d = alpha + 1.0f - 1.0f / 3.0f, c = 1.0f / mx_sqrt(9.0f * d);
    mx_f32 log_gamma = mx_log(d), boost = 0.0f;
    for (mx_u32 attempt = 0; attempt < 64; attempt++) {
        const mx_random r =
            mx_philox(which * 64u + attempt, image, step, MX_STREAM_MIXUP_LAMBDA, seed0, seed1);
        const mx_f32 z = mx_normal(r.v[0], r.v[1]), t = 1.0f + c * z, v = t * t * t;
        boost = mx_log(mx_unit(r.v[3])) / alpha;
        if (t <= 0.0f) continue;
        if (mx_log(mx_unit(r.v[2])) < 0.5f * z * z + d - d * v + d * mx_log(v)) {
            log_gamma = mx_log(d * v);
            break;
        }
    }
    return log_gamma + boost;
}

/* A Beta(alpha, alpha) number: X / (X + Y) of two gamma numbers, in log space. */
MX_SHARED_FN mx_f32 mx_beta(mx_f32 alpha, mx_u32 image, mx_u32 step, mx_u32 seed0, mx_u32 seed1) {
    const mx_f32 x = mx_log_gamma_draw(alpha, 0, image, step, seed0, seed1);
    const mx_f32 y = mx_log_gamma_draw(alpha, 1, image, step, seed0, seed1);
    return 1.0f / (1.0f + mx_exp(y - x));
}

/* Kernel arguments. Names without a unit count elements; `x`, `y`, `w` and so on are the offsets, in
 * elements, of the tensors inside their buffers. All fields are 32 bits wide, so both sides agree on
 * the layout. */

/* C[m x n] = alpha op(A)[m x k] op(B)[k x n] + beta C, row-major; op transposes when ta / tb is set. Of a
 * batch, product i begins i steps after the first. */
typedef struct mx_gemm_args {
    mx_i32 m, n, k, ta, tb;
    mx_u32 a, lda, b, ldb, c, ldc;
    mx_f32 alpha, beta;
    mx_u32 batch, a_step, b_step, c_step; /* batch 0 is one product */
} mx_gemm_args;

/* x[n][h][w][c] * w[r][s][c][k] -> y[n][oh][ow][k]; `first` and `images` bound the images of one
 * launch, `columns` is where im2col and col2im find their matrix. */
typedef struct mx_conv_args {
    mx_i32 n, h, w, c, k, r, s, stride, pad, oh, ow;
    mx_u32 x, weight, bias, y, columns;
    mx_i32 has_bias, accumulate, first, images;
} mx_conv_args;

/* Packs weight[taps][c][k] to [block][taps][depth][outputs of a block], zeros past the last. Forward: depth
 * = c, outputs = k. Transposed: depth = k, outputs = c. */
enum { MX_PACK_ROWS = 16 }; /* of the depth that a work-item transposes */
typedef struct mx_pack_args {
    mx_i32 taps, c, k;
    mx_u32 weight, packed;
} mx_pack_args;

/* A tensor read as batch norm with leaky ReLU makes it, leaky(x scale + shift): `saved` is the offset of
 * saved[group][4][c] (mean, 1 / deviation, scale, shift), a group being `images` images. images 0: as it is. */
typedef struct mx_norm_args {
    mx_i32 images;
    mx_u32 saved;
    mx_f32 slope;
} mx_norm_args;

/* What a convolution does to its outputs besides storing them. */
enum {
    MX_NORM_OUTPUT = 1,  /* makes batch norm with activation of them, by statistics that are known: one group */
    MX_ADD_RESIDUAL = 2, /* then adds a tensor of their size */
    MX_ACTIVATE = 4,     /* then leaky ReLU of a slope */
    MX_SUM_MOMENTS = 8,  /* mean and squared deviation of a chunk, for batch norm behind it */
    MX_SUM_GRADIENT = 16 /* as the gradient by batch norm's output: to that by what its activation saw, dz, with
                            the sums of dz and dz xhat of a chunk */
};

/* A direct convolution over a grid of output pixels, `depth` input floats a tap. Output (n, i, j) is at
 * y + n out_image + i out_row + j out_column; tap (q, p) of it reads input row i step + q dir + row0,
 * column j step + p dir + column0, where those exist, and uses weight tap (first_r + q tap_step)
 * x weight_columns + first_s + p tap_step. */
typedef struct mx_direct_args {
    mx_i32 n, grid_h, grid_w, depth, outputs, taps, taps_r, taps_s;
    mx_i32 in_h, in_w, in_image, in_row, in_column;
    mx_i32 step, dir, row0, column0;
    mx_i32 out_image, out_row, out_column;
    mx_i32 first_r, first_s, tap_step, weight_columns;
    mx_i32 group_images, by_image, split_blocks, pass_taps;
    mx_u32 x, packed, bias, also, y;
    mx_i32 has_bias, accumulate, epilogue;
    mx_f32 slope;
    mx_norm_args finish;
} mx_direct_args;

/* A 3x3 convolution of stride 1 by Winograd tiles: in[n][in_h][in_w][depth] to out[n][out_h][out_w]
 * [outputs], out (i, j) meeting rows i + row0 .. i + row0 + 2. The transformed weights are
 * packed[e][block][depth][width] for the (TILE + 2)^2 places e of a tile. The tiles are groups of
 * `group_tiles`, each in `group_chunks` chunks of `chunk_tiles`, of which a work-group takes an equal run.
 * partial[chunk][2][outputs]; `also` is the residual, or what batch norm saw. `scratch_floats` is a work-
 * group's share of a global scratch, where local memory does not hold it. */
typedef struct mx_winograd_args {
    mx_i32 n, in_h, in_w, depth, out_h, out_w, outputs;
    mx_i32 row0, column0, tiles_h, tiles_w, accumulate, has_bias, epilogue;
    mx_i32 group_tiles, group_chunks, chunk_tiles, chunks, groups;
    mx_u32 x, packed, bias, also, partial, y, scratch, scratch_floats;
    mx_norm_args norm, finish; /* of the inputs, or of what batch norm saw; of the outputs */
    mx_f32 slope;
} mx_winograd_args;

/* The same with weights that are transformed on the spot (conv_winograd_streamed.cl): v, and z, have `rows` rows for
 * `tiles` tiles. A work-group takes blocks of outputs and `splits` splits of `split_tiles` tiles, `run` at a time,
 * and `channels` of the depth. */
typedef struct mx_winograd_streamed_args {
    mx_winograd_args of;
    mx_i32 channels, tiles, rows, v_stride, z_stride, transposed, splits, split_tiles, run;
    mx_u32 weight, v, z;
} mx_winograd_streamed_args;

/* The same in three launches over `tiles` tiles of whole images (conv_winograd_gemm.cl). x and y are of the
 * first of them; depth and outputs are c and k, of the gradient by the data k and c. */
typedef struct mx_winograd_gemm_args {
    mx_i32 in_h, in_w, depth, out_h, out_w, outputs;
    mx_i32 pad, tiles_h, tiles_w, tiles, transposed, accumulate, has_bias, first;
    mx_u32 x, weight, bias, y, u, v, m;
    mx_norm_args norm; /* of x; `first` is the first image */
} mx_winograd_gemm_args;

/* Weights [3][3][c][k] to the packed form above; transposed: depth = k, outputs = c and the kernel
 * turned by half a turn, for the gradient by the data. */
typedef struct mx_winograd_pack_args {
    mx_i32 c, k, transposed, width;
    mx_u32 weight, packed;
} mx_winograd_pack_args;

/* The gradient by the weights of the same convolution: partial[chunks][PLACES][c][k]. Work-item (split,
 * chunk) takes `split_k` outputs and an equal share of the tiles. */
typedef struct mx_winograd_weights_args {
    mx_i32 n, in_h, in_w, c, out_h, out_w, k;
    mx_i32 pad, tiles_h, tiles_w, chunks, split_k;
    mx_u32 x, y, partial, weight, scratch, scratch_floats;
    mx_norm_args norm; /* of x */
} mx_winograd_weights_args;

/* Gradient by the weights as sums over pixels: partial[chunks][taps][c][k]. A chunk is a share of the
 * images; within it, `images` images and `band` output rows at a time stay in cache. Row i of x that tap
 * q meets is i step + q + row0. Work-item (g, chunk) takes channels from g group_c on. */
typedef struct mx_weights_args {
    mx_i32 n, oh, ow, c, k, taps_r, taps_s;
    mx_i32 in_h, in_w, in_image, in_row, in_column, step, row0, column0;
    mx_i32 chunks, group_c, images, band;
    mx_u32 x, y, partial;
} mx_weights_args;

/* dw[c][k] of a 1x1 convolution over `unit` pixels at a time; in_row and in_column are steps of the
 * strided input. */
typedef struct mx_panel_args {
    mx_i32 n, oh, ow, c, k;
    mx_i32 in_image, in_row, in_column;
    mx_i32 chunks, group_c, unit;
    mx_u32 x, y, partial;
} mx_panel_args;

/* weight[i] = sum over chunks of partial[chunks][count]. */
typedef struct mx_weights_sum_args {
    mx_i32 chunks;
    mx_u32 count, partial, weight;
} mx_weights_sum_args;

/* Batch norm over x[groups][rows][c]: statistics per group and channel. A chunk is `chunk_rows`
 * rows; partial results are [groups][chunks][2][c], saved[groups][4][c]. slope = 1 means no activation
 * afterwards. */
typedef struct mx_batchnorm_args {
    mx_i32 groups, rows, c, chunks, chunk_rows, accumulate;
    mx_u32 x, y, dy, dx, partial, saved, gamma, beta, dgamma, dbeta, running_mean, running_var;
    mx_f32 epsilon, momentum, slope;
} mx_batchnorm_args;

/* y = x > 0 ? x : slope x, and its gradient, over `count` elements. */
typedef struct mx_act_args {
    mx_u32 count, x, y, dy, dx;
    mx_f32 slope;
    mx_i32 accumulate;
} mx_act_args;

/* y = x, or chains of multiply-adds v = v scale + shift that begin at x (cl/peak.cl). */
enum { MX_PEAK_CHAINS = 12 };
typedef struct mx_peak_args {
    mx_u32 count, x, y;
    mx_i32 rounds;
    mx_f32 scale, shift;
} mx_peak_args;

/* y = a + b over `count` elements, times slope where that is negative. */
typedef struct mx_pointwise_args {
    mx_u32 count, a, b, y;
    mx_f32 slope;
} mx_pointwise_args;

enum { MX_BIAS_ROWS = 64 }; /* rows that a work-item adds a bias to */

/* Column sums of x[rows][c], and adding b[c] to every row. */
typedef struct mx_bias_args {
    mx_i32 rows, c, accumulate;
    mx_u32 x, b;
} mx_bias_args;

/* Pooling of x[n][h][w][c] to y[n][oh][ow][c]; `index` holds the winning position of max pooling. */
typedef struct mx_pool_args {
    mx_i32 n, h, w, c, size, stride, pad, oh, ow, accumulate;
    mx_u32 x, y, index, dy, dx;
} mx_pool_args;

/* Rows of x[rows][c] to y[rows][c]. */
typedef struct mx_softmax_args {
    mx_i32 rows, c;
    mx_u32 x, y;
} mx_softmax_args;

/* Losses over the rows list[first .. first + count) of targets[.][c], where those are begin .. begin + rows
 * - 1: the rows of logits[.][c] and dlogits. Writes one loss a row to losses[first + i] and scale x its
 * gradient to dlogits. */
typedef struct mx_loss_args {
    mx_i32 c, first, count, begin, rows;
    mx_u32 logits, targets, list, losses, dlogits;
    mx_f32 scale;
} mx_loss_args;

/* sums[slot] = scale x (sum of losses[first .. first + count)). */
typedef struct mx_loss_sum_args {
    mx_i32 first, count, slot;
    mx_u32 losses, sums;
    mx_f32 scale;
} mx_loss_sum_args;

/* Picture rows[i] of uint8 pixels[.][h][w][c] to y[i][h][w][c] = mul[c] * v + add[c] with v in 0..255,
 * cropped out of its reflect-padded self and flipped at random where `enabled`. Random numbers: key
 * seed, counter (0, image, step, stream); i = first .. first + count, image = i - first. */
typedef struct mx_augment_args {
    mx_i32 first, count, h, w, pad, enabled;
    mx_u32 pixels, rows, y;
    mx_u32 seed0, seed1, step, stream;
    mx_f32 mul[4], add[4];
} mx_augment_args;

/* What a step of a plan does to a picture, and what its numbers are. */
enum mx_augment_action {
    MX_AUGMENT_KEEP,     /* nothing */
    MX_AUGMENT_DIM,      /* black + factor (picture - black) */
    MX_AUGMENT_CONTRAST, /* the same from its mean grey */
    MX_AUGMENT_SATURATE, /* the same from its grey self */
    MX_AUGMENT_HUE,      /* v[0] of 256 parts of a turn */
    MX_AUGMENT_TABLE,    /* every byte through table v[0] */
    MX_AUGMENT_FLIP,     /* left and right */
    MX_AUGMENT_GRAY,
    MX_AUGMENT_MAP,    /* pixel (x, y) from ((v[0] x + v[1] y + v[2]) >> 16, (v[3] x + ... v[5]) >> 16) */
    MX_AUGMENT_SMOOTH, /* the same between pixels, shifted by MX_AUGMENT_SMOOTH_BITS */
    MX_AUGMENT_CROP,   /* moved v[0] down and v[1] right; v[2]: what comes in is reflected, not black */
    MX_AUGMENT_BLUR,   /* the 2 v[1] + 1 weights of both axes; floats 0 .. v[1] of table v[0], outermost first */
    MX_AUGMENT_ERASE   /* v[2] x v[3] pixels black from row v[0], column v[1] */
};

enum { MX_AUGMENT_SMOOTH_BITS = 20, MX_AUGMENT_TABLE_WORDS = 64 };

typedef struct mx_augment_op {
    mx_i32 action;
    mx_f32 factor;
    mx_i32 v[6];
} mx_augment_op;

enum { MX_AUGMENT_OP_WORDS = 8 };

/* As mx_augment_args, where each picture goes through `steps` steps of plan[count][steps]; the plan's
 * tables begin at `tables`. Work-group g of `groups` takes every groups-th picture and has 2 h w c bytes
 * of scratch; its offset and that of the plan count words. */
typedef struct mx_augment_ops_args {
    mx_i32 first, count, h, w, steps, groups;
    mx_u32 rows, plan, tables, scratch, y;
    mx_f32 mul[4], add[4];
} mx_augment_ops_args;

/* targets[i][c] = one-hot of labels[i], i < rows. */
typedef struct mx_one_hot_args {
    mx_i32 rows, c;
    mx_u32 labels, targets;
} mx_one_hot_args;

/* guesses[k][rows][c], the softmax of K views, to k copies of q[rows][c], one after another. */
typedef struct mx_sharpen_args {
    mx_i32 k, rows, c;
    mx_u32 guesses, targets;
    mx_f32 temperature;
} mx_sharpen_args;

/* Adds guesses targets[rows][c] to tally[c + 3 x most_rows] (cl/guess.cl). */
typedef struct mx_guess_args {
    mx_i32 rows, c, most_rows;
    mx_u32 targets, labels, tally;
} mx_guess_args;

/* lambda[i] = max(l, 1 - l), l ~ Beta(alpha, alpha); the same for all i where per_batch is set. */
typedef struct mx_lambda_args {
    mx_i32 count, per_batch;
    mx_u32 lambda;
    mx_u32 seed0, seed1, step;
    mx_f32 alpha;
} mx_lambda_args;

/* y[i] = l x[pair[i]] + (1 - l) x[pair[count + i]] over rows of `width`, l = lambda[pair[i]]. */
typedef struct mx_mixup_args {
    mx_i32 count, width;
    mx_u32 x, y, pair, lambda;
} mx_mixup_args;

enum { MX_ADAM_GROUPS = 5 };

/* Adam over flat arenas. Group g covers elements [end[g-1], end[g]); rate[g] = 0 leaves the weights
 * alone. coupled adds decay x w to the gradient; else w *= 1 - rate x decay after the update.
 *
 * Health is four floats: the step's two losses, and whether an even and an odd step went wrong, 0 or 1.
 * A step goes wrong when a loss or a moved number is not finite, or the step before went wrong; what
 * is not finite is not stored, and the steps that follow move nothing. */
typedef struct mx_adam_args {
    mx_u32 first, count; /* elements to move; the gradient of the first is element `gradient` of its buffer */
    mx_u32 gradient;
    mx_u32 end[MX_ADAM_GROUPS];
    mx_f32 rate[MX_ADAM_GROUPS], decay[MX_ADAM_GROUPS];
    mx_f32 beta1, beta2, epsilon;
    mx_f32 correction1, correction2; /* 1 - beta^t */
    mx_f32 ema;
    mx_i32 coupled;
    mx_u32 health; /* where it begins in its buffer */
    mx_i32 odd;    /* of the step's number */
} mx_adam_args;

#endif
