/* TensorFlow's record format, of which event files are made: for each record its length (8 bytes,
 * little-endian), a checksum of these 8 bytes, the record, a checksum of the record. A checksum is
 * a masked CRC-32C of 4 bytes. */
#ifndef MX_IO_TFRECORD_H
#define MX_IO_TFRECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* What stands before a record and after it, in bytes. */
enum { MX_TFRECORD_HEAD = 12, MX_TFRECORD_TAIL = 4 };

/* CRC-32C (Castagnoli; RFC 3720, appendix B.4). */
uint32_t mx_crc32c(const void *bytes, size_t count);
/* The form in which a checksum is stored, so that a checksum of data with checksums does no harm.
 */
uint32_t mx_tfrecord_mask(uint32_t crc);

/* Appends `count` bytes as a record. */
void mx_tfrecord_append(mx_buf *out, const void *bytes, size_t count);

#endif
