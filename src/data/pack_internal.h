/* What the files pack*.c share. */
#ifndef MX_DATA_PACK_INTERNAL_H
#define MX_DATA_PACK_INTERNAL_H

#include "base/buf.h"
#include "base/sha256.h"
#include "data/pack.h"
#include "data/pack_file.h"
#include "data/pack_run.h"

/* The key of the list's packed file, as text; false when the list has pictures without a file. */
bool mx_pack_key(char key[2 * MX_SHA256_BYTES + 1], const mx_data_spec *spec,
                 const mx_pictures *list);

/* Writes one CSV row for every fault, after a header. Fails with MX_WRITE or MX_MEMORY. */
mx_status mx_pack_write_report(const char *path, const mx_fault *faults, const mx_pictures *list);

#endif
