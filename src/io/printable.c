#include "io/printable.h"

#include <stdio.h>
#include <string.h>

mx_printable mx_printable_bytes(const char *bytes, size_t length) {
    mx_printable out;
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        const unsigned char byte = (unsigned char)bytes[i];
        /* Room for "\xNN", the dots and the NUL. */
        if (used + 4 + 3 + 1 > sizeof out.text) {
            memcpy(out.text + used, "...", 3);
            used += 3;
            break;
        }
        if (byte >= ' ' && byte <= '~')
            out.text[used++] = (char)byte;
        else
            used += (size_t)snprintf(out.text + used, sizeof out.text - used, "\\x%02x", byte);
    }
    out.text[used] = '\0';
    return out;
}

mx_printable mx_printable_text(const char *text) {
    return mx_printable_bytes(text, strlen(text));
}
