/* Pictures and labels in two IDX files. */
#include <stdlib.h>

#include "data/source.h"
#include "io/idx.h"

/* More elements than any such data set has; what the machine's memory holds is less. */
static const size_t MAX_ELEMENTS = (size_t)1 << (sizeof(size_t) > 4 ? 40 : 30);
static const uint32_t MAX_SIDE = 65535;

static mx_status check_images(const mx_idx *images, const char *path) {
    if (images->rank < 3)
        return mx_fail(MX_DATA, "'%s' holds labels, expected pictures (3 or 4 dimensions)", path);
    if (images->sizes[3] != 1 && images->sizes[3] != 3)
        return mx_fail(MX_DATA, "'%s' has %u channels, expected 1 or 3", path,
                       (unsigned)images->sizes[3]);
    if (images->sizes[1] > MAX_SIDE || images->sizes[2] > MAX_SIDE)
        return mx_fail(MX_DATA, "'%s' has pictures of %u x %u pixels, allowed are %u per side",
                       path, (unsigned)images->sizes[2], (unsigned)images->sizes[1],
                       (unsigned)MAX_SIDE);
    return MX_OK;
}

static mx_status read_labels(mx_idx *labels, const mx_source_spec *source, uint32_t n_images) {
    const char *path = source->labels;
    if (!path || !path[0]) {
        if (source->split == MX_SPLIT_UNLABELLED) return MX_OK;
        return mx_fail(MX_DATA, "no labels for '%s'; set labels in [source.%s]", source->images,
                       source->name);
    }
    MX_TRY(mx_idx_read(labels, path, MAX_ELEMENTS));
    if (labels->rank != 1)
        return mx_fail(MX_DATA, "'%s' has %d dimensions, expected labels (1 dimension)", path,
                       labels->rank);
    if (labels->sizes[0] != n_images)
        return mx_fail(MX_DATA, "'%s' has %u labels for the %u pictures of '%s'", path,
                       (unsigned)labels->sizes[0], (unsigned)n_images, source->images);
    return MX_OK;
}

mx_status mx_source_list_idx(mx_pictures *list, const mx_source_spec *source) {
    mx_idx images, labels = {0};
    mx_status status = MX_OK;
    MX_TRY(mx_idx_read(&images, source->images, MAX_ELEMENTS));
    MX_TRY(mx_pictures_keep_pixels(list, images.bytes));
    MX_TRY(check_images(&images, source->images));
    mx_picture picture = {.source = source};
    picture.raw = (mx_image){.height = (int)images.sizes[1],
                             .width = (int)images.sizes[2],
                             .channels = (int)images.sizes[3],
                             .pixels = images.bytes};
    const size_t n = images.sizes[0];
    const size_t bytes = (size_t)images.sizes[1] * images.sizes[2] * images.sizes[3];
    MX_GO(read_labels(&labels, source, images.sizes[0]));
    for (size_t i = 0; i < n; i++) {
        picture.label = labels.bytes ? labels.bytes[i] : -1;
        picture.row = i + 1;
        MX_GO(mx_pictures_add(list, picture));
        picture.raw.pixels += bytes;
    }
done:
    mx_idx_release(&labels);
    return status;
}
