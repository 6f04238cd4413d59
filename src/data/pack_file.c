#include "data/pack_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "base/mem.h"
#include "data/pack_file_internal.h"

/* A new number for every change of the file or of the pixels that decoding gives. */
enum { PACK_VERSION = 1 };

/* A chunk is what a thread takes at a time: so many pictures, or fewer large ones. */
enum { CHUNK_PICTURES = 32, CHUNK_BYTES = 1 << 22, MAX_REASON = 65536 };

_Static_assert(offsetof(mx_pack_header, sha256) + MX_SHA256_BYTES == sizeof(mx_pack_header),
               "the header has no padding");
_Static_assert(sizeof(mx_pack_header) <= MX_PACK_HEADER_BYTES, "the header fits");

size_t mx_pack_picture_bytes(const mx_pack_id *id) {
    return (size_t)id->height * (size_t)id->width * (size_t)id->channels;
}

size_t mx_pack_chunk(const mx_pack_id *id) {
    const size_t fitting = CHUNK_BYTES / mx_pack_picture_bytes(id);
    return fitting < 1 ? 1 : fitting < CHUNK_PICTURES ? fitting : CHUNK_PICTURES;
}

mx_pack_header mx_pack_header_of(const mx_pack_id *id, mx_pack_state state) {
    mx_pack_header header = {.version = PACK_VERSION,
                             .state = state,
                             .height = (uint64_t)id->height,
                             .width = (uint64_t)id->width,
                             .channels = (uint64_t)id->channels,
                             .count = id->count,
                             .chunk = mx_pack_chunk(id)};
    memcpy(header.magic, "MIXCLPK", sizeof header.magic);
    memcpy(header.key, id->key, sizeof header.key);
    return header;
}

static void digest(unsigned char out[MX_SHA256_BYTES], const void *bytes, size_t count) {
    mx_sha256 hash;
    mx_sha256_init(&hash);
    mx_sha256_add(&hash, bytes, count);
    mx_sha256_finish(&hash, out);
}

void mx_pack_header_seal(mx_pack_header *header) {
    digest(header->sha256, header, offsetof(mx_pack_header, sha256));
}

bool mx_pack_header_fits(const mx_pack_header *header, const mx_pack_id *id, mx_pack_state state) {
    mx_pack_header expected = mx_pack_header_of(id, state);
    expected.n_good = header->n_good;
    expected.tail_bytes = header->tail_bytes;
    memcpy(expected.tail_sha256, header->tail_sha256, sizeof expected.tail_sha256);
    mx_pack_header_seal(&expected);
    return memcmp(header, &expected, sizeof expected) == 0;
}

void mx_pack_put_fault(mx_buf *out, uint32_t index, const mx_fault *fault) {
    const char *reason = fault->message ? fault->message : "no memory";
    const size_t length = strlen(reason);
    const uint32_t numbers[2] = {index, (uint32_t)(length < MAX_REASON ? length : MAX_REASON)};
    mx_buf_append(out, numbers, sizeof numbers);
    mx_buf_append(out, reason, numbers[1]);
}

bool mx_pack_take_faults(mx_fault *faults, size_t *n_faults, size_t first, size_t end,
                         const char *bytes, size_t count) {
    uint32_t numbers[2];
    for (*n_faults = 0; count > 0; ++*n_faults) {
        if (count < sizeof numbers) return false;
        memcpy(numbers, bytes, sizeof numbers);
        bytes += sizeof numbers;
        count -= sizeof numbers;
        if (numbers[0] < first || numbers[0] >= end || numbers[1] > count) return false;
        if (faults) faults[numbers[0]] = (mx_fault){MX_DATA, strndup(bytes, numbers[1])};
        first = (size_t)numbers[0] + 1;
        bytes += numbers[1];
        count -= numbers[1];
    }
    return true;
}

uint32_t mx_pack_sum(const uint8_t *pixels, size_t count) {
    /* A picture has at most 4096 x 4096 x 3 bytes. */
    return (uint32_t)crc32(0, pixels, (uInt)count);
}

bool mx_pack_read_at(int file, void *bytes, size_t count, uint64_t at) {
    for (char *to = bytes; count > 0;) {
        const ssize_t part = pread(file, to, count, (off_t)at);
        if (part < 0 && errno == EINTR) continue;
        if (part == 0) errno = EIO; /* the file is shorter */
        if (part <= 0) return false;
        to += part;
        at += (uint64_t)part;
        count -= (size_t)part;
    }
    return true;
}

bool mx_pack_write_at(int file, const void *bytes, size_t count, uint64_t at) {
    for (const char *from = bytes; count > 0;) {
        const ssize_t part = pwrite(file, from, count, (off_t)at);
        if (part < 0 && errno == EINTR) continue;
        if (part == 0) errno = ENOSPC;
        if (part <= 0) return false;
        from += part;
        at += (uint64_t)part;
        count -= (size_t)part;
    }
    return true;
}

/* Holds the sizes in the header to the length of the file. */
static bool sizes_fit(const mx_pack_header *header, const mx_pack_id *id, uint64_t bytes) {
    if (header->n_good > id->count || bytes < MX_PACK_HEADER_BYTES) return false;
    const uint64_t pixels = header->n_good * mx_pack_picture_bytes(id);
    return header->tail_bytes >= header->n_good * sizeof(uint32_t) &&
           bytes - MX_PACK_HEADER_BYTES >= pixels &&
           bytes - MX_PACK_HEADER_BYTES - pixels == header->tail_bytes;
}

/* Checks the tail of a mapped file, and takes its faults. */
static bool take_tail(mx_pack *pack, const mx_pack_header *header, const mx_pack_id *id,
                      mx_fault *faults) {
    unsigned char sha256[MX_SHA256_BYTES];
    const size_t sums_bytes = (size_t)header->n_good * sizeof(uint32_t);
    const size_t tail_bytes = (size_t)header->tail_bytes;
    const char *tail = (const char *)pack->memory + pack->bytes - tail_bytes;
    size_t n_faults = 0;
    digest(sha256, tail, tail_bytes);
    if (memcmp(sha256, header->tail_sha256, sizeof sha256) != 0) return false;
    /* First a look, so that a file that is refused sets nothing. */
    if (!mx_pack_take_faults(NULL, &n_faults, 0, id->count, tail + sums_bytes,
                             tail_bytes - sums_bytes) ||
        n_faults != id->count - header->n_good)
        return false;
    mx_pack_take_faults(faults, &n_faults, 0, id->count, tail + sums_bytes,
                        tail_bytes - sums_bytes);
    pack->sums = tail;
    pack->n_good = (size_t)header->n_good;
    pack->pixels = (const uint8_t *)pack->memory + MX_PACK_HEADER_BYTES;
    return true;
}

static bool map_file(mx_pack *out, int file, const mx_pack_id *id, mx_fault *faults) {
    mx_pack_header header;
    struct stat info;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode) ||
        !mx_pack_read_at(file, &header, sizeof header, 0) ||
        !mx_pack_header_fits(&header, id, MX_PACK_COMPLETE) ||
        !sizes_fit(&header, id, (uint64_t)info.st_size) || (uint64_t)info.st_size > SIZE_MAX)
        return false;
    out->bytes = (size_t)info.st_size;
    out->memory = mmap(NULL, out->bytes, PROT_READ, MAP_SHARED, file, 0);
    if (out->memory == MAP_FAILED) return false;
    if (take_tail(out, &header, id, faults)) return true;
    munmap(out->memory, out->bytes);
    return false;
}

bool mx_pack_map(mx_pack *out, const char *path, const mx_pack_id *id, mx_fault *faults) {
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *out = (mx_pack){0};
    if (file < 0) return false;
    const bool found = map_file(out, file, id, faults);
    close(file);
    if (!found) *out = (mx_pack){0};
    return found;
}

bool mx_pack_verify(const mx_pack *pack, const mx_pack_id *id) {
    const size_t bytes = mx_pack_picture_bytes(id);
    for (size_t i = 0; i < pack->n_good; i++) {
        uint32_t sum;
        memcpy(&sum, pack->sums + i * sizeof sum, sizeof sum);
        if (mx_pack_sum(pack->pixels + i * bytes, bytes) != sum) return false;
    }
    return true;
}
