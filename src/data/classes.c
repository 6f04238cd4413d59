#include "data/classes.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* A message lists no more classes than this. */
enum { MAX_LISTED = 20 };

typedef struct names {
    const char **items;
    size_t count, capacity;
} names;

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The distinct class names of the training and test folders, sorted; largest IDX label or -1. */
static mx_status collect(names *found, int *largest, const mx_pictures *list) {
    const char *last = NULL;
    *largest = -1;
    for (size_t i = 0; i < list->count; i++) {
        const mx_picture *picture = &list->items[i];
        if (picture->source->split == MX_SPLIT_UNLABELLED) continue;
        if (picture->label > *largest) *largest = picture->label;
        if (!picture->class_name || picture->class_name == last) continue;
        last = picture->class_name;
        MX_TRY(mx_grow(&found->items, &found->capacity, found->count + 1, sizeof *found->items));
        found->items[found->count++] = last;
    }
    if (found->count == 0) return MX_OK;
    qsort(found->items, found->count, sizeof *found->items, by_bytes);
    size_t kept = 1;
    for (size_t i = 1; i < found->count; i++)
        if (strcmp(found->items[i], found->items[kept - 1]) != 0)
            found->items[kept++] = found->items[i];
    found->count = kept;
    return MX_OK;
}

static mx_status copy_names(mx_dataset *dataset, const char *const *items, int count) {
    MX_TRY(mx_alloc(&dataset->class_names, (size_t)count, sizeof *dataset->class_names));
    dataset->n_classes = count;
    for (int i = 0; i < count; i++)
        MX_TRY(mx_strdup(&dataset->class_names[i], items[i]));
    return MX_OK;
}

static mx_status number_names(mx_dataset *dataset, int count) {
    MX_TRY(mx_alloc(&dataset->class_names, (size_t)count, sizeof *dataset->class_names));
    dataset->n_classes = count;
    for (int i = 0; i < count; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        MX_TRY(mx_strdup(&dataset->class_names[i], text));
    }
    return MX_OK;
}

static mx_status names_from_sources(mx_dataset *dataset, const mx_pictures *list) {
    names found = {0};
    int largest = -1;
    mx_status status = MX_OK;
    MX_GO(collect(&found, &largest, list));
    if (found.count > 0 && largest >= 0)
        status = mx_fail(MX_DATA, "folder and IDX sources together need [data] classes, the names "
                                  "in label order");
    else if (largest >= 0)
        status = number_names(dataset, largest + 1);
    else
        status = copy_names(dataset, found.items, (int)found.count);
done:
    free(found.items);
    return status;
}

/* "(a, b, c)" into `out`. */
static const char *list_names(mx_buf *out, const mx_dataset *dataset) {
    for (int i = 0; i < dataset->n_classes && i < MAX_LISTED; i++)
        mx_buf_printf(out, "%s%s", i ? ", " : "", dataset->class_names[i]);
    if (dataset->n_classes > MAX_LISTED) mx_buf_puts(out, ", ...");
    return mx_buf_text(out);
}

static mx_status fail_unknown(const mx_dataset *dataset, const mx_picture *picture) {
    const mx_source_spec *source = picture->source;
    mx_buf known = {0};
    const char *listed = list_names(&known, dataset);
    if (picture->class_name)
        mx_fail(MX_DATA, "class '%s' of source '%s' ('%s') is not one of the classes (%s)",
                picture->class_name, source->name, source->images, listed);
    else
        mx_fail(MX_DATA, "label %d in '%s' is outside the %d classes (%s)", (int)picture->label,
                source->labels, dataset->n_classes, listed);
    mx_buf_release(&known);
    return MX_DATA;
}

static int32_t find_class(const mx_dataset *dataset, const char *name) {
    for (int i = 0; i < dataset->n_classes; i++)
        if (strcmp(dataset->class_names[i], name) == 0) return i;
    return -1;
}

static mx_status set_labels(const mx_dataset *dataset, mx_pictures *list) {
    const char *last_name = NULL;
    int32_t last_label = -1;
    for (size_t i = 0; i < list->count; i++) {
        mx_picture *picture = &list->items[i];
        if (picture->class_name) {
            if (picture->class_name != last_name) {
                last_name = picture->class_name;
                last_label = find_class(dataset, last_name);
            }
            picture->label = last_label;
        }
        const bool is_unknown =
            picture->class_name ? picture->label < 0 : picture->label >= dataset->n_classes;
        if (is_unknown) return fail_unknown(dataset, picture);
    }
    return MX_OK;
}

mx_status mx_classes_resolve(mx_dataset *dataset, const mx_data_spec *spec, mx_pictures *list) {
    if (spec->classes)
        MX_TRY(copy_names(dataset, spec->classes, spec->n_classes));
    else
        MX_TRY(names_from_sources(dataset, list));
    if (dataset->n_classes < 2)
        return mx_fail(MX_DATA, "%s%s; a classifier needs at least two classes",
                       dataset->n_classes ? "the only class is " : "the sources name no class",
                       dataset->n_classes ? dataset->class_names[0] : "");
    return set_labels(dataset, list);
}
