#include "data/classes.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

/* A message lists no more classes than this. */
enum { MAX_LISTED = 20 };

typedef struct names {
    const char **items;
    size_t count, capacity;
} names;

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The class that the picture's label stands for: after the label_map, NULL where that leaves it out
 * or the label is empty. */
static const char *class_of(const mx_picture *picture) {
    const mx_source_spec *source = picture->source;
    const char *text = picture->class_name;
    const size_t length = strlen(text);
    for (int i = 0; i < source->n_label_map; i++) {
        const char *colon = strrchr(source->label_map[i], ':');
        if (colon && (size_t)(colon - source->label_map[i]) == length &&
            memcmp(source->label_map[i], text, length) == 0)
            return colon + 1;
    }
    return source->n_label_map > 0 || length == 0 ? NULL : text;
}

static bool names_classes(const mx_picture *picture) {
    return picture->source->split != MX_SPLIT_UNLABELLED;
}

static void sort_distinct(names *found) {
    size_t kept = 0;
    if (found->count == 0) return;
    qsort(found->items, found->count, sizeof *found->items, by_bytes);
    for (size_t i = 0; i < found->count; i++)
        if (kept == 0 || strcmp(found->items[i], found->items[kept - 1]) != 0)
            found->items[kept++] = found->items[i];
    found->count = kept;
}

/* The distinct classes that training and test pictures name, sorted; the largest label of those
 * that have a number alone, or -1. */
static mx_status collect(names *found, int *largest, const mx_pictures *list) {
    const char *last = NULL;
    *largest = -1;
    for (size_t i = 0; i < list->count; i++) {
        const mx_picture *picture = &list->items[i];
        if (!names_classes(picture)) continue;
        if (!picture->class_name && picture->label > *largest) *largest = picture->label;
        if (!picture->class_name || picture->class_name == last) continue;
        last = picture->class_name;
        const char *name = class_of(picture);
        if (!name) continue;
        MX_TRY(mx_grow(&found->items, &found->capacity, found->count + 1, sizeof *found->items));
        found->items[found->count++] = name;
    }
    sort_distinct(found);
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
        status =
            mx_fail(MX_DATA, "sources with named and with numbered classes together need [data] "
                             "classes, the names in label order");
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

/* "FILE:ROW: " where a row of labels is at fault. */
static void put_row(mx_buf *out, const mx_picture *picture) {
    if (picture->row > 0 && mx_source_has(picture->source->labels))
        mx_buf_printf(out, "%s:%zu: ", picture->source->labels, picture->row);
}

static mx_status fail_unknown(const mx_dataset *dataset, const mx_picture *picture) {
    const mx_source_spec *source = picture->source;
    mx_buf known = {0}, row = {0};
    const char *listed = list_names(&known, dataset);
    put_row(&row, picture);
    const char *at = mx_buf_text(&row), *text = picture->class_name;
    if (!text || picture->label >= 0)
        mx_fail(MX_DATA, "%slabel %d is outside the %d classes (%s)", at, (int)picture->label,
                dataset->n_classes, listed);
    else if (source->n_label_map > 0)
        mx_fail(MX_DATA,
                "%slabel '%s' is not in label_map of [source.%s], or stands there for none of the "
                "classes (%s)",
                at, text, source->name, listed);
    else
        mx_fail(MX_DATA,
                "%sclass '%s' of source '%s' ('%s') is not one of the classes (%s); "
                "label_other = drop leaves such pictures out",
                at, text, source->name, source->images, listed);
    mx_buf_release(&known);
    mx_buf_release(&row);
    return MX_DATA;
}

/* The class called `name`; where the configuration lists the classes, also the one of that number.
 * -1 when there is none. */
static int32_t find_class(const mx_dataset *dataset, const mx_data_spec *spec, const char *name) {
    const size_t length = strlen(name);
    for (int i = 0; i < dataset->n_classes; i++)
        if (strcmp(dataset->class_names[i], name) == 0) return i;
    if (!spec->classes || length == 0 || length > 9 || name[strspn(name, "0123456789")] != '\0')
        return -1;
    const long number = strtol(name, NULL, 10);
    return number < dataset->n_classes ? (int32_t)number : -1;
}

static mx_label_other other_of(const mx_source_spec *source) {
    if (source->label_other != MX_LABEL_OTHER_AUTO) return source->label_other;
    /* One label for a whole folder that is no class is a slip. */
    if (source->split == MX_SPLIT_UNLABELLED && source->kind != MX_SOURCE_FOLDER)
        return MX_LABEL_OTHER_UNLABELLED;
    return source->n_label_map > 0 ? MX_LABEL_OTHER_DROP : MX_LABEL_OTHER_FAIL;
}

/* The label that a picture has or names, -1 for none of the classes. */
static int32_t label_of(const mx_dataset *dataset, const mx_data_spec *spec,
                        const mx_picture *picture) {
    /* CIFAR-10 has names of its own, unless the configuration gives others. */
    const bool by_number = picture->label >= 0 && (spec->classes || !picture->class_name);
    if (by_number) return picture->label < dataset->n_classes ? picture->label : -1;
    const char *name = picture->class_name ? class_of(picture) : NULL;
    return name ? find_class(dataset, spec, name) : -1;
}

static void tell_dropped(const mx_source_spec *source, size_t count) {
    if (count > 0)
        mx_info("source '%s': left out %zu pictures whose label is none of the classes",
                source->name, count);
}

/* Labels every picture, and takes those from the list whose labels are to be dropped. */
static mx_status set_labels(const mx_dataset *dataset, const mx_data_spec *spec,
                            mx_pictures *list) {
    mx_picture last = {0}; /* as listed, and its label */
    int32_t last_label = -1;
    size_t kept = 0, n_dropped = 0;
    for (size_t i = 0; i < list->count; i++) {
        mx_picture picture = list->items[i];
        if (picture.source != last.source && i > 0) tell_dropped(last.source, n_dropped);
        if (picture.source != last.source) n_dropped = 0;
        const bool same = picture.source == last.source && picture.class_name &&
                          picture.class_name == last.class_name && picture.label == last.label;
        last = picture;
        const bool has_label = picture.class_name || picture.label >= 0;
        if (!same) last_label = label_of(dataset, spec, &picture);
        if (has_label && last_label < 0 && other_of(picture.source) == MX_LABEL_OTHER_FAIL)
            return fail_unknown(dataset, &picture);
        if (has_label && last_label < 0 && other_of(picture.source) == MX_LABEL_OTHER_DROP) {
            n_dropped++;
            continue;
        }
        picture.label = has_label ? last_label : -1;
        list->items[kept++] = picture;
    }
    if (list->count > 0) tell_dropped(last.source, n_dropped);
    list->count = kept;
    if (kept == 0) return mx_fail(MX_DATA, "no picture has a label that is one of the classes");
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
    return set_labels(dataset, spec, list);
}
