/* What the files of the harness know of each other. */
#ifndef MX_TESTS_CHECK_INTERNAL_H
#define MX_TESTS_CHECK_INTERNAL_H

#include "base/buf.h"
#include "ops/case.h"

struct mx_check {
    mx_device *device;
    mx_check_options options;
    const mx_op *op; /* whose turn it is */
    mx_check_row *rows;
    size_t n_rows, rows_capacity;
    size_t passed, failed;
    mx_buf failures;
};

/* The buffers of a case: on the device, as uploaded, as read back. */
typedef struct mx_case_memory {
    struct {
        mx_buffer *device; /* NULL for MX_HOST */
        size_t bytes;
        unsigned char *image, *back;
    } buffers[MX_CASE_OPERANDS];
    size_t count;
} mx_case_memory;

/* Where an operand begins in its buffer, and how long it is, in bytes. */
size_t mx_operand_offset(const mx_operand *operand);
size_t mx_operand_bytes(const mx_operand *operand);
/* Whether an op may write to it. */
bool mx_operand_is_written(const mx_operand *operand);

/* Lays out, allocates and fills the operands, calls `prepare`, and uploads. Released in either case
 * with mx_case_memory_release. */
mx_status mx_case_memory_init(mx_case_memory *memory, mx_check *check, mx_case *c);
void mx_case_memory_release(mx_case_memory *memory, mx_case *c);
/* Reads all buffers back. */
mx_status mx_case_memory_read(mx_case_memory *memory);

/* What is wrong with a case, one line; "" while nothing is. */
typedef struct mx_verdict {
    double error;
    char problem[128];
} mx_verdict;

/* Guards and inputs must be untouched. */
void mx_judge_memory(const mx_case_memory *memory, const mx_case *c, mx_verdict *verdict);
/* Outputs must be as expected, within `limit`. */
void mx_judge_outputs(const mx_case_memory *memory, const mx_case *c, double limit,
                      mx_verdict *verdict);
/* Gradients must be the slopes of c->loss. */
mx_status mx_judge_gradients(const mx_case_memory *memory, mx_case *c, double limit, uint64_t seed,
                             mx_verdict *verdict);

/* Times a case into a row of its own. */
mx_status mx_bench_case(mx_check *check, mx_case *c, mx_check_row *row);

/* The row of this op, variant and (when benchmarking) case; MX_MEMORY when there is no room. */
mx_status mx_check_row_of(mx_check *check, const mx_case *c, mx_check_row **out);

#endif
