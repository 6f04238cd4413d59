/* mixcl show augment: pictures under every augmentation at several strengths, by the kernels. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/show.h"
#include "data/sampler.h"
#include "report/sheet.h"
#include "train/augmenter.h"
#include "train/setup.h"

enum {
    STRENGTHS = 5,
    COLUMNS = 1 + STRENGTHS, /* the picture first */
    /* After the kinds, crop and flip as MixMatch's authors do. */
    ROWS = MX_AUGMENT_KINDS + 1
};

/* `count` pictures on the device, and what becomes of them. */
typedef struct studio {
    mx_device *device;
    mx_dataset data;
    size_t count, plane; /* plane: bytes of a picture */
    uint32_t *index;     /* of the pictures in the data set */
    mx_augmenter augmenter;
    mx_buffer *pixels, *rows, *floats;
    float *host;
    uint8_t *seen; /* [ROWS][STRENGTHS][count] pictures */
} studio;

static void close_studio(studio *s) {
    mx_augmenter_release(&s->augmenter);
    mx_buffer_release(s->pixels);
    mx_buffer_release(s->rows);
    mx_buffer_release(s->floats);
    mx_device_close(s->device);
    mx_dataset_release(&s->data);
    free(s->index);
    free(s->host);
    free(s->seen);
}

/* The pictures that training takes first, copied one behind another. */
static mx_status choose_pictures(studio *s, uint64_t seed) {
    mx_sampler sampler;
    if (s->count > s->data.labelled.count) s->count = s->data.labelled.count;
    MX_TRY(mx_alloc(&s->index, s->count, sizeof *s->index));
    MX_TRY(mx_sampler_init(&sampler, &s->data.labelled, seed, MX_STREAM_LABELLED));
    mx_sampler_rows(&sampler, 0, s->count, s->index);
    mx_sampler_release(&sampler);
    MX_TRY(mx_buffer_create(&s->pixels, s->device, s->count * s->plane));
    for (size_t i = 0; i < s->count; i++)
        MX_TRY(mx_buffer_write(s->pixels, i * s->plane, mx_show_pixels(&s->data, s->index[i]),
                               s->plane));
    return MX_OK;
}

/* From a kind's least default strength to its largest. */
static float strength_of(mx_i32 kind, int column) {
    const mx_augment_kind_info *info = &mx_augment_kinds[kind];
    return info->low + (info->high - info->low) * (float)column / (STRENGTHS - 1);
}

/* One kind at one strength, always; crop-flip past the last kind. */
static mx_augmentation augmentation(mx_i32 kind, int column, int pad) {
    mx_augmentation out = {.crop_flip = kind == MX_AUGMENT_KINDS, .pad = pad};
    if (out.crop_flip) return out;
    const float strength = strength_of(kind, column);
    out.program.n_steps = 1;
    out.program.steps[0] = (mx_augment_step){(mx_augment_kind)kind, strength, strength, 1.0f};
    return out;
}

static mx_status open_augmenter(studio *s) {
    mx_augmentation all[MX_AUGMENT_KINDS];
    mx_augment_use uses[MX_AUGMENT_KINDS];
    const mx_value image = {s->data.height, s->data.width, s->data.channels};
    for (mx_i32 kind = 0; kind < MX_AUGMENT_KINDS; kind++) {
        all[kind] = augmentation(kind, 0, 0);
        uses[kind] = (mx_augment_use){&all[kind], (mx_i32)s->count, 1};
    }
    return mx_augmenter_init(&s->augmenter, s->device, image, uses, MX_AUGMENT_KINDS);
}

static mx_status open_studio(studio *s, const mx_config *config, size_t count) {
    MX_TRY(mx_setup_named_dataset(config, &s->data));
    MX_TRY(mx_setup_device(config, false, &s->device));
    s->count = count;
    s->plane = mx_dataset_bytes(&s->data) / s->data.n_pictures;
    MX_TRY(choose_pictures(s, (uint64_t)config->run_seed));
    MX_TRY(open_augmenter(s));
    MX_TRY(mx_buffer_create(&s->rows, s->device, s->count * sizeof(mx_u32)));
    MX_TRY(mx_buffer_create(&s->floats, s->device, s->count * s->plane * sizeof(float)));
    MX_TRY(mx_alloc(&s->host, s->count * s->plane, sizeof *s->host));
    MX_TRY(mx_alloc(&s->seen, ROWS * STRENGTHS * s->count, s->plane));
    for (mx_u32 i = 0; i < s->count; i++)
        MX_TRY(mx_buffer_write(s->rows, i * sizeof i, &i, sizeof i));
    return MX_OK;
}

/* All pictures under one kind, at one strength, into s->floats. */
static mx_status run(studio *s, mx_i32 kind, int column, const mx_config *config) {
    static const mx_scaling none = {.mul = {1, 1, 1, 1}};
    const mx_augmentation what = augmentation(kind, column, (int)config->augment_pad);
    const mx_i32 n = (mx_i32)s->count;
    const mx_augment_use use = {&what, n, 1};
    const mx_tensor y = {s->floats, 0, n, s->data.height, s->data.width, s->data.channels};
    const mx_draw draw = {
        .seed = (uint64_t)config->run_seed, .step = (mx_u32)column, .stream = MX_STREAM_AUGMENT_X};
    return mx_augmenter_run(&s->augmenter, &use, s->pixels, mx_matrix(s->rows, 0, n, 1), 0, none,
                            draw, y);
}

static mx_status augment_all(studio *s, const mx_config *config) {
    const size_t count = s->count * s->plane;
    for (mx_i32 kind = 0; kind < ROWS; kind++)
        for (int column = 0; column < STRENGTHS; column++) {
            uint8_t *seen = s->seen + (size_t)(kind * STRENGTHS + column) * count;
            MX_TRY(run(s, kind, column, config));
            MX_TRY(mx_buffer_read(s->floats, 0, s->host, count * sizeof(float)));
            for (size_t i = 0; i < count; i++)
                seen[i] = (uint8_t)lrintf(s->host[i]);
        }
    return MX_OK;
}

/* Columns in use: kinds without a strength look the same in all. */
static int columns_of(mx_i32 kind) {
    return kind < MX_AUGMENT_KINDS && mx_augment_kinds[kind].most <= mx_augment_kinds[kind].least
               ? 1
               : STRENGTHS;
}

static void fill_row(const studio *s, mx_i32 kind, size_t picture, mx_arena *texts,
                     mx_sheet_cell *cells) {
    const bool is_kind = kind < MX_AUGMENT_KINDS;
    cells[0] = (mx_sheet_cell){.pixels = mx_show_pixels(&s->data, s->index[picture]),
                               .lines = {is_kind ? mx_augment_kinds[kind].name : "crop-flip"}};
    for (int column = 0; column < columns_of(kind); column++) {
        const size_t place = (size_t)(kind * STRENGTHS + column) * s->count + picture;
        cells[1 + column].pixels = s->seen + place * s->plane;
        if (is_kind && columns_of(kind) > 1)
            cells[1 + column].lines[0] =
                mx_show_text(texts, "%.3g", (double)strength_of(kind, column));
        else if (!is_kind)
            cells[1 + column].lines[0] = mx_show_text(texts, "draw %d", column + 1);
    }
}

static mx_status write_sheet(const studio *s, const mx_config *config, const char *path) {
    mx_sheet_cell *cells = NULL;
    mx_arena texts = {0};
    mx_status status;
    MX_GO(mx_alloc(&cells, s->count * ROWS * COLUMNS, sizeof *cells));
    for (size_t i = 0; i < s->count * ROWS; i++)
        fill_row(s, (mx_i32)(i % ROWS), i / ROWS, &texts, cells + i * COLUMNS);
    const mx_sheet sheet = {
        .title = mx_show_text(&texts, "%s: augmentations", config->run_name),
        .note = "each from its least to its largest strength by default, which a list in [augment] "
                "may change",
        .height = s->data.height,
        .width = s->data.width,
        .channels = s->data.channels,
        .cells = cells,
        .count = s->count * ROWS * COLUMNS,
        .columns = COLUMNS};
    MX_GO(mx_sheet_write(&sheet, path));
    printf("%s: %d augmentations of %zu pictures\n", path, ROWS, s->count);
done:
    free(cells);
    mx_arena_release(&texts);
    return status;
}

mx_status mx_show_augment(const mx_args *args, const mx_config *config) {
    const char *path = mx_show_out(args, "augment.png");
    int count = 0;
    studio s = {0};
    mx_status status;
    MX_TRY(mx_canvas_check_path(path));
    MX_TRY(mx_args_number(args, "--pictures", 1, MX_SHOW_MOST, &count));
    MX_GO(open_studio(&s, config, (size_t)count));
    MX_GO(augment_all(&s, config));
    status = write_sheet(&s, config, path);
done:
    close_studio(&s);
    return status;
}
