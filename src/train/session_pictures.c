/* What sinks may show of a run besides its rows: pictures of the first step, and the weights. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "train/session_internal.h"

enum {
    GRID_COLUMNS = 8,
    GRID_ROWS = 8,
    VIEW_COLUMNS = 16, /* pictures whose views are shown */
    MOST_CELLS = 128
};

/* Rows of a tensor to show in a grid. */
typedef struct picture_grid {
    const char *name;
    mx_tensor tensor;
    int rows, columns;
    mx_i32 row[MOST_CELLS]; /* rows x columns */
} picture_grid;

static mx_status send_pictures(const mx_session *session, const mx_event_pictures *event) {
    for (size_t i = 0; i < session->n_sinks; i++) {
        const mx_sink *sink = &session->sinks[i];
        if (sink->pictures) MX_TRY(sink->pictures(sink->self, event));
    }
    return MX_OK;
}

static mx_status send_grid(const mx_session *session, const picture_grid *grid) {
    const mx_tensor *tensor = &grid->tensor;
    const size_t plane = (size_t)tensor->h * (size_t)tensor->w * (size_t)tensor->c;
    const int count = grid->rows * grid->columns;
    uint8_t *pixels = NULL;
    mx_status status;
    MX_GO(mx_alloc(&pixels, (size_t)count, plane));
    for (int i = 0; i < count; i++)
        MX_GO(mx_trainer_pictures(&session->trainer, *tensor, grid->row[i], 1,
                                  pixels + (size_t)i * plane));
    const mx_event_pictures event = {.name = grid->name,
                                     .height = tensor->h,
                                     .width = tensor->w,
                                     .channels = tensor->c,
                                     .rows = grid->rows,
                                     .columns = grid->columns,
                                     .pixels = pixels};
    status = send_pictures(session, &event);
done:
    free(pixels);
    return status;
}

/* Whole rows of a grid for `n` pictures. */
static void shape_grid(picture_grid *grid, mx_i32 n) {
    grid->columns = n < GRID_COLUMNS ? n : GRID_COLUMNS;
    grid->rows = n / grid->columns < GRID_ROWS ? n / grid->columns : GRID_ROWS;
}

static mx_status send_labelled(const mx_session *session, mx_i32 n) {
    picture_grid grid = {.name = "labelled", .tensor = session->trainer.x};
    shape_grid(&grid, n);
    for (int i = 0; i < grid.rows * grid.columns; i++)
        grid.row[i] = i;
    return send_grid(session, &grid);
}

/* A column of the grid is a picture, a row a view. */
static mx_status send_views(const mx_session *session, mx_i32 n) {
    picture_grid grid = {.name = "views", .tensor = session->trainer.x};
    grid.columns = n < VIEW_COLUMNS ? n : VIEW_COLUMNS;
    grid.rows = session->trainer.spec.k;
    for (int i = 0; i < grid.rows * grid.columns; i++)
        grid.row[i] = (1 + i / grid.columns) * n + i % grid.columns;
    return send_grid(session, &grid);
}

/* What the labelled pictures became. */
static mx_status send_mixed(const mx_session *session, mx_i32 n) {
    picture_grid grid = {.name = "mixed", .tensor = session->trainer.mixed};
    shape_grid(&grid, n);
    for (int i = 0; i < grid.rows * grid.columns; i++)
        grid.row[i] = mx_trainer_mixed_row(&session->trainer, i, n);
    return send_grid(session, &grid);
}

mx_status mx_session_send_pictures(const mx_session *session, mx_i32 n) {
    bool wanted = false;
    for (size_t i = 0; i < session->n_sinks; i++)
        wanted = wanted || session->sinks[i].pictures;
    if (!wanted) return MX_OK;
    MX_TRY(send_labelled(session, n));
    if (!session->trainer.spec.mixmatch) return MX_OK;
    MX_TRY(send_views(session, n));
    return send_mixed(session, n);
}

static bool is_weight(const mx_param *param) {
    return param->role == MX_PARAM_CONV_WEIGHT || param->role == MX_PARAM_LINEAR_WEIGHT;
}

/* Reads one tensor at a time. */
static mx_status send_weights(const mx_session *session, const mx_sink *sink) {
    mx_buffer *arena = mx_net_get_arenas(session->net).weights;
    const int count = mx_net_param_count(session->net);
    size_t most = 0;
    float *values = NULL;
    mx_status status;
    for (int i = 0; i < count; i++) {
        const mx_param *param = mx_net_param(session->net, i);
        if (is_weight(param) && param->count > most) most = param->count;
    }
    MX_GO(mx_alloc(&values, most, sizeof *values));
    for (int i = 0; i < count; i++) {
        const mx_param *param = mx_net_param(session->net, i);
        if (!is_weight(param)) continue;
        MX_GO(mx_buffer_read(arena, param->offset * sizeof *values, values,
                             param->count * sizeof *values));
        const mx_event_weights event = {
            .step = session->step, .name = param->name, .values = values, .count = param->count};
        MX_GO(sink->weights(sink->self, &event));
    }
done:
    free(values);
    return status;
}

mx_status mx_session_send_weights(const mx_session *session) {
    for (size_t i = 0; i < session->n_sinks; i++)
        if (session->sinks[i].weights) MX_TRY(send_weights(session, &session->sinks[i]));
    return MX_OK;
}
