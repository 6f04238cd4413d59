/* A folder of pictures: one sub-folder a class, or one class (or none) for all. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/log.h"
#include "data/source.h"

typedef struct folder_scan {
    mx_pictures *list;
    const mx_source_spec *source;
    size_t n_other; /* files that are no pictures */
    size_t n_loose; /* pictures beside the class folders, which have no class */
} folder_scan;

/* The folders that a walk is inside of: symbolic links may lead back into one of them. */
typedef struct ancestors {
    dev_t device;
    ino_t node;
    const struct ancestors *outer;
} ancestors;

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const mx_picture *)a)->path, ((const mx_picture *)b)->path);
}

static mx_status add_picture(folder_scan *scan, const char *path, const char *class_name,
                             const char *group) {
    mx_picture picture = {
        .source = scan->source, .class_name = class_name, .group = group, .label = -1};
    MX_TRY(mx_pictures_keep(scan->list, &picture.path, path));
    return mx_pictures_add(scan->list, picture);
}

/* The visible entries of a folder sorted bytewise; each and the list are released with free(). */
static mx_status read_folder(struct dirent ***entries, int *count, const char *folder) {
    *count = scandir(folder, entries, is_visible, by_name);
    if (*count >= 0) return MX_OK;
    *count = 0;
    *entries = NULL;
    return mx_fail(errno == ENOMEM ? MX_MEMORY : MX_DATA, "cannot read folder '%s': %s", folder,
                   strerror(errno));
}

static void free_entries(struct dirent **entries, int count) {
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

/* Adds the pictures in and below `folder`. */
static mx_status walk(folder_scan *scan, const char *folder, const char *class_name,
                      const ancestors *outer) {
    struct dirent **entries = NULL;
    int count = 0;
    struct stat info;
    char *path = NULL;
    const char *group = NULL;
    mx_status status = MX_OK;
    if (stat(folder, &info) != 0)
        return mx_fail(MX_DATA, "cannot read folder '%s': %s", folder, strerror(errno));
    const ancestors self = {.device = info.st_dev, .node = info.st_ino, .outer = outer};
    for (const ancestors *a = outer; a; a = a->outer)
        if (a->device == self.device && a->node == self.node)
            return mx_fail(MX_DATA, "folder '%s' contains itself through a symbolic link", folder);
    if (mx_source_has(scan->source->group))
        MX_TRY(mx_pictures_keep(scan->list, &group, mx_path_name(folder)));
    MX_TRY(read_folder(&entries, &count, folder));
    for (int i = 0; i < count; i++) {
        MX_GO(mx_path_join(&path, folder, entries[i]->d_name));
        if (mx_is_folder(path))
            MX_GO(walk(scan, path, class_name, &self));
        else if (mx_source_is_picture(path))
            MX_GO(add_picture(scan, path, class_name, group));
        else
            scan->n_other++;
        free(path);
        path = NULL;
    }
done:
    free(path);
    free_entries(entries, count);
    return status;
}

static mx_status walk_class(folder_scan *scan, const char *folder, const char *name) {
    const size_t start = scan->list->count;
    const char *class_name = NULL;
    MX_TRY(mx_pictures_keep(scan->list, &class_name, name));
    MX_TRY(walk(scan, folder, class_name, NULL));
    if (scan->list->count > start) return MX_OK;
    return mx_fail(MX_DATA,
                   "class folder '%s' holds no pictures (.jpg, .jpeg, .png); add some or remove it",
                   folder);
}

static mx_status walk_classes(folder_scan *scan) {
    const char *root = scan->source->images;
    struct dirent **entries = NULL;
    int count = 0;
    char *path = NULL;
    mx_status status = MX_OK;
    MX_TRY(read_folder(&entries, &count, root));
    for (int i = 0; i < count; i++) {
        MX_GO(mx_path_join(&path, root, entries[i]->d_name));
        if (mx_is_folder(path))
            MX_GO(walk_class(scan, path, entries[i]->d_name));
        else if (mx_source_is_picture(path))
            scan->n_loose++;
        else
            scan->n_other++;
        free(path);
        path = NULL;
    }
done:
    free(path);
    free_entries(entries, count);
    return status;
}

static mx_status check_found(const folder_scan *scan, size_t found) {
    const mx_source_spec *source = scan->source;
    if (found == 0 && scan->n_loose > 0)
        return mx_fail(MX_DATA,
                       "'%s' has %zu pictures but no class folders; move them into one folder per "
                       "class, or set label = CLASS in [source.%s]",
                       source->images, scan->n_loose, source->name);
    if (found == 0)
        return mx_fail(MX_DATA, "no pictures (.jpg, .jpeg, .png) in '%s', and %zu other files",
                       source->images, scan->n_other);
    if (scan->n_loose > 0)
        mx_warn("source '%s': ignored %zu pictures in '%s' that are in no class folder",
                source->name, scan->n_loose, source->images);
    if (scan->n_other > 0)
        mx_debug("source '%s': ignored %zu files in '%s' that are no pictures", source->name,
                 scan->n_other, source->images);
    return MX_OK;
}

mx_status mx_source_list_folder(mx_pictures *list, const mx_source_spec *source) {
    folder_scan scan = {.list = list, .source = source};
    const size_t start = list->count;
    const char *label = mx_source_has(source->label) ? source->label : NULL;
    if (mx_zip_sniff(source->images)) return mx_source_list_archive(list, source);
    if (!label && source->split != MX_SPLIT_UNLABELLED)
        MX_TRY(walk_classes(&scan));
    else
        MX_TRY(walk(&scan, source->images, label, NULL));
    MX_TRY(check_found(&scan, list->count - start));
    qsort(list->items + start, list->count - start, sizeof *list->items, by_path);
    return MX_OK;
}
