/* Zip archives for reading: stored and deflated entries, zip64, by libzip. What an archive says is
 * not trusted: sizes are checked against limits before memory is asked for, data against its CRC.
 * One mx_zip belongs to one thread at a time; open the file once for each thread. Different ones
 * share nothing, so that threads may read at the same time. */
#ifndef MX_IO_ZIP_H
#define MX_IO_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

typedef struct mx_zip mx_zip;

/* True when the file at `path` begins as a zip archive does; false also when it cannot be read. */
bool mx_zip_sniff(const char *path);

/* Opens an archive and reads its directory. Fails with MX_DATA ("cannot open 'FILE': reason") when
 * it is no regular readable file, empty, no archive, cut short, its directory lies (packed sizes
 * that the file cannot hold, stored entries of two sizes), two entries have the same name, or an
 * entry's name points outside (absolute, or with a ".." part), with MX_MEMORY, and with MX_USAGE
 * when mixcl was built without libzip; *out is then NULL. */
mx_status mx_zip_open(mx_zip **out, const char *path);
void mx_zip_close(mx_zip *zip);

/* Entries that are files, in the order of the directory; folders are left out. */
size_t mx_zip_count(const mx_zip *zip);
/* The entry's name in UTF-8, '/' between its parts even where the archive has '\', '?' for control
 * characters; belongs to the archive. */
const char *mx_zip_name(const mx_zip *zip, size_t entry);
/* The entry's size once unpacked, as the directory says. */
uint64_t mx_zip_size(const mx_zip *zip, size_t entry);
/* The entry called `name`, or mx_zip_count when there is none. */
size_t mx_zip_find(const mx_zip *zip, const char *name);

/* Appends an entry's bytes to `out`, which is as before on failure, its memory aside. Fails with
 * MX_DATA ("cannot read 'NAME' in 'FILE': reason") when it is encrypted, packed by another method
 * than stored or deflate, larger than `limit`, larger than 1 MiB and over 200 times its packed size
 * (a bomb), damaged or cut short, and with MX_MEMORY. */
mx_status mx_zip_read(mx_zip *zip, size_t entry, mx_buf *out, uint64_t limit);

#endif
