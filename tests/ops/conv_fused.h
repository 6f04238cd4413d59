/* What convolutions do besides (mx_conv_operands), held to the plain chain in C. */
#ifndef MX_TESTS_CONV_FUSED_H
#define MX_TESTS_CONV_FUSED_H

#include "ops/case.h"

/* Every algorithm, in the check's mode. */
mx_status mx_check_conv_fused(mx_check *check);

#endif
