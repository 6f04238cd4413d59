/* IDX, the file format of MNIST and its relatives (Y. LeCun, "The MNIST database"), of unsigned
 * bytes: two zero bytes, the type 0x08, the rank, the sizes as big-endian 32-bit words, the
 * elements with the last index running fastest. gzip or plain. */
#ifndef MX_IO_IDX_H
#define MX_IO_IDX_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { MX_IDX_MAX_RANK = 4 };

typedef struct mx_idx {
    int rank;                        /* 1 labels, 3 pictures (N, H, W), 4 pictures (N, H, W, C) */
    uint32_t sizes[MX_IDX_MAX_RANK]; /* 1 from `rank` on */
    uint8_t *bytes;                  /* product of `sizes` elements */
} mx_idx;

/* Reads a whole file of at most `limit` elements; released with mx_idx_release. Fails with MX_DATA
 * (file and byte in the message; bytes count after decompression) when it cannot be read, is no
 * such file, is cut short, too large, or goes on after the last element, and with MX_MEMORY; *out
 * is then empty. */
mx_status mx_idx_read(mx_idx *out, const char *path, size_t limit);
void mx_idx_release(mx_idx *idx);

#endif
