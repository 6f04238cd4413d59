/* Pictures in a .zip: as source_folder.c, the folders inside of it being the classes. */
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "data/source.h"
#include "data/source_images.h"

typedef struct archive_scan {
    mx_pictures *list;
    const mx_source_spec *source;
    const mx_archive *archive;
    size_t top;      /* bytes of the names before the class folders */
    size_t n_loose;  /* pictures in no class folder */
    mx_picture last; /* whose texts the next picture may share */
} archive_scan;

static int by_path(const void *a, const void *b) {
    return strcmp(((const mx_picture *)a)->path, ((const mx_picture *)b)->path);
}

/* The folders that all pictures share; the last of them is the class where nothing else can be. */
static size_t find_top(const mx_zip *zip) {
    const char *name;
    size_t top = mx_source_top(zip, &name);
    for (size_t i = 0; i < mx_zip_count(zip); i++)
        if (mx_source_is_visible_picture(mx_zip_name(zip, i)) &&
            strchr(mx_zip_name(zip, i) + top, '/'))
            return top;
    if (top > 0) do
            top--;
        while (top > 0 && name[top - 1] != '/');
    return top;
}

/* `length` bytes of `text` into *out, which is `last` where that says the same. */
static mx_status keep_part(mx_pictures *list, const char **out, const char *last, const char *text,
                           size_t length) {
    if (last && strlen(last) == length && memcmp(last, text, length) == 0) {
        *out = last;
        return MX_OK;
    }
    mx_buf part = {0};
    mx_buf_append(&part, text, length);
    mx_status status = mx_buf_check(&part);
    if (status == MX_OK) status = mx_pictures_keep(list, out, mx_buf_text(&part));
    mx_buf_release(&part);
    return status;
}

/* The folder that the entry is in. */
static mx_status set_group(archive_scan *scan, mx_picture *picture) {
    const char *name = mx_path_name(picture->path), *start = name;
    if (!mx_source_has(scan->source->group) || name == picture->path) return MX_OK;
    for (start--; start > picture->path && start[-1] != '/';)
        start--;
    return keep_part(scan->list, &picture->group, scan->last.group, start,
                     (size_t)(name - 1 - start));
}

static mx_status add_entry(archive_scan *scan, size_t entry, const char *label, bool has_classes) {
    const char *name = mx_zip_name(scan->archive->zip, entry);
    const char *slash = strchr(name + scan->top, '/');
    mx_picture picture = {.source = scan->source,
                          .path = name,
                          .archive = scan->archive,
                          .entry = entry,
                          .class_name = label,
                          .label = -1};
    if (has_classes && !slash) {
        scan->n_loose++;
        return MX_OK;
    }
    if (has_classes)
        MX_TRY(keep_part(scan->list, &picture.class_name, scan->last.class_name, name + scan->top,
                         (size_t)(slash - name) - scan->top));
    MX_TRY(set_group(scan, &picture));
    scan->last = picture;
    return mx_pictures_add(scan->list, picture);
}

static mx_status check_found(const archive_scan *scan, size_t found) {
    const mx_source_spec *source = scan->source;
    if (found == 0 && scan->n_loose > 0)
        return mx_fail(MX_DATA,
                       "'%s' has %zu pictures but no class folders; set label = CLASS in "
                       "[source.%s], or pack one folder per class",
                       source->images, scan->n_loose, source->name);
    if (found == 0)
        return mx_fail(MX_DATA, "no pictures (.jpg, .jpeg, .png) in '%s'", source->images);
    if (scan->n_loose > 0)
        mx_warn("source '%s': ignored %zu pictures in '%s' that are in no class folder",
                source->name, scan->n_loose, source->images);
    return MX_OK;
}

mx_status mx_source_list_archive(mx_pictures *list, const mx_source_spec *source) {
    archive_scan scan = {.list = list, .source = source};
    const size_t start = list->count;
    const char *label = mx_source_has(source->label) ? source->label : NULL;
    const bool has_classes = !label && source->split != MX_SPLIT_UNLABELLED;
    MX_TRY(mx_pictures_open_archive(list, source->images, &scan.archive));
    const mx_zip *zip = scan.archive->zip;
    scan.top = find_top(zip);
    for (size_t i = 0; i < mx_zip_count(zip); i++)
        if (mx_source_is_visible_picture(mx_zip_name(zip, i)))
            MX_TRY(add_entry(&scan, i, label, has_classes));
    MX_TRY(check_found(&scan, list->count - start));
    qsort(list->items + start, list->count - start, sizeof *list->items, by_path);
    return MX_OK;
}
