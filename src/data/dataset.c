#include "data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "data/classes.h"
#include "data/pack.h"
#include "data/picture.h"
#include "data/source.h"
#include "data/split.h"

static mx_status list_sources(mx_pictures *list, const mx_source_spec *sources, int n_sources) {
    static mx_status (*const list_one[])(mx_pictures *, const mx_source_spec *) = {
        [MX_SOURCE_FOLDER] = mx_source_list_folder,
        [MX_SOURCE_IDX] = mx_source_list_idx,
        [MX_SOURCE_TABLE] = mx_source_list_table,
        [MX_SOURCE_CIFAR10] = mx_source_list_cifar10,
        [MX_SOURCE_MAFA] = mx_source_list_mafa};
    for (int i = 0; i < n_sources; i++) {
        const mx_source_spec *source = &sources[i];
        MX_TRY(mx_context(list_one[source->kind](list, source), "source '%s'", source->name));
    }
    if (list->count == 0)
        return mx_fail(MX_DATA, "no pictures; the configuration has no [source.NAME] section");
    /* Row lists and the arithmetic of the split hold that many. */
    if (list->count > INT32_MAX)
        return mx_fail(MX_DATA, "%zu pictures, at most %d are supported", list->count, INT32_MAX);
    return MX_OK;
}

static mx_status split(mx_dataset *dataset, const mx_data_spec *spec, const mx_pictures *list) {
    uint8_t *origin = NULL;
    const char **groups = NULL;
    bool has_groups = false;
    mx_status status;
    MX_GO(mx_alloc(&origin, list->count, 1));
    MX_GO(mx_alloc(&groups, list->count, sizeof *groups));
    for (size_t i = 0; i < list->count; i++) {
        const mx_picture *picture = &list->items[i];
        origin[i] = (uint8_t)picture->source->split;
        groups[i] = picture->group;
        has_groups |= picture->group != NULL;
    }
    MX_GO(mx_split_rows(dataset, origin, has_groups ? groups : NULL, spec));
done:
    free(origin);
    free(groups);
    return status;
}

/* A picture without a file is called after its source and its place in it, from 1. */
static mx_status name_pictures(mx_dataset *dataset, const mx_pictures *list) {
    size_t first = 0;
    MX_TRY(mx_alloc(&dataset->names, list->count, sizeof *dataset->names));
    for (size_t i = 0; i < list->count; i++) {
        const char *name = mx_picture_name(&list->items[i]);
        const mx_source_spec *source = list->items[i].source;
        char place[128];
        if (source != list->items[first].source) first = i;
        snprintf(place, sizeof place, "%s %zu", source->name, i - first + 1);
        MX_TRY(mx_strdup(&dataset->names[i], *name ? name : place));
    }
    return MX_OK;
}

mx_status mx_dataset_load(mx_dataset *out, const mx_data_spec *spec, const mx_source_spec *sources,
                          int n_sources) {
    mx_pictures list = {0};
    mx_status status = MX_OK;
    *out = (mx_dataset){0};
    MX_GO(list_sources(&list, sources, n_sources));
    MX_GO(mx_classes_resolve(out, spec, &list));
    MX_GO(mx_pack_pictures(out, spec, &list));
    MX_GO(split(out, spec, &list));
    if (spec->names) MX_GO(name_pictures(out, &list));
done:
    mx_pictures_release(&list);
    if (status != MX_OK) mx_dataset_release(out);
    return status;
}

void mx_dataset_release(mx_dataset *dataset) {
    for (int i = 0; dataset->class_names && i < dataset->n_classes; i++)
        free(dataset->class_names[i]);
    free(dataset->class_names);
    for (size_t i = 0; dataset->names && i < dataset->n_pictures; i++)
        free(dataset->names[i]);
    free(dataset->names);
    if (dataset->memory) munmap(dataset->memory, dataset->mapped_bytes);
    free(dataset->pack.file);
    free(dataset->pack.report);
    free(dataset->labels);
    free(dataset->labelled.index);
    free(dataset->unlabelled.index);
    free(dataset->validation.index);
    free(dataset->test.index);
    *dataset = (mx_dataset){0};
}

size_t mx_dataset_count(const mx_dataset *dataset, const mx_rows *rows, int32_t label) {
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++)
        count += dataset->labels[rows->index[i]] == label;
    return count;
}

size_t mx_dataset_bytes(const mx_dataset *dataset) {
    return dataset->n_pictures * (size_t)dataset->height * (size_t)dataset->width *
           (size_t)dataset->channels;
}
