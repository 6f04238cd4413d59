/* SHA-256 (FIPS 180-4), for telling damaged or foreign cache files from good ones. */
#ifndef MX_BASE_SHA256_H
#define MX_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { MX_SHA256_BYTES = 32 };

typedef struct mx_sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    unsigned char block[64];
} mx_sha256;

void mx_sha256_init(mx_sha256 *hash);
void mx_sha256_add(mx_sha256 *hash, const void *bytes, size_t count);
/* Writes the digest; the hash is spent. */
void mx_sha256_finish(mx_sha256 *hash, unsigned char digest[MX_SHA256_BYTES]);

#endif
