/* The packed file: pictures of one size, one after the other, as bytes to be mapped.
 *
 *     header    4096 bytes: magic, version, state, key, sizes, SHA-256 of the tail and of itself
 *     pixels    height x width x channels bytes for each picture that could be used
 *     tail      CRC-32 of each of these, then index and reason of each that could not
 *
 * While it is written it is called KEY.partial: a slot for every picture, then a record for every
 * finished chunk with CRC-32s and reasons, so that what a kill leaves behind is verified and taken
 * up again. Numbers have the machine's byte order. */
#ifndef MX_DATA_PACK_FILE_H
#define MX_DATA_PACK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct mx_fault;

/* What a file must be about. */
typedef struct mx_pack_id {
    const char *key; /* 64 hexadecimal digits */
    int height, width, channels;
    size_t count; /* pictures, those included that cannot be used */
} mx_pack_id;

/* A finished file, mapped. */
typedef struct mx_pack {
    void *memory;
    size_t bytes;
    const uint8_t *pixels;
    size_t n_good;
    const char *sums; /* CRC-32 of each picture, 4 bytes each, unaligned */
} mx_pack;

/* Bytes a picture, and pictures a chunk. */
size_t mx_pack_picture_bytes(const mx_pack_id *id);
size_t mx_pack_chunk(const mx_pack_id *id);

/* Maps `path` when it is a whole file of that identity, and sets the faults that it records, one
 * per picture. False, with nothing set, when it is absent, cut short, damaged or about something
 * else. The pixels themselves are verified by mx_pack_verify. Release with munmap. */
bool mx_pack_map(mx_pack *out, const char *path, const mx_pack_id *id, struct mx_fault *faults);

/* True when every picture has its CRC-32. */
bool mx_pack_verify(const mx_pack *pack, const mx_pack_id *id);

typedef struct mx_pack_writer mx_pack_writer;

/* Opens and locks FOLDER/KEY.partial: waits, saying so, while another process writes it. That one
 * may have finished the file then, so look for it again. Fails with MX_WRITE or MX_MEMORY. */
mx_status mx_pack_writer_open(mx_pack_writer **out, const char *folder, const mx_pack_id *id);

/* Takes up what a killed process has left, sets the faults that it recorded, and reserves the space
 * for all pictures. Comes before the calls below. Fails with MX_WRITE or MX_MEMORY. */
mx_status mx_pack_writer_begin(mx_pack_writer *writer, struct mx_fault *faults);

/* True when the chunk was taken from an earlier file. */
bool mx_pack_writer_has(const mx_pack_writer *writer, size_t chunk);

/* Writes a chunk's slots; faults are its pictures' own. Threads may write at the same time. */
mx_status mx_pack_writer_put(mx_pack_writer *writer, size_t chunk, const uint8_t *pixels,
                             const struct mx_fault *faults);

/* Closes the gaps of pictures that cannot be used, and renames the file to KEY.pack. */
mx_status mx_pack_writer_finish(mx_pack_writer *writer, const struct mx_fault *faults);

/* Releases; a file that is not finished is removed. */
void mx_pack_writer_close(mx_pack_writer *writer);

#endif
