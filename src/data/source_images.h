/* Pictures by name, in what a source's `images` says: a folder or a .zip. */
#ifndef MX_DATA_SOURCE_IMAGES_H
#define MX_DATA_SOURCE_IMAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "data/source.h"

typedef struct mx_source_images {
    mx_pictures *list;
    const mx_source_spec *source;
    const mx_archive *archive; /* NULL: a folder */
    const char *top;           /* as mx_source_top of the archive */
    size_t top_bytes;
    struct mx_image_name *names; /* where case is ignored: all pictures, sorted */
    size_t n_names;
} mx_source_images;

/* Fails with MX_DATA when there is neither a folder nor an archive, otherwise as mx_zip_open; the
 * caller releases, also on failure. */
mx_status mx_source_images_open(mx_source_images *out, mx_pictures *list,
                                const mx_source_spec *source);
void mx_source_images_release(mx_source_images *images);

/* Sets the picture's path, archive and entry, or its problem: an empty name, one that points
 * outside, none or several such pictures. A file that is missing shows when it is read. In an
 * archive the folders at its top that all pictures share may be left out. Fails with MX_MEMORY. */
mx_status mx_source_images_find(mx_source_images *images, mx_picture *picture, const char *name);

/* False for what no collection counts among its pictures: other files, hidden ones, and the copies
 * of names that macOS puts into archives. */
bool mx_source_is_visible_picture(const char *path);

/* Bytes of the folder names, the last '/' included, that the names of all pictures in an archive
 * begin with; *name becomes one of these, or "". */
size_t mx_source_top(const mx_zip *zip, const char **name);

#endif
