/* mixcl show batch: a contact sheet of what the data set holds, with labels and names of files. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "cli/show.h"
#include "data/sampler.h"
#include "report/sheet.h"
#include "train/setup.h"

enum { DEFAULT_ROWS = 5 };

/* Pictures of one split. */
typedef struct choice {
    const char *name, *order;
    const mx_rows *rows;
    bool hidden; /* training does not see their labels */
} choice;

char *mx_show_text(mx_arena *arena, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return mx_arena_strdup(arena, text);
}

const uint8_t *mx_show_pixels(const mx_dataset *data, uint32_t index) {
    return data->pixels + mx_dataset_bytes(data) / data->n_pictures * index;
}

const char *mx_show_label(mx_arena *arena, const mx_dataset *data, uint32_t index, bool hidden) {
    const int32_t label = data->labels[index];
    if (label < 0) return "?";
    return hidden ? mx_show_text(arena, "(%s)", data->class_names[label])
                  : data->class_names[label];
}

static mx_status choose(const char *split, const mx_dataset *data, choice *out) {
    if (!split || strcmp(split, "train") == 0)
        *out = (choice){"labelled", "in the order that training takes them", &data->labelled, 0};
    else if (strcmp(split, "unlabelled") == 0)
        *out = (choice){
            "unlabelled",
            "in the order that training takes them; it does not see the labels in brackets",
            &data->unlabelled, true};
    else if (strcmp(split, "test") == 0)
        *out = (choice){"test", "at equal distances", &data->test, false};
    else
        return mx_fail(MX_USAGE, "--split %s: there are train, unlabelled and test", split);
    if (out->rows->count == 0) return mx_fail(MX_DATA, "there are no %s pictures", out->name);
    return MX_OK;
}

/* `count` pictures of the choice: the first that training takes, or some of the test. */
static mx_status pick(const mx_config *config, const mx_dataset *data, const choice *from,
                      size_t count, uint32_t *out) {
    mx_sampler sampler;
    if (from->rows == &data->test) {
        for (size_t i = 0; i < count; i++)
            out[i] = from->rows->index[i * from->rows->count / count];
        return MX_OK;
    }
    MX_TRY(mx_sampler_init(&sampler, from->rows, (uint64_t)config->run_seed,
                           from->hidden ? MX_STREAM_UNLABELLED : MX_STREAM_LABELLED));
    mx_sampler_rows(&sampler, 0, count, out);
    mx_sampler_release(&sampler);
    return MX_OK;
}

static mx_status write_sheet(const mx_config *config, const mx_dataset *data, const choice *from,
                             size_t count, const char *path) {
    mx_arena texts = {0};
    mx_sheet_cell *cells = NULL;
    uint32_t *index = NULL;
    mx_status status;
    MX_GO(mx_alloc(&cells, count, sizeof *cells));
    MX_GO(mx_alloc(&index, count, sizeof *index));
    MX_GO(pick(config, data, from, count, index));
    for (size_t i = 0; i < count; i++)
        cells[i] = (mx_sheet_cell){.pixels = mx_show_pixels(data, index[i]),
                                   .lines = {mx_show_label(&texts, data, index[i], from->hidden),
                                             mx_path_name(data->names[index[i]])}};
    const mx_sheet sheet = {
        .title = mx_show_text(&texts, "%s: %s pictures", config->run_name, from->name),
        .note = mx_show_text(&texts, "%zu of %zu, %s", count, from->rows->count, from->order),
        .height = data->height,
        .width = data->width,
        .channels = data->channels,
        .cells = cells,
        .count = count};
    MX_GO(mx_sheet_write(&sheet, path));
    printf("%s: %s\n", path, sheet.note);
done:
    mx_arena_release(&texts);
    free(cells);
    free(index);
    return status;
}

mx_status mx_show_batch(const mx_args *args, const mx_config *config) {
    const char *path = mx_show_out(args, "batch.png"), *split = mx_args_value(args, "--split");
    mx_dataset data = {0};
    choice from = {0};
    int rows = 0;
    mx_status status;
    if (mx_args_flag(args, "--augmented")) return mx_show_augmented(args, config);
    MX_TRY(mx_canvas_check_path(path));
    MX_TRY(mx_args_number(args, "--rows", DEFAULT_ROWS, MX_SHOW_MOST, &rows));
    MX_GO(mx_setup_named_dataset(config, &data));
    MX_GO(choose(split, &data, &from));
    size_t count = mx_sheet_capacity(data.height, data.width, rows);
    if (count > from.rows->count) count = from.rows->count;
    status = write_sheet(config, &data, &from, count, path);
done:
    mx_dataset_release(&data);
    return status;
}
