/* A growing byte string. A failed growth is remembered, so that a chain of appends is checked once.
 */
#ifndef MX_BASE_BUF_H
#define MX_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct mx_buf {
    char *data; /* NUL after the last byte once anything was appended */
    size_t length, capacity;
    bool failed;
} mx_buf;

void mx_buf_append(mx_buf *buf, const void *bytes, size_t count);
void mx_buf_puts(mx_buf *buf, const char *text);
void mx_buf_printf(mx_buf *buf, const char *format, ...) MX_PRINTF(2, 3);
/* A CSV field, quoted where it must be (RFC 4180). */
void mx_buf_csv_field(mx_buf *buf, const char *text);
/* MX_MEMORY when any append since mx_buf_clear failed. */
mx_status mx_buf_check(const mx_buf *buf);
/* The text, "" when empty; owned by the buffer. */
const char *mx_buf_text(const mx_buf *buf);
/* Empties it, keeping its memory. */
void mx_buf_clear(mx_buf *buf);
void mx_buf_release(mx_buf *buf);

#endif
