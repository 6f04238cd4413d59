/* Where pictures and labels come from: a source turns its section into a list of pictures, which
 * data/pack.h then decodes. */
#ifndef MX_DATA_SOURCE_H
#define MX_DATA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/status.h"
#include "data/dataset.h"
#include "io/image.h"
#include "io/zip.h"

/* A part of a picture: pixels from the left upper corner, as labels have it. */
typedef struct mx_box {
    double x, y, width, height;
} mx_box;

/* A .zip that pictures are in. */
typedef struct mx_archive {
    size_t index; /* among the list's archives */
    char *path;
    mx_zip *zip; /* for listing; threads that read open their own */
} mx_archive;

/* A picture that is not packed yet; what it points to belongs to the list. */
typedef struct mx_picture {
    const mx_source_spec *source;
    const char *path;          /* the file, in an archive the entry's name, or NULL */
    const mx_archive *archive; /* that it is an entry of, or NULL */
    size_t entry;
    mx_image raw;           /* when there is no file: its pixels */
    const char *problem;    /* why it cannot be used, where listing finds out, or NULL */
    const char *class_name; /* what its label says; NULL when it has none or a number */
    const char *group;      /* pictures of one group stay on one side of a split, or NULL */
    int32_t label;          /* its class where that is a number; -1 when it has none or the text
                               decides */
    size_t row;             /* the line or row of source->labels that it comes from; 0: none */
    bool has_box;           /* only `box`, widened by source->margin, is used */
    mx_box box;
} mx_picture;

typedef struct mx_pictures {
    mx_picture *items;
    size_t count, capacity;
    mx_arena names;
    uint8_t **pixels; /* what `raw` points into */
    size_t n_pixels, pixels_capacity;
    mx_archive **archives;
    size_t n_archives, archives_capacity;
} mx_pictures;

/* Appends one picture. Fails with MX_MEMORY. */
mx_status mx_pictures_add(mx_pictures *list, mx_picture picture);

/* A copy of `text` that lives as long as the list. Fails with MX_MEMORY. */
mx_status mx_pictures_keep(mx_pictures *list, const char **out, const char *text);

/* Takes pixels that were allocated, also on failure, which is MX_MEMORY. */
mx_status mx_pictures_keep_pixels(mx_pictures *list, uint8_t *pixels);

/* The archive at `path`, opened when no source of the list has it yet. Fails as mx_zip_open. */
mx_status mx_pictures_open_archive(mx_pictures *list, const char *path, const mx_archive **out);

void mx_pictures_release(mx_pictures *list);

/* Append the pictures of a source, which must outlive the list: sorted by path bytewise for a
 * folder, in the order of the files otherwise. Fail with MX_DATA (missing or unreadable folder,
 * archive or file, no pictures, a class without pictures, images and labels that do not fit, a
 * column that is not there), MX_USAGE (a library that was left out of the build) or MX_MEMORY. What
 * is wrong with a single picture becomes its `problem`, or shows when it is read. */
mx_status mx_source_list_folder(mx_pictures *list, const mx_source_spec *source);
mx_status mx_source_list_archive(mx_pictures *list, const mx_source_spec *source);
mx_status mx_source_list_idx(mx_pictures *list, const mx_source_spec *source);
mx_status mx_source_list_table(mx_pictures *list, const mx_source_spec *source);
mx_status mx_source_list_cifar10(mx_pictures *list, const mx_source_spec *source);
mx_status mx_source_list_mafa(mx_pictures *list, const mx_source_spec *source);

/* True for the names that pictures have: .jpg, .jpeg and .png. */
bool mx_source_is_picture(const char *path);

/* True when an optional text of a source is set. */
static inline bool mx_source_has(const char *text) {
    return text && text[0];
}

#endif
