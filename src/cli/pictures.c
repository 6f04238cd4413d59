#include "cli/pictures.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"

static bool is_table(const char *path) {
    static const char *const extensions[] = {"csv", "tsv", "txt", "xlsx"};
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (mx_path_has_extension(path, extensions[i])) return true;
    return false;
}

/* Where a class is not asked for, any is given, so that none is looked for. */
static mx_status list_path(mx_path_pictures *out, int i, const char *path, bool classes) {
    mx_source_spec *source = &out->sources[i];
    *source = (mx_source_spec){.name = path, .images = path, .label = classes ? "" : "any"};
    if (mx_is_folder(path)) return mx_source_list_folder(&out->list, source);
    if (mx_path_has_extension(path, "zip")) return mx_source_list_archive(&out->list, source);
    if (is_table(path)) {
        MX_TRY(mx_path_folder(&out->folders[i], path));
        source->kind = MX_SOURCE_TABLE;
        source->labels = path;
        source->images = out->folders[i];
        source->path = "{file}";
        if (classes) source->label = "{class}";
        return mx_source_list_table(&out->list, source);
    }
    if (classes)
        return mx_fail(MX_USAGE,
                       "'%s' says no class: eval takes folders of class folders, a .zip of them, "
                       "and tables with the columns file and class",
                       path);
    return mx_pictures_add(&out->list, (mx_picture){.source = source, .path = path, .label = -1});
}

mx_status mx_path_pictures_list(mx_path_pictures *out, const mx_args *args, bool classes) {
    *out = (mx_path_pictures){0};
    while (mx_args_positional(args, out->count + 1))
        out->count++;
    MX_TRY(mx_alloc(&out->sources, (size_t)out->count, sizeof *out->sources));
    MX_TRY(mx_alloc(&out->folders, (size_t)out->count, sizeof *out->folders));
    for (int i = 0; i < out->count; i++)
        MX_TRY(list_path(out, i, mx_args_positional(args, i + 1), classes));
    return MX_OK;
}

void mx_path_pictures_release(mx_path_pictures *pictures) {
    mx_pictures_release(&pictures->list);
    for (int i = 0; pictures->folders && i < pictures->count; i++)
        free(pictures->folders[i]);
    free(pictures->folders);
    free(pictures->sources);
    *pictures = (mx_path_pictures){0};
}

void mx_put_picture_path(mx_buf *out, const mx_picture *picture) {
    if (picture->archive) mx_buf_printf(out, "%s/", picture->archive->path);
    mx_buf_puts(out, picture->path);
}

void mx_put_prediction_header(FILE *stream, const mx_class_names *names, bool truth) {
    fputs(truth ? "file,truth,class" : "file,class", stream);
    for (int i = 0; i < names->count; i++)
        fprintf(stream, ",p_%d", i);
    putc('\n', stream);
}

mx_status mx_put_prediction(FILE *stream, const mx_class_names *names, const char *file,
                            const char *truth, int best, const float *probabilities) {
    mx_buf line = {0};
    mx_buf_csv_field(&line, file);
    mx_buf_puts(&line, ",");
    if (truth) {
        mx_buf_csv_field(&line, truth);
        mx_buf_puts(&line, ",");
    }
    mx_buf_csv_field(&line, names->items[best]);
    for (int i = 0; i < names->count; i++)
        mx_buf_printf(&line, ",%.6g", (double)probabilities[i]);
    const mx_status status = mx_buf_check(&line);
    if (status == MX_OK) fprintf(stream, "%s\n", mx_buf_text(&line));
    mx_buf_release(&line);
    return status;
}
