/* The algorithms that conv.c lists; each in a file of its own. */
#ifndef MX_OPS_CONV_ALGORITHMS_H
#define MX_OPS_CONV_ALGORITHMS_H

#include "ops/conv.h"

extern const mx_conv_algorithm mx_conv_winograd; /* conv_winograd.c: 3x3, stride 1, for CPUs */
extern const mx_conv_algorithm
    mx_conv_winograd_weights; /* conv_winograd_weights.c: its third direction */
/* conv_winograd_streamed.c: the same for many channels and few tiles, and its third direction */
extern const mx_conv_algorithm mx_conv_winograd_streamed, mx_conv_winograd_streamed_weights;
extern const mx_conv_algorithm mx_conv_direct; /* conv_direct.c: register tiles, for CPUs */
extern const mx_conv_algorithm
    mx_conv_direct_weights; /* conv_direct_weights.c: its third direction */
extern const mx_conv_algorithm
    mx_conv_panel_weights; /* conv_panel_weights.c: the same for 1x1, panels in local memory */
extern const mx_conv_algorithm mx_conv_winograd_gemm; /* conv_winograd_gemm.c: 3x3, stride 1, around
                                                         matrix products, for GPUs */
extern const mx_conv_algorithm mx_conv_gemm;          /* conv_gemm.c: im2col and CLBlast */
extern const mx_conv_algorithm
    mx_conv_reference; /* conv_reference.c: the definition, in OpenCL C */

/* Copies x into workspace + `padded` with `shape->pad` zeros around each picture. */
mx_status mx_conv_pad_input(mx_device *device, const mx_conv_shape *shape,
                            const mx_conv_operands *operands, mx_u32 padded);

/* Whether Winograd's tiles of three taps a side fit the shape: 3x3, stride 1. */
bool mx_conv_suits_winograd(const mx_conv_shape *shape);

/* Winograd's parameters on CPUs, {outputs along a tile's side, tiles at a time}: 4 with `built_in`
 * tiles, then with the other numbers from `least` to `most`, each twice the last; 2 with `most`. */
int mx_conv_winograd_candidates(mx_i32 built_in, mx_i32 least, mx_i32 most, mx_conv_params *out);

/* What Winograd's kernels for CPUs need to know of a convolution with tiles of `tile` outputs a
 * side, but for weights and scratch. Without sums a chunk is `run` tiles. By the weights, y is the
 * gradient of the output. */
mx_winograd_args mx_conv_winograd_args(const mx_conv_shape *shape, mx_conv_direction direction,
                                       mx_i32 tile, mx_i32 run, const mx_conv_operands *operands);

/* Floats between the places of a run of tiles in a CPU's scratch: LINE of cl/winograd_cpu.h. */
enum { MX_WINOGRAD_LINE = 16 };

/* Tiles of `tile` pixels that cover `pixels`. */
mx_i32 mx_conv_tiles(mx_i32 pixels, mx_i32 tile);

/* The channels of a register tile: the largest number that divides `channels`, 8 where that does,
 * since most networks count in eights. */
mx_i32 mx_conv_channel_tile(mx_i32 channels);

/* Chunks of `units` (images or pixels) that a gradient by the weights is summed in: `wanted`, but
 * no more than there are, or than there is room for partial sums. */
mx_i32 mx_conv_chunks(const mx_conv_shape *shape, mx_i32 wanted, mx_i32 units);

/* Channels that a work-group takes, a multiple of `tile`, so that chunks times groups of channels
 * are work-groups enough. */
mx_i32 mx_conv_group_channels(mx_i32 channels, mx_i32 tile, mx_i32 chunks);

/* Where those sums go, and their floats of workspace: a single one is the gradient itself. */
mx_tensor mx_conv_partial(mx_i32 chunks, const mx_conv_operands *operands);
size_t mx_conv_partial_floats(const mx_conv_shape *shape, mx_i32 chunks);

/* weight = sum of the workspace's first `chunks` partial sums, in order. */
mx_status mx_conv_add_chunks(mx_device *device, const mx_conv_shape *shape, mx_i32 chunks,
                             const mx_conv_operands *operands);

#endif
