/* What `checkcl bench --shape` needs besides the cases of conv.c. */
#ifndef MX_TESTS_CONV_BENCH_H
#define MX_TESTS_CONV_BENCH_H

#include "ops/conv.h"

/* Reads "n64,c32,k32,h16,w16,r3,s3,stride1,pad1": every size once, in any order. Fails with
 * MX_USAGE. */
mx_status mx_conv_shape_read(const char *text, mx_conv_shape *out);

/* The plan of a training run: what the tuning cache names, measured first where it names nothing.
 */
mx_status mx_conv_plan_tuned(mx_device *device, const mx_conv_shape *shape, mx_conv_plan *plan);

#endif
