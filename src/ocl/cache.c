#include "ocl/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"

static const char magic[8] = "mixclpb1";
enum {
    KEY_AT = sizeof magic,
    LENGTH_AT = KEY_AT + MX_SHA256_BYTES,
    DIGEST_AT = LENGTH_AT + 8,
    BINARY_AT = DIGEST_AT + MX_SHA256_BYTES,
    FILE_LIMIT = 64 << 20
};

bool mx_program_cache_applies(const mx_device_info *info) {
    return strstr(info->platform_name, "Portable Computing Language") == NULL;
}

static void add_text(mx_sha256 *hash, const char *text) {
    mx_sha256_add(hash, text, strlen(text) + 1);
}

mx_program_key mx_program_key_of(const mx_device_info *info, const char *options,
                                 const mx_buf *source) {
    mx_program_key key;
    mx_sha256 hash;
    mx_sha256_init(&hash);
    add_text(&hash, info->platform_name);
    add_text(&hash, info->name);
    add_text(&hash, info->version);
    add_text(&hash, info->driver);
    add_text(&hash, options);
    mx_sha256_add(&hash, mx_buf_text(source), source->length);
    mx_sha256_finish(&hash, key.digest);
    return key;
}

static void digest_of(const void *bytes, size_t count, unsigned char *digest) {
    mx_sha256 hash;
    mx_sha256_init(&hash);
    mx_sha256_add(&hash, bytes, count);
    mx_sha256_finish(&hash, digest);
}

void mx_envelope_seal(mx_buf *out, const mx_program_key *key, const void *binary, size_t bytes) {
    unsigned char length[8], digest[MX_SHA256_BYTES];
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)bytes >> (8 * i));
    digest_of(binary, bytes, digest);
    mx_buf_append(out, magic, sizeof magic);
    mx_buf_append(out, key->digest, sizeof key->digest);
    mx_buf_append(out, length, sizeof length);
    mx_buf_append(out, digest, sizeof digest);
    mx_buf_append(out, binary, bytes);
}

const unsigned char *mx_envelope_open(const mx_buf *file, const mx_program_key *key,
                                      size_t *bytes) {
    const unsigned char *at = (const unsigned char *)mx_buf_text(file);
    unsigned char digest[MX_SHA256_BYTES];
    uint64_t length = 0;
    if (file->length <= BINARY_AT || memcmp(at, magic, sizeof magic) != 0) return NULL;
    if (memcmp(at + KEY_AT, key->digest, sizeof key->digest) != 0) return NULL;
    for (int i = 0; i < 8; i++)
        length |= (uint64_t)at[LENGTH_AT + i] << (8 * i);
    if (length != file->length - BINARY_AT) return NULL;
    digest_of(at + BINARY_AT, (size_t)length, digest);
    if (memcmp(at + DIGEST_AT, digest, sizeof digest) != 0) return NULL;
    *bytes = (size_t)length;
    return at + BINARY_AT;
}

/* "FOLDER/program-HEX", released with free(). */
static mx_status path_of(const mx_program_key *key, char **out) {
    char *folder = NULL, name[16 + 2 * MX_SHA256_BYTES] = "program-";
    MX_TRY(mx_cache_folder(&folder));
    for (int i = 0; i < MX_SHA256_BYTES; i++)
        snprintf(name + strlen(name), 3, "%02x", key->digest[i]);
    const mx_status status = mx_path_join(out, folder, name);
    free(folder);
    return status;
}

static cl_program build_binary(const mx_device_info *info, cl_context context,
                               const unsigned char *binary, size_t bytes, const char *options) {
    cl_int code = CL_SUCCESS, accepted = CL_SUCCESS;
    cl_device_id device = info->device;
    cl_program program =
        clCreateProgramWithBinary(context, 1, &device, &bytes, &binary, &accepted, &code);
    if (!program) return NULL;
    if (code == CL_SUCCESS && accepted == CL_SUCCESS &&
        clBuildProgram(program, 1, &device, options, NULL, NULL) == CL_SUCCESS)
        return program;
    clReleaseProgram(program);
    return NULL;
}

cl_program mx_program_cache_load(const mx_device_info *info, cl_context context,
                                 const mx_program_key *key, const char *options) {
    char *path = NULL;
    mx_buf file = {0};
    cl_program program = NULL;
    size_t bytes = 0;
    if (path_of(key, &path) == MX_OK && mx_file_exists(path) &&
        mx_read_file(&file, path, FILE_LIMIT) == MX_OK) {
        const unsigned char *binary = mx_envelope_open(&file, key, &bytes);
        if (binary) program = build_binary(info, context, binary, bytes, options);
        if (!program) mx_debug("cached program '%s' does not fit; compiling it anew", path);
    }
    mx_buf_release(&file);
    free(path);
    return program;
}

void mx_program_cache_store(const mx_program_key *key, cl_program program) {
    size_t bytes = 0;
    unsigned char *binary = NULL;
    char *path = NULL;
    mx_buf file = {0};
    mx_status status = MX_OK;
    if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof bytes, &bytes, NULL) !=
            CL_SUCCESS ||
        bytes == 0)
        return;
    MX_GO(mx_alloc(&binary, bytes, 1));
    if (clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) != CL_SUCCESS)
        goto done;
    mx_envelope_seal(&file, key, binary, bytes);
    MX_GO(mx_buf_check(&file));
    MX_GO(path_of(key, &path));
    MX_GO(mx_write_atomic(path, file.data, file.length));
done:
    if (status != MX_OK) mx_debug("program not cached: %s", mx_error());
    mx_buf_release(&file);
    free(binary);
    free(path);
}
