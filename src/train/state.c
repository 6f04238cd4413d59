#include "train/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "io/tensorfile.h"

enum { ARENAS = 5, LAYOUT_BYTES = 17 };

static const char *const format = "2"; /* of the counters and arenas */
static const char *const arena_names[ARENAS] = {"weights", "average", "first", "second", "guesses"};

static void list_arenas(const mx_session *session, mx_buffer *out[ARENAS]) {
    const mx_net_arenas arenas = mx_net_get_arenas(session->net);
    out[0] = arenas.weights;
    out[1] = arenas.average;
    out[2] = arenas.first;
    out[3] = arenas.second;
    out[4] = session->trainer.tally.buffer;
}

/* A fingerprint of names, shapes and places of all parameters. */
static mx_status layout_of(const mx_net *net, char out[LAYOUT_BYTES]) {
    mx_buf text = {0};
    for (int i = 0; i < mx_net_param_count(net); i++) {
        const mx_param *p = mx_net_param(net, i);
        mx_buf_printf(&text, "%s %d %d %d %d %zu\n", p->name, p->dims[0], p->dims[1], p->dims[2],
                      p->dims[3], p->offset);
    }
    const mx_status status = mx_buf_check(&text);
    unsigned char digest[MX_SHA256_BYTES];
    mx_sha256 hash;
    mx_sha256_init(&hash);
    mx_sha256_add(&hash, mx_buf_text(&text), text.length);
    mx_sha256_finish(&hash, digest);
    for (int i = 0; i < LAYOUT_BYTES / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    mx_buf_release(&text);
    return status;
}

static void put_scores(mx_buf *text, const mx_event_scores *s) {
    mx_buf_printf(text, " %a %a %a %a", s->loss, s->accuracy, s->f1, s->accuracy_raw);
}

/* Counters in one line: step, sums since the latest row, scores so far, guesses,
 * seconds. */
static mx_status counters_of(const mx_session *session, mx_buf *text) {
    const mx_session_result *r = &session->result;
    mx_buf_printf(text, "%" PRIu64 " %" PRIu64 " %a %a %d %" PRIu64, session->step,
                  session->sum_steps, session->sum_x, session->sum_u, r->has_scores, r->best_step);
    put_scores(text, &r->last);
    put_scores(text, &r->best);
    mx_buf_printf(text, " %a %" PRIu64 " %" PRIu64 " %.3f", session->best_choice,
                  session->since_best, session->trainer.guessed,
                  mx_now_ms() * 1e-3 - session->started);
    return mx_buf_check(text);
}

static bool take_counters(mx_session *session, const char *text) {
    mx_session_result *r = &session->result;
    mx_event_scores *last = &r->last, *best = &r->best;
    double elapsed = 0;
    int scores = 0;
    const int taken =
        sscanf(text,
               "%" SCNu64 " %" SCNu64 " %la %la %d %" SCNu64
               " %la %la %la %la %la %la %la %la %la %" SCNu64 " %" SCNu64 " %lf",
               &session->step, &session->sum_steps, &session->sum_x, &session->sum_u, &scores,
               &r->best_step, &last->loss, &last->accuracy, &last->f1, &last->accuracy_raw,
               &best->loss, &best->accuracy, &best->f1, &best->accuracy_raw, &session->best_choice,
               &session->since_best, &session->trainer.guessed, &elapsed);
    r->has_scores = scores != 0;
    session->settled = session->step;
    session->resumed_s = elapsed;
    return taken == 18;
}

mx_status mx_state_save(const mx_session *session) {
    mx_buffer *arenas[ARENAS];
    float *host[ARENAS] = {0};
    mx_file_tensor tensors[ARENAS];
    char layout[LAYOUT_BYTES], *path = NULL;
    mx_buf counters = {0};
    mx_status status;
    list_arenas(session, arenas);
    MX_GO(layout_of(session->net, layout));
    MX_GO(counters_of(session, &counters));
    for (int i = 0; i < ARENAS; i++) {
        const size_t bytes = mx_buffer_bytes(arenas[i]);
        MX_GO(mx_alloc(&host[i], bytes, 1));
        MX_GO(mx_buffer_read(arenas[i], 0, host[i], bytes));
        tensors[i] = (mx_file_tensor){.name = arena_names[i],
                                      .rank = 1,
                                      .dims = {(int64_t)(bytes / sizeof(float))},
                                      .data = host[i],
                                      .count = bytes / sizeof(float)};
    }
    const mx_file_note notes[] = {{"mixcl checkpoint", format},
                                  {"layout", layout},
                                  {"counters", mx_buf_text(&counters)},
                                  {"mixcl", mx_version()}};
    MX_GO(mx_run_folder_file(&session->folder, MX_STATE_FILE, &path));
    MX_GO(mx_tensorfile_write(path, tensors, ARENAS, notes, sizeof notes / sizeof *notes));
done:
    for (int i = 0; i < ARENAS; i++)
        free(host[i]);
    free(path);
    mx_buf_release(&counters);
    return status;
}

static mx_status take_arenas(mx_session *session, const mx_tensorfile *file, const char *path) {
    mx_buffer *arenas[ARENAS];
    list_arenas(session, arenas);
    for (int i = 0; i < ARENAS; i++) {
        const mx_file_tensor *tensor = mx_tensorfile_find(file, arena_names[i]);
        const size_t bytes = mx_buffer_bytes(arenas[i]);
        if (!tensor || tensor->count * sizeof(float) != bytes)
            return mx_fail(MX_DATA, "'%s' has no '%s' of this network", path, arena_names[i]);
        MX_TRY(mx_buffer_write(arenas[i], 0, tensor->data, bytes));
    }
    return MX_OK;
}

mx_status mx_state_load(mx_session *session, const char *path) {
    mx_tensorfile file = {0};
    char layout[LAYOUT_BYTES];
    mx_status status;
    MX_GO(mx_tensorfile_read(&file, path));
    const char *kind = mx_tensorfile_note(&file, "mixcl checkpoint");
    const char *kept = mx_tensorfile_note(&file, "layout");
    const char *counters = mx_tensorfile_note(&file, "counters");
    MX_GO(layout_of(session->net, layout));
    if (!kind || strcmp(kind, format) != 0 || !counters) {
        status = mx_fail(MX_DATA, "'%s' is not a checkpoint of this version", path);
        goto done;
    }
    if (!kept || strcmp(kept, layout) != 0) {
        status = mx_fail(MX_DATA, "'%s' is of another network", path);
        goto done;
    }
    MX_GO(take_arenas(session, &file, path));
    if (!take_counters(session, counters))
        status = mx_fail(MX_DATA, "'%s': its counters are damaged", path);
done:
    mx_tensorfile_release(&file);
    return status;
}
