/* Messages for people, on standard error; results go to standard output and never through here. */
#ifndef MX_BASE_LOG_H
#define MX_BASE_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"

typedef enum mx_log_level { MX_LOG_QUIET, MX_LOG_NORMAL, MX_LOG_VERBOSE } mx_log_level;

/* The only global state of the library: how much is said. Set once, before other calls. */
void mx_log_set_level(mx_log_level level);
mx_log_level mx_log_get_level(void);

/* One line each; the newline is added. Warnings are shown at every level. */
void mx_warn(const char *format, ...) MX_PRINTF(1, 2);
void mx_info(const char *format, ...) MX_PRINTF(1, 2);
void mx_debug(const char *format, ...) MX_PRINTF(1, 2);

/* True when `stream` is a terminal that may be drawn upon (and TERM is not "dumb"). */
bool mx_log_is_terminal(FILE *stream);

#endif
