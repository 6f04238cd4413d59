/* Names out of untrusted files, made fit for a message. */
#ifndef MX_IO_PRINTABLE_H
#define MX_IO_PRINTABLE_H

#include <stddef.h>

enum { MX_PRINTABLE_BYTES = 128 };

typedef struct mx_printable {
    char text[MX_PRINTABLE_BYTES];
} mx_printable;

/* `length` bytes as printable ASCII: other bytes become "\xNN", what is too long ends in "...". */
mx_printable mx_printable_bytes(const char *bytes, size_t length);
mx_printable mx_printable_text(const char *text);

#endif
