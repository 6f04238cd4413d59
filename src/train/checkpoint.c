#include "train/checkpoint.h"

#include <stdlib.h>

#include "base/mem.h"
#include "nn/names.h"

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

static void note_mismatch(mx_buf *problems, const mx_file_tensor *tensor, const mx_param *param) {
    mx_buf_printf(problems, "%s'%s' %s", problems->length ? ", " : "", param->name,
                  tensor ? "has another shape" : "is missing");
}

static mx_status copy_from(const mx_tensorfile *file, const mx_net *net, float *host) {
    mx_buf problems = {0};
    for (int i = 0; i < mx_net_param_count(net); i++) {
        const mx_param *param = mx_net_param(net, i);
        const mx_file_tensor *tensor = mx_tensorfile_find(file, param->name);
        if (tensor && has_shape(tensor, param))
            mx_param_from_torch(param, tensor->data, host);
        else if (problems.length < 400)
            note_mismatch(&problems, tensor, param);
    }
    const mx_status status =
        problems.length
            ? mx_fail(MX_DATA, "these weights are of another network: %s", mx_buf_text(&problems))
            : MX_OK;
    mx_buf_release(&problems);
    return status;
}

mx_status mx_weights_read(const char *path, const mx_net *net, mx_buffer *arena) {
    mx_tensorfile file = {0};
    float *host = NULL;
    mx_status status;
    MX_TRY(mx_tensorfile_read(&file, path));
    MX_GO(read_arena(net, arena, &host));
    MX_GO(mx_context(copy_from(&file, net, host), "'%s'", path));
    MX_GO(mx_buffer_write(arena, 0, host, mx_net_layout(net).count * sizeof(float)));
done:
    free(host);
    mx_tensorfile_release(&file);
    return status;
}
