#include "io/idx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "base/mem.h"

enum { TYPE_UNSIGNED_BYTE = 0x08, CHUNK_BYTES = 1 << 20 };

typedef struct idx_reader {
    gzFile file;
    const char *path;
    size_t position; /* bytes read so far, after decompression */
} idx_reader;

static mx_status open_file(idx_reader *reader, const char *path) {
    struct stat info;
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    const int handle = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (handle < 0) return mx_fail(MX_DATA, "cannot open '%s': %s", path, strerror(errno));
    if (fstat(handle, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(handle);
        return mx_fail(MX_DATA, "cannot read '%s': not a regular file", path);
    }
    *reader = (idx_reader){.file = gzdopen(handle, "rb"), .path = path};
    if (reader->file) return MX_OK;
    close(handle);
    return mx_fail(MX_MEMORY, "cannot open '%s': no memory for the reader", path);
}

/* Reads up to `count` bytes into `out`; *got is less only at the end of the data. */
static mx_status read_some(idx_reader *reader, uint8_t *out, unsigned count, size_t *got) {
    const int result = gzread(reader->file, out, count);
    *got = result > 0 ? (size_t)result : 0;
    reader->position += *got;
    int code = Z_OK;
    const char *reason = gzerror(reader->file, &code);
    if (code == Z_MEM_ERROR) return mx_fail(MX_MEMORY, "cannot read '%s': no memory", reader->path);
    if (code == Z_ERRNO) reason = strerror(errno);
    if (result < 0 || code == Z_BUF_ERROR)
        return mx_fail(MX_DATA, "cannot read '%s': damaged after byte %zu: %s", reader->path,
                       reader->position, code == Z_BUF_ERROR ? "the file is cut short" : reason);
    return MX_OK;
}

static mx_status read_header_bytes(idx_reader *reader, uint8_t *out, unsigned count) {
    size_t got = 0;
    MX_TRY(read_some(reader, out, count, &got));
    if (got == count) return MX_OK;
    return mx_fail(MX_DATA, "cannot read '%s': the header ends at byte %zu", reader->path,
                   reader->position);
}

static mx_status read_magic(idx_reader *reader, int *rank) {
    uint8_t magic[4];
    MX_TRY(read_header_bytes(reader, magic, sizeof magic));
    if (magic[0] != 0 || magic[1] != 0)
        return mx_fail(MX_DATA, "cannot read '%s': not an IDX file (bytes 0 and 1 are not zero)",
                       reader->path);
    if (magic[2] != TYPE_UNSIGNED_BYTE)
        return mx_fail(
            MX_DATA,
            "cannot read '%s': element type 0x%02x at byte 2, only unsigned bytes (0x08) "
            "are supported",
            reader->path, (unsigned)magic[2]);
    if (magic[3] != 1 && magic[3] != 3 && magic[3] != 4)
        return mx_fail(MX_DATA, "cannot read '%s': %d dimensions at byte 3, expected 1, 3 or 4",
                       reader->path, magic[3]);
    *rank = magic[3];
    return MX_OK;
}

static mx_status read_header(idx_reader *reader, mx_idx *out, size_t limit, size_t *total) {
    MX_TRY(read_magic(reader, &out->rank));
    *total = 1;
    for (int i = 0; i < MX_IDX_MAX_RANK; i++)
        out->sizes[i] = 1;
    for (int i = 0; i < out->rank; i++) {
        uint8_t word[4];
        MX_TRY(read_header_bytes(reader, word, sizeof word));
        out->sizes[i] = (uint32_t)word[0] << 24 | (uint32_t)word[1] << 16 | (uint32_t)word[2] << 8 |
                        (uint32_t)word[3];
        if (out->sizes[i] == 0)
            return mx_fail(MX_DATA, "cannot read '%s': size 0 at byte %d", reader->path, 4 + 4 * i);
        if (!mx_size_mul(*total, out->sizes[i], total) || *total > limit)
            return mx_fail(MX_DATA, "cannot read '%s': the sizes up to byte %d exceed %zu elements",
                           reader->path, 8 + 4 * i, limit);
    }
    return MX_OK;
}

/* Memory grows with what is there, not with what the header claims. */
static mx_status read_elements(idx_reader *reader, mx_idx *out, size_t total) {
    size_t capacity = 0, count = 0;
    while (count < total) {
        const size_t left = total - count;
        const unsigned wanted = left < CHUNK_BYTES ? (unsigned)left : CHUNK_BYTES;
        size_t got = 0;
        MX_TRY(mx_grow(&out->bytes, &capacity, count + wanted, 1));
        MX_TRY(read_some(reader, out->bytes + count, wanted, &got));
        count += got;
        if (got < wanted)
            return mx_fail(MX_DATA,
                           "cannot read '%s': cut short at byte %zu, the header promises %zu",
                           reader->path, reader->position, reader->position + total - count);
    }
    return MX_OK;
}

/* Reading on also makes zlib check the length and checksum of a gzip file. */
static mx_status expect_end(idx_reader *reader) {
    uint8_t extra = 0;
    size_t got = 0;
    const size_t end = reader->position;
    MX_TRY(read_some(reader, &extra, 1, &got));
    if (got == 0) return MX_OK;
    return mx_fail(MX_DATA, "cannot read '%s': data after the last element at byte %zu",
                   reader->path, end);
}

mx_status mx_idx_read(mx_idx *out, const char *path, size_t limit) {
    idx_reader reader;
    size_t total = 0;
    mx_status status = MX_OK;
    *out = (mx_idx){0};
    MX_TRY(open_file(&reader, path));
    MX_GO(read_header(&reader, out, limit, &total));
    MX_GO(read_elements(&reader, out, total));
    MX_GO(expect_end(&reader));
done:
    gzclose(reader.file);
    if (status != MX_OK) mx_idx_release(out);
    return status;
}

void mx_idx_release(mx_idx *idx) {
    free(idx->bytes);
    *idx = (mx_idx){0};
}
