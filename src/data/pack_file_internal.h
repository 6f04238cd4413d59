/* The packed file byte by byte, for the one that maps it and the one that writes it. */
#ifndef MX_DATA_PACK_FILE_INTERNAL_H
#define MX_DATA_PACK_FILE_INTERNAL_H

#include "base/buf.h"
#include "base/sha256.h"
#include "data/pack_internal.h"

enum { MX_PACK_HEADER_BYTES = 4096 };

typedef enum mx_pack_state { MX_PACK_PARTIAL = 1, MX_PACK_COMPLETE = 2 } mx_pack_state;

/* The first bytes of the file; zeros follow up to MX_PACK_HEADER_BYTES. */
typedef struct mx_pack_header {
    char magic[8];
    uint32_t version, state;
    char key[2 * MX_SHA256_BYTES];
    uint64_t height, width, channels, count, chunk;
    uint64_t n_good, tail_bytes; /* 0 while partial */
    unsigned char tail_sha256[MX_SHA256_BYTES];
    unsigned char sha256[MX_SHA256_BYTES]; /* of the header up to here */
} mx_pack_header;

/* A header about `id`, without n_good, tail and digests. */
mx_pack_header mx_pack_header_of(const mx_pack_id *id, mx_pack_state state);
void mx_pack_header_seal(mx_pack_header *header);
/* True when `header` is sealed and, n_good and tail aside, the one of `id` and `state`. */
bool mx_pack_header_fits(const mx_pack_header *header, const mx_pack_id *id, mx_pack_state state);

/* A fault is its picture's index, the length of its reason and the reason. */
void mx_pack_put_fault(mx_buf *out, uint32_t index, const mx_fault *fault);

/* Reads the faults that fill `count` bytes, their indices rising from `first` and below `end`; sets
 * them in `faults` unless that is NULL. False, with nothing more set, at the first that is damaged.
 */
bool mx_pack_take_faults(mx_fault *faults, size_t *n_faults, size_t first, size_t end,
                         const char *bytes, size_t count);

uint32_t mx_pack_sum(const uint8_t *pixels, size_t count);

/* All bytes or false, whatever a signal interrupts. */
bool mx_pack_read_at(int file, void *bytes, size_t count, uint64_t at);
bool mx_pack_write_at(int file, const void *bytes, size_t count, uint64_t at);

#endif
