/* How tests/ops/STEM.c says what to check. A case is a list of operands, in the order of the file's
 * enum, and functions over them; the harness places the operands in device memory, between guard
 * words, runs the op and compares.
 *
 *   mx_case c = {.variant = "forward", .params = &p, .reference = reference, .run = run};
 *   mx_case_name(&c, "%dx%d", rows, columns);
 *   mx_case_add(&c, MX_INPUT, "x", rows, 1, 1, columns);
 *   mx_case_add(&c, MX_OUTPUT, "y", rows, 1, 1, columns);
 *   MX_TRY(mx_check_case(check, &c)); */
#ifndef MX_TESTS_CASE_H
#define MX_TESTS_CASE_H

#include "ocl/buffer.h"
#include "ops/tensor.h"
#include "ops/check.h"

typedef enum mx_role {
    MX_ABSENT,    /* no buffer: an optional operand left out */
    MX_INPUT,     /* must be as before afterwards */
    MX_OUTPUT,    /* begins as NaN, so that an element left out is found */
    MX_INOUT,     /* begins as an input, ends as expected */
    MX_WORKSPACE, /* begins as NaN, ends as anything */
    MX_HOST       /* not on the device: what a reference needs besides */
} mx_role;

typedef enum mx_element { MX_FLOAT, MX_INT, MX_BYTE } mx_element;

typedef struct mx_operand {
    const char *name;
    mx_role role;
    mx_element element;
    bool bare;        /* begins its buffer: for ops that take no offset */
    bool joined;      /* is in the buffer of the operand before it */
    mx_tensor tensor; /* buffer and offset are the harness's to set */
    union {           /* what is uploaded; floats begin uniform in -1..1, ints and bytes as 0 */
        float *values;
        mx_i32 *ints;
        unsigned char *bytes;
    };
    double *expected; /* of outputs: set by the reference, begins as 0. Of MX_HOST: scratch */
    size_t memory;    /* the harness's: which of the case's buffers it is in */
} mx_operand;

enum { MX_CASE_OPERANDS = 12, MX_CASE_GRADIENTS = 3 };

typedef struct mx_case mx_case;
struct mx_case {
    const char *variant;
    char name[MX_CASE_BYTES];
    mx_operand operands[MX_CASE_OPERANDS];
    int n_operands;
    const void *params;                              /* the op's own */
    void (*prepare)(mx_case *c);                     /* changes the inputs; or NULL */
    void (*reference)(mx_case *c);                   /* `expected` of the outputs, from `values` */
    mx_status (*run)(mx_device *device, mx_case *c); /* the op */
    double (*loss)(mx_case *c);                      /* grad: of the C forward, from `values` */
    struct {
        int by, gradient; /* operands: what to differentiate by; the device's answer */
    } gradients[MX_CASE_GRADIENTS];
    int n_gradients;
};

void mx_case_name(mx_case *c, const char *format, ...) MX_PRINTF(2, 3);
/* Adds the next operand, of n x h x w x channels floats. */
mx_operand *mx_case_add(mx_case *c, mx_role role, const char *name, mx_i32 n, mx_i32 h, mx_i32 w,
                        mx_i32 channels);
/* Adds a pair to `gradients`. */
void mx_case_differentiate(mx_case *c, int by, int gradient);

/* Runs a case in the check's mode, unless the options leave its variant out. */
mx_status mx_check_case(mx_check *check, mx_case *c);
mx_check_mode mx_check_get_mode(const mx_check *check);
/* The only shape to time, or NULL. */
const mx_conv_shape *mx_check_get_shape(const mx_check *check);
mx_device *mx_check_get_device(const mx_check *check);

/* Elements of an operand. */
static inline size_t mx_operand_count(const mx_operand *operand) {
    return mx_tensor_count(operand->tensor);
}

/* What an output begins as, and what lies around inputs: a NaN that no kernel computes. */
enum { MX_FILL_WORD = 0x7fc0dead };
float mx_fill_value(void);

#endif
