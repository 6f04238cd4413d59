/* Compiled programs on disk, for drivers that keep no cache of their own.
 *
 * clCreateProgramWithBinary may kill the process on damaged bytes, so a driver is handed only what
 * its envelope vouches for: magic, the SHA-256 of platform, device, versions, options and source,
 * the length, and the SHA-256 of the binary. Anything else is as good as absent. Files are written
 * whole or not at all. */
#ifndef MX_OCL_CACHE_H
#define MX_OCL_CACHE_H

#include <CL/cl.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "ocl/platform.h"

/* What a program is made of. */
typedef struct mx_program_key {
    unsigned char digest[MX_SHA256_BYTES];
} mx_program_key;

/* False for PoCL, which caches by itself. */
bool mx_program_cache_applies(const mx_device_info *info);

mx_program_key mx_program_key_of(const mx_device_info *info, const char *options,
                                 const mx_buf *source);

/* The built program, or NULL when it is not in the cache or does not fit. */
cl_program mx_program_cache_load(const mx_device_info *info, cl_context context,
                                 const mx_program_key *key, const char *options);

/* Stores a built program; a failure costs only the next start's time. */
void mx_program_cache_store(const mx_program_key *key, cl_program program);

/* The envelope alone, for tests: appends it with `binary` to `out`; and the binary inside `file`,
 * NULL unless all of it is in order. */
void mx_envelope_seal(mx_buf *out, const mx_program_key *key, const void *binary, size_t bytes);
const unsigned char *mx_envelope_open(const mx_buf *file, const mx_program_key *key, size_t *bytes);

#endif
