#include "io/tfrecord.h"

/* The polynomial 0x1edc6f41, bits reversed, applied to each value of four bits. */
static const uint32_t table[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

uint32_t mx_crc32c(const void *bytes, size_t count) {
    const uint8_t *at = bytes;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        crc ^= at[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

uint32_t mx_tfrecord_mask(uint32_t crc) {
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

static void append_number(mx_buf *out, uint64_t number, size_t count) {
    uint8_t bytes[8];
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(number >> 8 * i);
    mx_buf_append(out, bytes, count);
}

static void append_checksum(mx_buf *out, const void *bytes, size_t count) {
    append_number(out, mx_tfrecord_mask(mx_crc32c(bytes, count)), 4);
}

void mx_tfrecord_append(mx_buf *out, const void *bytes, size_t count) {
    const size_t start = out->length;
    append_number(out, count, 8);
    if (out->failed) return;
    append_checksum(out, out->data + start, 8);
    mx_buf_append(out, bytes, count);
    append_checksum(out, bytes, count);
}
