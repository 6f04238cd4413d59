/* CIFAR-10 in its binary version: one batch, or the folder of all of them. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "data/source.h"
#include "io/cifar10.h"

/* A million pictures take 3 GB. */
enum { MAX_PICTURES = 1 << 20, TRAIN_BATCHES = 5 };

static const char *const class_names[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                          "dog",      "frog",       "horse", "ship", "truck"};

static mx_status add_batch(mx_pictures *list, const mx_source_spec *source, const char *path) {
    mx_cifar batch;
    mx_status status;
    MX_TRY(mx_cifar_read(&batch, path, MX_CIFAR_10, MAX_PICTURES));
    mx_picture picture = {.source = source,
                          .raw = {.height = MX_CIFAR_SIZE,
                                  .width = MX_CIFAR_SIZE,
                                  .channels = MX_CIFAR_CHANNELS,
                                  .pixels = batch.pixels}};
    batch.pixels = NULL;
    MX_GO(mx_pictures_keep_pixels(list, picture.raw.pixels));
    for (size_t i = 0; i < batch.n_images; i++) {
        picture.label = batch.labels[i];
        picture.class_name = class_names[picture.label];
        MX_GO(mx_pictures_add(list, picture));
        picture.raw.pixels += MX_CIFAR_SIZE * MX_CIFAR_SIZE * MX_CIFAR_CHANNELS;
    }
done:
    mx_cifar_release(&batch);
    return status;
}

static mx_status add_named(mx_pictures *list, const mx_source_spec *source, const char *name,
                           size_t *n_found) {
    char *path = NULL;
    mx_status status = mx_path_join(&path, source->images, name);
    if (status == MX_OK && mx_file_exists(path)) {
        status = add_batch(list, source, path);
        ++*n_found;
    }
    free(path);
    return status;
}

mx_status mx_source_list_cifar10(mx_pictures *list, const mx_source_spec *source) {
    const bool test = source->split == MX_SPLIT_TEST;
    size_t n_found = 0;
    if (!mx_is_folder(source->images)) return add_batch(list, source, source->images);
    for (int i = 1; !test && i <= TRAIN_BATCHES; i++) {
        char name[32];
        snprintf(name, sizeof name, "data_batch_%d.bin", i);
        MX_TRY(add_named(list, source, name, &n_found));
    }
    if (test) MX_TRY(add_named(list, source, "test_batch.bin", &n_found));
    if (n_found > 0) return MX_OK;
    return mx_fail(
        MX_DATA, "no %s in '%s'; it should be cifar-10-batches-bin of the binary version",
        test ? "test_batch.bin" : "data_batch_1.bin to data_batch_5.bin", source->images);
}
