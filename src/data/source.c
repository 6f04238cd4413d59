#include "data/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

mx_status mx_pictures_add(mx_pictures *list, mx_picture picture) {
    MX_TRY(mx_grow(&list->items, &list->capacity, list->count + 1, sizeof *list->items));
    list->items[list->count++] = picture;
    return MX_OK;
}

mx_status mx_pictures_keep(mx_pictures *list, const char **out, const char *text) {
    *out = mx_arena_strdup(&list->names, text);
    return *out ? MX_OK : mx_fail(MX_MEMORY, "cannot hold the names of the pictures");
}

mx_status mx_pictures_keep_pixels(mx_pictures *list, uint8_t *pixels) {
    const mx_status status =
        mx_grow(&list->pixels, &list->pixels_capacity, list->n_pixels + 1, sizeof *list->pixels);
    if (status != MX_OK) {
        free(pixels);
        return status;
    }
    list->pixels[list->n_pixels++] = pixels;
    return MX_OK;
}

static void close_archive(mx_archive *archive) {
    mx_zip_close(archive->zip);
    free(archive->path);
    free(archive);
}

mx_status mx_pictures_open_archive(mx_pictures *list, const char *path, const mx_archive **out) {
    mx_archive *archive = NULL;
    mx_status status = MX_OK;
    for (size_t i = 0; i < list->n_archives; i++)
        if (strcmp(list->archives[i]->path, path) == 0) {
            *out = list->archives[i];
            return MX_OK;
        }
    MX_TRY(mx_grow(&list->archives, &list->archives_capacity, list->n_archives + 1,
                   sizeof *list->archives));
    MX_TRY(mx_alloc(&archive, 1, sizeof *archive));
    MX_GO(mx_strdup(&archive->path, path));
    MX_GO(mx_zip_open(&archive->zip, path));
    archive->index = list->n_archives;
    list->archives[list->n_archives++] = archive;
    *out = archive;
done:
    if (status != MX_OK) close_archive(archive);
    return status;
}

void mx_pictures_release(mx_pictures *list) {
    for (size_t i = 0; i < list->n_pixels; i++)
        free(list->pixels[i]);
    for (size_t i = 0; i < list->n_archives; i++)
        close_archive(list->archives[i]);
    free(list->pixels);
    free(list->archives);
    free(list->items);
    mx_arena_release(&list->names);
    *list = (mx_pictures){0};
}

bool mx_source_is_picture(const char *path) {
    return mx_path_has_extension(path, "jpg") || mx_path_has_extension(path, "jpeg") ||
           mx_path_has_extension(path, "png");
}
