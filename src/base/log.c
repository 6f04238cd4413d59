#include "base/log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static mx_log_level current_level = MX_LOG_NORMAL;

void mx_log_set_level(mx_log_level level) {
    current_level = level;
}

mx_log_level mx_log_get_level(void) {
    return current_level;
}

static void print_line(const char *prefix, const char *format, va_list args) {
    char line[4096];
    vsnprintf(line, sizeof line, format, args);
    fprintf(stderr, "%s%s\n", prefix, line);
}

void mx_warn(const char *format, ...) {
    va_list args;
    va_start(args, format);
    print_line("mixcl: warning: ", format, args);
    va_end(args);
}

void mx_info(const char *format, ...) {
    if (current_level < MX_LOG_NORMAL) return;
    va_list args;
    va_start(args, format);
    print_line("", format, args);
    va_end(args);
}

void mx_debug(const char *format, ...) {
    if (current_level < MX_LOG_VERBOSE) return;
    va_list args;
    va_start(args, format);
    print_line("debug: ", format, args);
    va_end(args);
}

bool mx_log_is_terminal(FILE *stream) {
    const char *term = getenv("TERM");
    return isatty(fileno(stream)) && (!term || strcmp(term, "dumb") != 0);
}
