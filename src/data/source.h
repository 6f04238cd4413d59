/* Where pictures and labels come from: a source turns its section into a list of pictures, which
 * data/pack.h then decodes. */
#ifndef MX_DATA_SOURCE_H
#define MX_DATA_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/status.h"
#include "data/dataset.h"
#include "io/idx.h"
#include "io/image.h"

/* A picture that is not packed yet; strings and pixels belong to the list. */
typedef struct mx_picture {
    const mx_source_spec *source;
    const char *path;       /* the file to decode, or NULL */
    mx_image raw;           /* when there is no file: its pixels, owned by a table of the list */
    const char *class_name; /* folders: its class; NULL when it has none. The same pointer for
                               pictures of one folder */
    int32_t label;          /* idx: its class; -1 when it has none or the name decides */
} mx_picture;

typedef struct mx_pictures {
    mx_picture *items;
    size_t count, capacity;
    mx_arena names;
    mx_idx *tables;
    size_t n_tables, tables_capacity;
} mx_pictures;

/* Appends one picture. Fails with MX_MEMORY. */
mx_status mx_pictures_add(mx_pictures *list, mx_picture picture);
void mx_pictures_release(mx_pictures *list);

/* Append the pictures of a source, which must outlive the list: for a folder sorted by path
 * bytewise, for IDX in file order. Fail with MX_DATA (missing or unreadable folder or file, no
 * pictures, a class without pictures, images and labels that do not fit) or MX_MEMORY. */
mx_status mx_source_list_folder(mx_pictures *list, const mx_source_spec *source);
mx_status mx_source_list_idx(mx_pictures *list, const mx_source_spec *source);

#endif
