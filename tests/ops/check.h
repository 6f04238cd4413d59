/* Holds every op to a C reference on one device: used by checkcl and by `mixcl selftest`.
 * The ops are the rows of src/ops/ops.def; how a check is written is in case.h. One thread. */
#ifndef MX_TESTS_CHECK_H
#define MX_TESTS_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ocl/device.h"
#include "ops/conv.h"

typedef struct mx_check mx_check;

typedef enum mx_check_mode {
    MX_CHECK_TEST, /* answers of the device against the C references */
    MX_CHECK_GRAD, /* backward on the device against differences of the C forward */
    MX_CHECK_BENCH /* time of larger shapes; the device must have been opened with profiling */
} mx_check_mode;

typedef struct mx_check_options {
    mx_check_mode mode;
    const char *op;      /* stem of the only op, or NULL */
    const char *variant; /* a part of the names of the variants to check, or NULL */
    uint64_t seed;       /* of the inputs */
    uint64_t largest; /* elements of all operands of a case; larger ones are left out. 0: none is */
    const mx_conv_shape *shape; /* bench of conv: the only shape, or NULL for the usual ones */
} mx_check_options;

typedef struct mx_op {
    const char *stem, *help;
    double limit;
    mx_status (*check)(mx_check *check);
} mx_op;

/* The rows of ops.def; a row without a stem ends them. */
extern const mx_op mx_ops[];

enum { MX_VARIANT_BYTES = 32, MX_CASE_BYTES = 64 };

/* What came of one variant of an op; of one case when benchmarking. */
typedef struct mx_check_row {
    const char *op;
    char variant[MX_VARIANT_BYTES];
    char name[MX_CASE_BYTES]; /* the case with the worst error */
    int cases, failed;
    double worst, limit; /* relative error */
    double ms,
        device_ms; /* bench, of one run: as a caller waits for it; inside the device's commands */
    double flops, bytes; /* bench, of one run: operations; operands read and written */
    double rate;         /* test, on a device opened with profiling: GFLOP/s of the fastest case */
    double copy_ms;      /* bench: the device's plain copy that moves as many bytes */
} mx_check_row;

/* `device` must outlive the check; the strings of `options` too. Fails with MX_USAGE for an unknown
 * op, MX_MEMORY. */
mx_status mx_check_open(mx_check **out, mx_device *device, const mx_check_options *options);
void mx_check_close(mx_check *check);

typedef void mx_check_show(mx_check_mode mode, const mx_check_row *row);

/* Checks what the options ask for; `show` (or NULL) is handed each row when its op is done. A wrong
 * answer is no failure of the call: it is in the rows. Fails with MX_USAGE when nothing matches the
 * options, MX_MEMORY or MX_INTERNAL. */
mx_status mx_check_run(mx_check *check, mx_check_show *show);

const mx_check_row *mx_check_rows(const mx_check *check, size_t *count);
/* Cases that were right, and that were not. */
size_t mx_check_passed(const mx_check *check);
size_t mx_check_failed(const mx_check *check);
/* One line per failed case: "OP VARIANT CASE: what is wrong"; "" when none is. */
const char *mx_check_failures(const mx_check *check);

/* The table, at most 80 columns: heads and rows. */
void mx_check_print_head(FILE *stream, mx_check_mode mode);
void mx_check_print_row(FILE *stream, mx_check_mode mode, const mx_check_row *row);
/* {"device", "driver", "version", "passed", "failed", "rows": [...], "failures": [...]}, a new
 * reference; NULL out of memory. */
json_t *mx_check_to_json(const mx_check *check);

#define MX_OP(stem, help, limit) mx_status mx_check_##stem(mx_check *check);
#include "ops/ops.def"

#endif
