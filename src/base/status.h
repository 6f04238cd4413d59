/* Errors are values: a function returns mx_status, and the message waits in the thread until the
 * top prints it. Messages read "cannot open 'FILE': reason", without a full stop. */
#ifndef MX_BASE_STATUS_H
#define MX_BASE_STATUS_H

#include "mixcl.h"

#if defined(__GNUC__)
#define MX_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define MX_PRINTF(text, first)
#endif

/* Sets this thread's message and returns `code`. */
mx_status mx_fail(mx_status code, const char *format, ...) MX_PRINTF(2, 3);

/* Puts "CONTEXT: " before this thread's message and returns `code`; does nothing for MX_OK. */
mx_status mx_context(mx_status code, const char *format, ...) MX_PRINTF(2, 3);

/* Returns from the calling function when `call` fails. */
#define MX_TRY(call)                                                                               \
    do {                                                                                           \
        const mx_status mx_try_status_ = (call);                                                   \
        if (mx_try_status_ != MX_OK) return mx_try_status_;                                        \
    } while (0)

/* Sets `status` and jumps to the label `done`, the function's single clean-up path, on failure. */
#define MX_GO(call)                                                                                \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != MX_OK) goto done;                                                            \
    } while (0)

#endif
