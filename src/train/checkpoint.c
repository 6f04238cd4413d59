#include "train/checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "nn/names.h"

enum { LISTED = 8 }; /* names of a kind that a message has room for */

static mx_status read_arena(const mx_net *net, mx_buffer *arena, float **out) {
    const size_t bytes = mx_net_layout(net).count * sizeof(float);
    MX_TRY(mx_alloc(out, bytes, 1));
    return mx_buffer_read(arena, 0, *out, bytes);
}

/* Describes every parameter, converted to torch's order into `data`. */
static void describe(const mx_net *net, const float *arena, float *data, mx_file_tensor *tensors) {
    for (int i = 0; i < mx_net_param_count(net); i++) {
        const mx_param *param = mx_net_param(net, i);
        mx_param_to_torch(param, arena, data);
        tensors[i] = (mx_file_tensor){
            .name = param->name, .rank = mx_param_rank(param), .data = data, .count = param->count};
        for (int d = 0; d < tensors[i].rank; d++)
            tensors[i].dims[d] = param->dims[d];
        data += param->count;
    }
}

mx_status mx_weights_write(const char *path, const mx_net *net, mx_buffer *arena,
                           const mx_file_note *notes, size_t n_notes) {
    const size_t n = (size_t)mx_net_param_count(net);
    float *host = NULL, *data = NULL;
    mx_file_tensor *tensors = NULL;
    mx_status status;
    MX_GO(read_arena(net, arena, &host));
    MX_GO(mx_alloc(&data, mx_net_layout(net).count, sizeof *data));
    MX_GO(mx_alloc(&tensors, n, sizeof *tensors));
    describe(net, host, data, tensors);
    MX_GO(mx_tensorfile_write(path, tensors, n, notes, n_notes));
done:
    free(host);
    free(data);
    free(tensors);
    return status;
}

static bool has_shape(const mx_file_tensor *tensor, const mx_param *param) {
    if (tensor->rank != mx_param_rank(param)) return false;
    for (int d = 0; d < tensor->rank; d++)
        if (tensor->dims[d] != param->dims[d]) return false;
    return true;
}

/* What keeps a file from fitting a network, kind by kind. */
typedef struct mismatch {
    mx_buf missing, shapes, strange, infinite;
    int n_missing, n_shapes, n_strange, n_infinite;
} mismatch;

static void note(mx_buf *list, int *count, const char *name) {
    if ((*count)++ < LISTED) mx_buf_printf(list, "%s'%s'", list->length ? ", " : "", name);
}

static void note_shape(mismatch *m, const mx_file_tensor *tensor, const mx_param *param) {
    if (m->n_shapes++ >= LISTED) return;
    mx_buf_printf(&m->shapes, "%s'%s' (", m->shapes.length ? ", " : "", param->name);
    for (int d = 0; d < tensor->rank; d++)
        mx_buf_printf(&m->shapes, "%s%lld", d ? "x" : "", (long long)tensor->dims[d]);
    mx_buf_puts(&m->shapes, " for ");
    for (int d = 0; d < mx_param_rank(param); d++)
        mx_buf_printf(&m->shapes, "%s%d", d ? "x" : "", param->dims[d]);
    mx_buf_puts(&m->shapes, ")");
}

static void put_list(mx_buf *text, const char *kind, const mx_buf *list, int count) {
    if (count == 0) return;
    mx_buf_printf(text, "%s %s: %s", text->length ? ";" : "", kind, mx_buf_text(list));
    if (count > LISTED) mx_buf_printf(text, " and %d more", count - LISTED);
}

/* Fails with MX_DATA when there is any mismatch. */
static mx_status judge(const mismatch *m) {
    mx_buf text = {0};
    put_list(&text, "missing", &m->missing, m->n_missing);
    put_list(&text, "of another shape", &m->shapes, m->n_shapes);
    put_list(&text, "not in the network", &m->strange, m->n_strange);
    put_list(&text, "not finite", &m->infinite, m->n_infinite);
    const mx_status status =
        text.length ? mx_fail(MX_DATA,
                              "these weights are of another network or damaged:%s; 'mixcl show "
                              "model' lists the network, 'mixcl convert --without' drops tensors",
                              mx_buf_text(&text))
                    : MX_OK;
    mx_buf_release(&text);
    return status;
}

static void release(mismatch *m) {
    mx_buf_release(&m->missing);
    mx_buf_release(&m->shapes);
    mx_buf_release(&m->strange);
    mx_buf_release(&m->infinite);
}

static bool is_finite(const mx_file_tensor *tensor) {
    for (size_t i = 0; i < tensor->count; i++)
        if (!isfinite(tensor->data[i])) return false;
    return true;
}

/* Where names are equal; parameters are few enough to be looked through. */
static const mx_param *find_param(const mx_net *net, const char *name) {
    for (int i = 0; i < mx_net_param_count(net); i++)
        if (strcmp(mx_net_param(net, i)->name, name) == 0) return mx_net_param(net, i);
    return NULL;
}

/* Copies what fits to `host`. Where `new_head` is not NULL, parameters of the head may differ,
 * which it then lists, and numbers must be finite. */
static mx_status copy_from(const mx_tensorfile *file, const mx_net *net, float *host,
                           mx_buf *new_head) {
    mismatch m = {0};
    int n_new = 0;
    for (int i = 0; i < mx_net_param_count(net); i++) {
        const mx_param *param = mx_net_param(net, i);
        const mx_file_tensor *tensor = mx_tensorfile_find(file, param->name);
        if (tensor && has_shape(tensor, param)) {
            if (new_head && !is_finite(tensor)) note(&m.infinite, &m.n_infinite, param->name);
            mx_param_from_torch(param, tensor->data, host);
        } else if (new_head && param->head) {
            note(new_head, &n_new, param->name);
        } else if (tensor) {
            note_shape(&m, tensor, param);
        } else {
            note(&m.missing, &m.n_missing, param->name);
        }
    }
    for (size_t i = 0; i < file->n_tensors; i++)
        if (!find_param(net, file->tensors[i].name))
            note(&m.strange, &m.n_strange, file->tensors[i].name);
    const mx_status status = judge(&m);
    release(&m);
    return status;
}

mx_status mx_weights_take(const mx_tensorfile *file, const char *path, const mx_net *net,
                          mx_buffer *arena) {
    float *host = NULL;
    mx_status status;
    MX_GO(read_arena(net, arena, &host));
    MX_GO(mx_context(copy_from(file, net, host, NULL), "'%s'", path));
    MX_GO(mx_buffer_write(arena, 0, host, mx_net_layout(net).count * sizeof(float)));
done:
    free(host);
    return status;
}

mx_status mx_weights_read(const char *path, const mx_net *net, mx_buffer *arena) {
    mx_tensorfile file = {0};
    MX_TRY(mx_tensorfile_load(&file, path));
    const mx_status status = mx_weights_take(&file, path, net, arena);
    mx_tensorfile_release(&file);
    return status;
}

mx_status mx_weights_begin(const char *path, const mx_net *net) {
    const mx_net_arenas arenas = mx_net_get_arenas(net);
    const size_t bytes = mx_net_layout(net).count * sizeof(float);
    mx_tensorfile file = {0};
    mx_buf new_head = {0};
    float *host = NULL;
    mx_status status;
    MX_TRY(mx_tensorfile_load(&file, path));
    MX_GO(read_arena(net, arenas.weights, &host));
    MX_GO(mx_context(copy_from(&file, net, host, &new_head), "'%s'", path));
    MX_GO(mx_buffer_write(arenas.weights, 0, host, bytes));
    MX_GO(mx_buffer_write(arenas.average, 0, host, bytes));
    mx_info("weights from '%s'%s%s", path, new_head.length ? "; new and random: " : "",
            mx_buf_text(&new_head));
done:
    free(host);
    mx_buf_release(&new_head);
    mx_tensorfile_release(&file);
    return status;
}
