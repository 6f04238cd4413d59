#include "report/text.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the code point at `text`; 0 where it is a control character or no UTF-8 (RFC 3629). */
static size_t code_point(const unsigned char *text) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned lead = text[0];
    if (lead < 0x80) return lead < 0x20 || lead == 0x7F ? 0 : 1;
    const size_t length = lead >= 0xF8 ? 0 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC0 || length == 0) return 0;
    uint32_t value = lead & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80) return 0;
        value = value << 6 | (text[i] & 0x3Fu);
    }
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF, control = value < 0xA0;
    return value < least[length] || value > 0x10FFFF || surrogate || control ? 0 : length;
}

void mx_text_clean(mx_buf *out, const char *text) {
    while (*text) {
        const size_t length = code_point((const unsigned char *)text);
        if (length > 0)
            mx_buf_append(out, text, length);
        else
            mx_buf_puts(out, "\xEF\xBF\xBD");
        text += length > 0 ? length : 1;
    }
}

static bool begins_point(char byte) {
    return ((unsigned char)byte & 0xC0) != 0x80;
}

size_t mx_text_length(const char *text) {
    size_t count = 0;
    for (; *text; text++)
        count += begins_point(*text);
    return count;
}

/* Where code point number `index` begins. */
static const char *point_at(const char *text, size_t index) {
    for (; *text; text++)
        if (begins_point(*text) && index-- == 0) break;
    return text;
}

static size_t append(char *out, size_t size, size_t used, const char *text, size_t count) {
    if (used + count + 1 > size) return used;
    memcpy(out + used, text, count);
    return used + count;
}

void mx_text_cut(char *out, size_t size, const char *text, size_t most) {
    static const char ellipsis[] = "\xE2\x80\xA6";
    const size_t length = mx_text_length(text);
    size_t used = 0;
    if (length <= most) {
        used = append(out, size, used, text, strlen(text));
    } else {
        const size_t head = most / 2, tail = most - 1 - head;
        const char *rest = point_at(text, length - tail);
        used = append(out, size, used, text, (size_t)(point_at(text, head) - text));
        used = append(out, size, used, ellipsis, sizeof ellipsis - 1);
        used = append(out, size, used, rest, strlen(rest));
    }
    out[used] = '\0';
}
