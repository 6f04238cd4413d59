/* Pixels of a listed picture, wherever it is kept. */
#ifndef MX_DATA_PICTURE_H
#define MX_DATA_PICTURE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "base/status.h"
#include "data/source.h"

/* What one thread reads with: each has its own, and so opens each archive once. */
typedef struct mx_picture_reader {
    const mx_pictures *list;
    mx_zip **zips; /* one for each archive of the list, opened when needed */
    mx_buf bytes;
} mx_picture_reader;

/* Nothing is opened or allocated yet. */
void mx_picture_reader_init(mx_picture_reader *reader, const mx_pictures *list);
void mx_picture_reader_release(mx_picture_reader *reader);

/* Reads, decodes as `spec` says, converts to spec->channels and crops to the picture's box; of the
 * specification's size nothing is done but that a JPEG may come smaller (fast_decode, no box).
 * Released with mx_image_release. Fails with MX_DATA (the file or entry, the row of the labels and
 * the reason in the message) when the picture cannot be used, and with MX_MEMORY; *out is then
 * empty. */
mx_status mx_picture_read(mx_image *out, mx_picture_reader *reader, const mx_picture *picture,
                          const mx_data_spec *spec);

/* The picture's name without the folder or archive that its source is in, "" where it has none. */
const char *mx_picture_name(const mx_picture *picture);

/* Adds what decides a picture's pixels, the specification aside: path, size, time of change and
 * mode of its file, or the same of its archive and the entry's place; its box and its problem.
 * False when it has no file. `last` is the picture that was added before, or NULL; one of the same
 * archive does not look at the file again. */
bool mx_picture_add_identity(mx_sha256 *hash, const mx_picture *picture, const mx_picture *last);

#endif
