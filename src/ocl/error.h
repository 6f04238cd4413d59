/* Names of OpenCL error codes, and their place in mx_status. */
#ifndef MX_OCL_ERROR_H
#define MX_OCL_ERROR_H

#include "base/status.h"

/* "CL_OUT_OF_RESOURCES" for -5 and so on; "OpenCL error" for codes of vendors. */
const char *mx_cl_error_name(int code);

/* MX_OK for CL_SUCCESS; MX_MEMORY for failed allocations, else MX_OPENCL, with `what` (such as
 * "clEnqueueNDRangeKernel of mixup_images") and the code's name in the message. */
mx_status mx_cl_check(int code, const char *what);

#endif
