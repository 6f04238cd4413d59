/* mixcl show batch --augmented: the first batch of a run as its network sees it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "cli/show.h"
#include "data/sampler.h"
#include "report/sheet.h"
#include "train/feed.h"
#include "train/setup.h"

enum { DEFAULT_ROWS = 4 }; /* of labelled pictures, and of unlabelled ones */

/* Below this a class is not worth its line. */
static const float LEAST_SHARE = 0.005f;

/* A batch on the device and what came back of it. */
typedef struct batch {
    mx_device *device;
    mx_net *net; /* sizes only */
    mx_trainer trainer;
    mx_feed feed;
    mx_dataset data;
    mx_i32 n, k; /* k: views of the unlabelled; 0 when supervised */
    uint32_t *labelled, *unlabelled;
    int32_t *labels;
    uint8_t *seen, *mixed; /* every row of trainer->x and trainer->mixed as bytes */
    float *shares;         /* of each class in each row of trainer->mixed_targets */
} batch;

static void close_batch(batch *b) {
    mx_feed_release(&b->feed);
    mx_trainer_release(&b->trainer);
    mx_net_close(b->net);
    mx_device_close(b->device);
    mx_dataset_release(&b->data);
    free(b->labelled);
    free(b->unlabelled);
    free(b->labels);
    free(b->seen);
    free(b->mixed);
    free(b->shares);
}

static mx_status open_batch(batch *b, const mx_config *config) {
    const mx_trainer_spec spec = mx_setup_trainer(config);
    const size_t n = (size_t)spec.batch;
    *b = (batch){.n = spec.batch, .k = spec.mixmatch ? spec.k : 0};
    MX_TRY(mx_setup_named_dataset(config, &b->data));
    MX_TRY(mx_alloc(&b->labelled, n, sizeof *b->labelled));
    MX_TRY(mx_alloc(&b->unlabelled, n, sizeof *b->unlabelled));
    MX_TRY(mx_alloc(&b->labels, n, sizeof *b->labels));
    MX_TRY(mx_setup_device(config, false, &b->device));
    MX_TRY(mx_setup_sized_net(config, b->device, b->data.n_classes, &spec, &b->net));
    MX_TRY(mx_trainer_init(&b->trainer, b->net, &spec));
    return mx_feed_init(&b->feed, b->device, &b->data, mx_setup_data_memory(config, b->device),
                        2 * n);
}

static mx_status take(const mx_rows *rows, uint64_t seed, mx_u32 stream, size_t n, uint32_t *out) {
    mx_sampler sampler;
    MX_TRY(mx_sampler_init(&sampler, rows, seed, stream));
    mx_sampler_rows(&sampler, 0, n, out);
    mx_sampler_release(&sampler);
    return MX_OK;
}

/* Sends the pictures of step 0; `labelled` and `unlabelled` still count in the data set after it.
 */
static mx_status gather(batch *b) {
    const size_t n = (size_t)b->n;
    uint32_t *place = NULL;
    mx_buffer *pixels = NULL;
    mx_status status;
    MX_GO(mx_alloc(&place, 2 * n, sizeof *place));
    MX_GO(mx_feed_begin(&b->feed));
    mx_feed_add(&b->feed, b->labelled, n, place);
    if (b->k > 0) mx_feed_add(&b->feed, b->unlabelled, n, place + n);
    MX_GO(mx_feed_send(&b->feed, &pixels));
    const mx_trainer_batch of = {
        .n = b->n, .labelled = place, .unlabelled = place + n, .labels = b->labels};
    MX_GO(mx_trainer_gather(&b->trainer, pixels, &of, 0));
    status = mx_device_finish(b->device);
done:
    free(place);
    return status;
}

/* Every row of a tensor. */
static mx_status read_pixels(const batch *b, mx_tensor tensor, uint8_t **out) {
    MX_TRY(mx_alloc(out, mx_tensor_count(tensor), 1));
    return mx_trainer_pictures(&b->trainer, tensor, 0, tensor.n, *out);
}

/* Labels are not guessed here: a guessed label counts as no class, so that what is missing of a
 * mixed label is the guess's share. */
static mx_status mix(batch *b) {
    const mx_tensor targets = b->trainer.mixed_targets;
    const size_t count = mx_tensor_count(targets);
    MX_TRY(mx_trainer_draw(&b->trainer, b->n, 0));
    MX_TRY(mx_trainer_mix(&b->trainer, b->n));
    MX_TRY(read_pixels(b, b->trainer.mixed, &b->mixed));
    MX_TRY(mx_alloc(&b->shares, count, sizeof *b->shares));
    return mx_buffer_read(targets.buffer, targets.offset * sizeof(float), b->shares,
                          count * sizeof(float));
}

static mx_status compute(batch *b, const mx_config *config) {
    const uint64_t seed = (uint64_t)config->run_seed;
    const size_t n = (size_t)b->n;
    MX_TRY(take(&b->data.labelled, seed, MX_STREAM_LABELLED, n, b->labelled));
    for (size_t i = 0; i < n; i++)
        b->labels[i] = b->data.labels[b->labelled[i]];
    if (b->k > 0) MX_TRY(take(&b->data.unlabelled, seed, MX_STREAM_UNLABELLED, n, b->unlabelled));
    MX_TRY(gather(b));
    MX_TRY(read_pixels(b, b->trainer.x, &b->seen));
    return b->k > 0 ? mix(b) : MX_OK;
}

/* The two largest shares of a mixed label as lines: "0.83 coat", "+ 0.17 guess". */
static void describe_mixed(const batch *b, mx_i32 row, mx_arena *texts,
                           const char *lines[MX_SHEET_LINES]) {
    const mx_i32 classes = b->trainer.classes;
    const float *shares = b->shares + (size_t)row * (size_t)classes;
    float rest = 1, found[2] = {0, 0};
    const char *names[2] = {NULL, NULL};
    for (mx_i32 c = 0; c <= classes; c++) {
        const float share = c < classes ? shares[c] : rest;
        const char *name = c < classes ? b->data.class_names[c] : "guess";
        rest -= share;
        if (share < LEAST_SHARE || share <= found[1]) continue;
        const int slot = share > found[0] ? 0 : 1;
        if (slot == 0) found[1] = found[0], names[1] = names[0];
        found[slot] = share, names[slot] = name;
    }
    if (names[0]) lines[0] = mx_show_text(texts, "%.2f %s", (double)found[0], names[0]);
    if (names[1]) lines[1] = mx_show_text(texts, "+ %.2f %s", (double)found[1], names[1]);
}

/* Columns: the picture, its views, and what each is mixed into. */
static int columns_of(const batch *b) {
    return b->k > 0 ? 1 + 2 * b->k : 2;
}

static void fill_row(const batch *b, mx_i32 i, bool labelled, mx_arena *texts,
                     mx_sheet_cell *cells) {
    const uint32_t index = labelled ? b->labelled[i] : b->unlabelled[i];
    const size_t plane = mx_dataset_bytes(&b->data) / b->data.n_pictures;
    cells[0] = (mx_sheet_cell){.pixels = mx_show_pixels(&b->data, index),
                               .lines = {mx_show_label(texts, &b->data, index, !labelled),
                                         mx_path_name(b->data.names[index])}};
    for (mx_i32 view = 0; view < (labelled ? 1 : b->k); view++) {
        const mx_i32 row = labelled ? i : (view + 1) * b->n + i;
        cells[1 + view].pixels = b->seen + (size_t)row * plane;
        if (b->k == 0) continue;
        const mx_i32 place = mx_trainer_mixed_row(&b->trainer, row, b->n);
        mx_sheet_cell *mixed = &cells[1 + b->k + view];
        mixed->pixels = b->mixed + (size_t)place * plane;
        describe_mixed(b, place, texts, mixed->lines);
    }
}

static mx_status write_sheet(const batch *b, const mx_config *config, int rows, const char *path) {
    const int columns = columns_of(b), kinds = b->k > 0 ? 2 : 1;
    const char **heads = NULL;
    mx_sheet_cell *cells = NULL;
    mx_arena texts = {0};
    mx_status status;
    if (rows > b->n) rows = b->n;
    MX_GO(mx_alloc(&heads, (size_t)columns, sizeof *heads));
    MX_GO(mx_alloc(&cells, (size_t)(columns * rows * kinds), sizeof *cells));
    heads[0] = "picture";
    for (int c = 1; c < columns; c++)
        heads[c] = b->k == 0 ? "augmented"
                             : mx_show_text(&texts, "%s %d", c <= b->k ? "view" : "mixed",
                                            (c - 1) % b->k + 1);
    for (int i = 0; i < kinds * rows; i++)
        fill_row(b, i % rows, i < rows, &texts, cells + i * columns);
    const mx_sheet sheet = {
        .title = mx_show_text(&texts, "%s: what the network sees", config->run_name),
        .note = b->k > 0 ? "labelled, then unlabelled pictures of the first batch; "
                           "guess: the label that MixMatch guesses"
                         : "pictures of the first batch",
        .height = b->data.height,
        .width = b->data.width,
        .channels = b->data.channels,
        .cells = cells,
        .count = (size_t)(columns * rows * kinds),
        .columns = columns,
        .heads = heads};
    MX_GO(mx_sheet_write(&sheet, path));
    printf("%s: %d of %d pictures of each kind\n", path, rows, b->n);
done:
    free(heads);
    free(cells);
    mx_arena_release(&texts);
    return status;
}

mx_status mx_show_augmented(const mx_args *args, const mx_config *config) {
    const char *path = mx_show_out(args, "batch.png");
    int rows = 0;
    batch b = {0};
    mx_status status;
    if (mx_args_flag(args, "--split"))
        return mx_fail(MX_USAGE, "--augmented shows a batch of training, and takes no --split");
    MX_TRY(mx_canvas_check_path(path));
    MX_TRY(mx_args_number(args, "--rows", DEFAULT_ROWS, MX_SHOW_MOST, &rows));
    MX_GO(open_batch(&b, config));
    MX_GO(compute(&b, config));
    status = write_sheet(&b, config, rows, path);
done:
    close_batch(&b);
    return status;
}
