#include <stdint.h>
#include <string.h>

#include <zlib.h>

#include "base/fs.h"
#include "io/mat_faces.h"

/* Version 5 (MathWorks, "MAT-File Format"): a header, then the variables one after another, 8 bytes
 * of type and size before each. */
enum { HEADER_BYTES = 128, TAG_BYTES = 8, TYPE_COMPRESSED = 15 };

/* MAFA's files have 2 MB. */
enum { FILE_LIMIT = 256 << 20, UNPACKED_LIMIT = 1 << 30 };

static uint32_t get_word(const unsigned char *bytes, bool big) {
    uint32_t word = 0;
    for (int i = 0; i < 4; i++)
        word |= (uint32_t)bytes[i] << 8 * (big ? 3 - i : i);
    return word;
}

/* Unpacks a variable to nowhere; zlib compares the checksum at its end. *left is what may come out.
 */
static mx_status check_packed(const unsigned char *bytes, uint32_t count, size_t *left) {
    unsigned char nowhere[65536];
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)bytes, .avail_in = count};
    int code = inflateInit(&stream);
    if (code != Z_OK) return mx_fail(MX_MEMORY, "no memory for unpacking");
    while (code == Z_OK && stream.total_out <= *left) {
        stream.next_out = nowhere;
        stream.avail_out = sizeof nowhere;
        code = inflate(&stream, Z_NO_FLUSH);
    }
    const size_t unpacked = stream.total_out;
    inflateEnd(&stream);
    if (code == Z_MEM_ERROR) return mx_fail(MX_MEMORY, "no memory for unpacking");
    if (unpacked > *left) return mx_fail(MX_DATA, "more than %d bytes unpacked", UNPACKED_LIMIT);
    if (code != Z_STREAM_END) return mx_fail(MX_DATA, "damaged");
    *left -= unpacked;
    return MX_OK;
}

/* libmatio takes what is missing for empty, and does not compare checksums. */
static mx_status check_variables(const mx_buf *file, bool big) {
    const unsigned char *bytes = (const unsigned char *)file->data;
    size_t at = HEADER_BYTES, left = UNPACKED_LIMIT;
    while (at < file->length) {
        if (file->length - at < TAG_BYTES)
            return mx_fail(MX_DATA, "cut short at byte %zu", file->length);
        const uint32_t type = get_word(bytes + at, big), count = get_word(bytes + at + 4, big);
        at += TAG_BYTES;
        if (count > file->length - at)
            return mx_fail(MX_DATA, "damaged or cut short: the variable at byte %zu has %u bytes",
                           at - TAG_BYTES, count);
        if (type == TYPE_COMPRESSED)
            MX_TRY(mx_context(check_packed(bytes + at, count, &left), "the variable at byte %zu",
                              at - TAG_BYTES));
        at += count;
    }
    return MX_OK;
}

/* The header's last bytes are version and byte order. HDF5, which version 7.3 is, knows a file that
 * is cut short. */
static mx_status check_content(const mx_buf *file) {
    static const char versions[][5] = {"\0\1IM", "\1\0MI", "\0\2IM", "\2\0MI"};
    int found = -1;
    for (int i = 0; i < 4 && file->length >= HEADER_BYTES; i++)
        if (memcmp(file->data + HEADER_BYTES - 4, versions[i], 4) == 0) found = i;
    if (found < 0) return mx_fail(MX_DATA, "not a MAT file of version 5 or 7.3");
    return found < 2 ? check_variables(file, found == 1) : MX_OK;
}

mx_status mx_mat_check(const char *path) {
    mx_buf file = {0};
    mx_status status = mx_read_file(&file, path, FILE_LIMIT);
    if (status == MX_OK) status = mx_context(check_content(&file), "cannot read '%s'", path);
    mx_buf_release(&file);
    return status;
}
