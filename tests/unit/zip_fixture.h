/* Writes zip archives as the tests want them, lies included: entries by hand, deflate by zlib. */
#ifndef MX_TEST_ZIP_FIXTURE_H
#define MX_TEST_ZIP_FIXTURE_H

#include "unit/fixture.h"

#include <zlib.h>

enum { FIXTURE_STORED = 0, FIXTURE_DEFLATE = 8 };

typedef struct fixture_zip {
    mx_buf file, directory;
    uint16_t n_entries;
    bool zip64; /* every size and offset in a zip64 field */
} fixture_zip;

static inline void fixture_zip_number(mx_buf *out, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        mx_buf_append(out, &(const char){(char)(value >> 8 * i)}, 1);
}

/* Raw deflate, as zip has it. */
static inline void fixture_zip_deflate(mx_buf *out, const void *bytes, size_t count) {
    z_stream stream = {0};
    const size_t bound = count + count / 1000 + 64;
    unsigned char *packed = malloc(bound);
    assert_non_null(packed);
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)bytes;
    stream.avail_in = (unsigned)count;
    stream.next_out = packed;
    stream.avail_out = (unsigned)bound;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    mx_buf_append(out, packed, stream.total_out);
    deflateEnd(&stream);
    free(packed);
}

/* What local and central headers share: flags to the lengths of name and extra field. */
static inline void fixture_zip_header(mx_buf *out, const fixture_zip *zip, uint16_t method,
                                      uint32_t crc, size_t packed, size_t size, size_t name_bytes,
                                      size_t extra_bytes) {
    fixture_zip_number(out, 0, 2);
    fixture_zip_number(out, method, 2);
    fixture_zip_number(out, 0x5A210000, 4); /* 2025-01-01 */
    fixture_zip_number(out, crc, 4);
    fixture_zip_number(out, zip->zip64 ? UINT32_MAX : packed, 4);
    fixture_zip_number(out, zip->zip64 ? UINT32_MAX : size, 4);
    fixture_zip_number(out, name_bytes, 2);
    fixture_zip_number(out, zip->zip64 ? extra_bytes : 0, 2);
}

static inline void fixture_zip_add(fixture_zip *zip, const char *name, const void *bytes,
                                   size_t count, uint16_t method) {
    const size_t offset = zip->file.length, length = strlen(name);
    const uint32_t crc = (uint32_t)crc32(0, bytes, (unsigned)count);
    mx_buf packed = {0};
    if (method == FIXTURE_DEFLATE)
        fixture_zip_deflate(&packed, bytes, count);
    else
        mx_buf_append(&packed, bytes, count);
    mx_buf_append(&zip->file, "PK\3\4\x2D", 6);
    fixture_zip_header(&zip->file, zip, method, crc, packed.length, count, length, 20);
    mx_buf_puts(&zip->file, name);
    mx_buf_append(&zip->directory, "PK\1\2\x2D\0\x2D", 8);
    fixture_zip_header(&zip->directory, zip, method, crc, packed.length, count, length, 28);
    mx_buf_append(&zip->directory, "\0\0\0\0\0\0\0\0\0", 10); /* comment, disk, attributes */
    fixture_zip_number(&zip->directory, zip->zip64 ? UINT32_MAX : offset, 4);
    mx_buf_puts(&zip->directory, name);
    for (int central = 0; zip->zip64 && central < 2; central++) {
        mx_buf *out = central ? &zip->directory : &zip->file;
        fixture_zip_number(out, 1, 2);
        fixture_zip_number(out, central ? 24 : 16, 2);
        fixture_zip_number(out, count, 8);
        fixture_zip_number(out, packed.length, 8);
        if (central) fixture_zip_number(out, offset, 8);
    }
    mx_buf_append(&zip->file, packed.data, packed.length);
    mx_buf_release(&packed);
    zip->n_entries++;
}

static inline void fixture_zip_text(fixture_zip *zip, const char *name, const char *text) {
    fixture_zip_add(zip, name, text, strlen(text), FIXTURE_DEFLATE);
}

/* Appends the directory and its end; zip->file is then the archive. */
static inline void fixture_zip_finish(fixture_zip *zip) {
    const size_t start = zip->file.length, bytes = zip->directory.length;
    const size_t end = start + bytes;
    mx_buf_append(&zip->file, zip->directory.data, bytes);
    if (zip->zip64) {
        mx_buf_append(&zip->file, "PK\6\6", 4);
        fixture_zip_number(&zip->file, 44, 8);
        fixture_zip_number(&zip->file, 0x2D002D, 4);
        fixture_zip_number(&zip->file, 0, 8);
        fixture_zip_number(&zip->file, zip->n_entries, 8);
        fixture_zip_number(&zip->file, zip->n_entries, 8);
        fixture_zip_number(&zip->file, bytes, 8);
        fixture_zip_number(&zip->file, start, 8);
        mx_buf_append(&zip->file, "PK\6\7\0\0\0", 8);
        fixture_zip_number(&zip->file, end, 8);
        fixture_zip_number(&zip->file, 1, 4);
    }
    mx_buf_append(&zip->file, "PK\5\6\0\0\0", 8);
    fixture_zip_number(&zip->file, zip->zip64 ? UINT16_MAX : zip->n_entries, 2);
    fixture_zip_number(&zip->file, zip->zip64 ? UINT16_MAX : zip->n_entries, 2);
    fixture_zip_number(&zip->file, zip->zip64 ? UINT32_MAX : bytes, 4);
    fixture_zip_number(&zip->file, zip->zip64 ? UINT32_MAX : start, 4);
    fixture_zip_number(&zip->file, 0, 2);
    assert_int_equal(mx_buf_check(&zip->file), MX_OK);
}

/* Finishes the archive, writes it to FOLDER/NAME and releases it. */
static inline void fixture_zip_write(fixture_zip *zip, const char *folder, const char *name) {
    fixture_zip_finish(zip);
    fixture_write(folder, name, zip->file.data, zip->file.length);
    mx_buf_release(&zip->file);
    mx_buf_release(&zip->directory);
    *zip = (fixture_zip){0};
}

#endif
