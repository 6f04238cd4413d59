#include "data/dataset.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "data/classes.h"
#include "data/pack.h"
#include "data/source.h"
#include "data/split.h"

static mx_status list_sources(mx_pictures *list, const mx_source_spec *sources, int n_sources) {
    for (int i = 0; i < n_sources; i++) {
        const mx_source_spec *source = &sources[i];
        const mx_status status = source->kind == MX_SOURCE_IDX
                                     ? mx_source_list_idx(list, source)
                                     : mx_source_list_folder(list, source);
        MX_TRY(mx_context(status, "source '%s'", source->name));
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
    MX_TRY(mx_alloc(&origin, list->count, 1));
    for (size_t i = 0; i < list->count; i++)
        origin[i] = (uint8_t)list->items[i].source->split;
    const mx_status status = mx_split_rows(dataset, origin, spec);
    free(origin);
    return status;
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
done:
    mx_pictures_release(&list);
    if (status != MX_OK) mx_dataset_release(out);
    return status;
}

void mx_dataset_release(mx_dataset *dataset) {
    for (int i = 0; dataset->class_names && i < dataset->n_classes; i++)
        free(dataset->class_names[i]);
    free(dataset->class_names);
    if (dataset->mapped_bytes)
        munmap(dataset->memory, dataset->mapped_bytes);
    else
        free(dataset->memory);
    free(dataset->pack.file);
    free(dataset->pack.report);
    free(dataset->labels);
    free(dataset->labelled.index);
    free(dataset->unlabelled.index);
    free(dataset->validation.index);
    free(dataset->test.index);
    *dataset = (mx_dataset){0};
}

size_t mx_dataset_bytes(const mx_dataset *dataset) {
    return dataset->n_pictures * (size_t)dataset->height * (size_t)dataset->width *
           (size_t)dataset->channels;
}
