#include "data/source_images.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/mem.h"

/* A picture under its name without regard to case. */
typedef struct mx_image_name {
    const char *name; /* as it is, inside of the folder or archive */
    const char *path; /* of the file; NULL in an archive */
    size_t entry;
} mx_image_name;

bool mx_source_is_visible_picture(const char *path) {
    if (!mx_source_is_picture(path) || strncmp(path, "__MACOSX/", 9) == 0) return false;
    return path[0] != '.' && !strstr(path, "/.");
}

size_t mx_source_top(const mx_zip *zip, const char **name) {
    size_t top = 0;
    *name = "";
    for (size_t i = 0; i < mx_zip_count(zip); i++) {
        const char *next = mx_zip_name(zip, i);
        if (!mx_source_is_visible_picture(next)) continue;
        if (**name == '\0') {
            *name = next;
            top = (size_t)(mx_path_name(next) - next);
        }
        while (top > 0 && strncmp(*name, next, top) != 0)
            do
                top--;
            while (top > 0 && (*name)[top - 1] != '/');
    }
    return top;
}

static int by_name(const void *a, const void *b) {
    const mx_image_name *first = a, *second = b;
    const int order = strcasecmp(first->name, second->name);
    return order ? order : strcmp(first->name, second->name);
}

static mx_status list_entries(mx_source_images *images) {
    const mx_zip *zip = images->archive->zip;
    MX_TRY(mx_alloc(&images->names, mx_zip_count(zip), sizeof *images->names));
    for (size_t i = 0; i < mx_zip_count(zip); i++)
        if (mx_source_is_visible_picture(mx_zip_name(zip, i)))
            images->names[images->n_names++] =
                (mx_image_name){.name = mx_zip_name(zip, i), .entry = i};
    return MX_OK;
}

/* The pictures below the folder are listed as one class, and taken from the list again. */
static mx_status list_files(mx_source_images *images) {
    mx_pictures *list = images->list;
    const size_t start = list->count;
    const mx_source_spec all = {
        .name = images->source->name, .images = images->source->images, .label = "any"};
    const size_t root = strlen(all.images) + (all.images[strlen(all.images) - 1] != '/');
    MX_TRY(mx_source_list_folder(list, &all));
    MX_TRY(mx_alloc(&images->names, list->count - start, sizeof *images->names));
    for (size_t i = start; i < list->count; i++)
        images->names[images->n_names++] =
            (mx_image_name){.name = list->items[i].path + root, .path = list->items[i].path};
    list->count = start;
    return MX_OK;
}

mx_status mx_source_images_open(mx_source_images *out, mx_pictures *list,
                                const mx_source_spec *source) {
    *out = (mx_source_images){.list = list, .source = source};
    if (!mx_is_folder(source->images)) {
        MX_TRY(mx_pictures_open_archive(list, source->images, &out->archive));
        out->top_bytes = mx_source_top(out->archive->zip, &out->top);
    }
    if (!source->ignore_case) return MX_OK;
    MX_TRY(out->archive ? list_entries(out) : list_files(out));
    qsort(out->names, out->n_names, sizeof *out->names, by_name);
    return MX_OK;
}

void mx_source_images_release(mx_source_images *images) {
    free(images->names);
    *images = (mx_source_images){0};
}

/* An absolute name, or one with a ".." part. */
static bool points_outside(const char *name) {
    if (name[0] == '/') return true;
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += part[0] == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')) return true;
    }
    return false;
}

static mx_status set_problem(mx_source_images *images, mx_picture *picture, const char *name,
                             const char *problem, const char *example) {
    mx_buf text = {0};
    mx_buf_printf(&text, "'%s' %s '%s'", name, problem, images->source->images);
    if (example && *example) mx_buf_printf(&text, ", which has '%s' for example", example);
    mx_status status = mx_buf_check(&text);
    if (status == MX_OK)
        status = mx_pictures_keep(images->list, &picture->problem, mx_buf_text(&text));
    mx_buf_release(&text);
    return status;
}

static size_t first_not_before(const mx_source_images *images, const char *name) {
    size_t low = 0, high = images->n_names;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcasecmp(images->names[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The picture called `name`, exactly if there is one, else but for case; NULL when there is none,
 * or several but for case, which *several then says. */
static const mx_image_name *find_ignoring_case(const mx_source_images *images, const char *name,
                                               bool *several) {
    const size_t start = first_not_before(images, name);
    size_t end = start;
    for (; end < images->n_names && strcasecmp(images->names[end].name, name) == 0; end++)
        if (strcmp(images->names[end].name, name) == 0) return &images->names[end];
    if (end - start > 1) *several = true;
    return end - start == 1 ? &images->names[start] : NULL;
}

/* Looks for one spelling of the name; *found when the picture is set. */
static void try_name(const mx_source_images *images, mx_picture *picture, const char *name,
                     bool *found, bool *several) {
    if (images->source->ignore_case) {
        const mx_image_name *match = find_ignoring_case(images, name, several);
        *found = match != NULL;
        if (!match) return;
        picture->entry = match->entry;
        picture->path = match->path;
    } else {
        picture->entry = mx_zip_find(images->archive->zip, name);
        *found = picture->entry < mx_zip_count(images->archive->zip);
    }
    if (!*found || !images->archive) return;
    picture->archive = images->archive;
    picture->path = mx_zip_name(images->archive->zip, picture->entry);
}

/* Puts none, one, two ... of the folders at the archive's top before the name. */
static mx_status find_below_top(const mx_source_images *images, mx_picture *picture,
                                const char *name, bool *found, bool *several) {
    mx_buf full = {0};
    for (size_t length = 0; !*found && length <= images->top_bytes; length++) {
        if (length > 0 && images->top[length - 1] != '/') continue;
        mx_buf_clear(&full);
        mx_buf_append(&full, images->top, length);
        mx_buf_puts(&full, name);
        if (mx_buf_check(&full) == MX_OK)
            try_name(images, picture, mx_buf_text(&full), found, several);
    }
    const mx_status status = mx_buf_check(&full);
    mx_buf_release(&full);
    return status;
}

/* The path of a file that is there or not. */
static mx_status name_file(mx_source_images *images, mx_picture *picture, const char *name) {
    char *path = NULL;
    MX_TRY(mx_path_join(&path, images->source->images, name));
    const mx_status status = mx_pictures_keep(images->list, &picture->path, path);
    free(path);
    return status;
}

mx_status mx_source_images_find(mx_source_images *images, mx_picture *picture, const char *name) {
    bool found = false, several = false;
    if (name[0] == '\0') return set_problem(images, picture, name, "names no picture in", NULL);
    if (points_outside(name)) return set_problem(images, picture, name, "points outside of", NULL);
    if (!images->archive && !images->source->ignore_case) return name_file(images, picture, name);
    MX_TRY(find_below_top(images, picture, name, &found, &several));
    if (found) return MX_OK;
    if (several)
        return set_problem(images, picture, name, "matches several names, but for case, in", NULL);
    return set_problem(images, picture, name, "is not in", images->top);
}
