#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_BYTES = 4096 };

static _Thread_local char message[MESSAGE_BYTES];

const char *mx_error(void) {
    return message;
}

const char *mx_version(void) {
    return MIXCL_VERSION;
}

mx_status mx_fail(mx_status code, const char *format, ...) {
    /* The arguments may point into the old message. */
    char text[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    memcpy(message, text, sizeof message);
    return code;
}

mx_status mx_context(mx_status code, const char *format, ...) {
    if (code == MX_OK) return code;
    char text[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    const int used = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (used < 0 || (size_t)used + 3 > sizeof text) return code;
    const int left = (int)sizeof text - used - 3;
    snprintf(text + used, sizeof text - (size_t)used, ": %.*s", left, message);
    memcpy(message, text, sizeof message);
    return code;
}
