#include "io/torchfile_internal.h"

#include <stdlib.h>
#include <string.h>

#include "io/printable.h"

enum { MAX_TENSORS = 65536, MAX_NAME = 1024, MAX_KEY = 128 };
/* Tensors may repeat elements of their storages (expand), but not without end. */
enum { MAX_REPEATS = 64, FREE_REPEATS = 16 << 20 };

const char *const mx_torch_globals[] = {
    "collections.OrderedDict",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch.FloatStorage",
    "torch.DoubleStorage",
    "torch.HalfStorage",
    "torch.BFloat16Storage",
    "torch.LongStorage",
    "torch.IntStorage",
    "torch.ShortStorage",
    "torch.CharStorage",
    "torch.ByteStorage",
    "torch.BoolStorage",
    "torch.Size",
    "torch.device",
    "torch.serialization._get_layout",
    NULL,
};

/* Where a checkpoint may hold the state dict. */
static const char *const places[] = {"state_dict", "model_state_dict", "model", "ema"};
enum { N_PLACES = sizeof places / sizeof *places };

static mx_status bad_tensor(const char *name, const char *why) {
    return mx_fail(MX_DATA, "tensor '%s' %s; the file is damaged", mx_printable_text(name).text,
                   why);
}

static mx_status bad_storage(const char *why) {
    return mx_fail(MX_DATA, "a storage %s; the file is damaged", why);
}

static bool is_size(const mx_pickle_value *value) {
    return value->kind == MX_PICKLE_INT && value->integer >= 0;
}

static bool is_call_of(const mx_pickle_value *value, const char *global) {
    return value->kind == MX_PICKLE_CALL && mx_pickle_is_text(value->items[0], global);
}

static bool is_parameter(const mx_pickle_value *value) {
    return is_call_of(value, "torch._utils._rebuild_parameter") ||
           is_call_of(value, "torch._utils._rebuild_parameter_with_state");
}

static bool is_tensor(const mx_pickle_value *value) {
    return is_parameter(value) || is_call_of(value, "torch._utils._rebuild_tensor_v2") ||
           is_call_of(value, "torch._utils._rebuild_tensor");
}

/* (key of the range, first element, number of elements), or None. */
static mx_status read_range(mx_torch_storage *out, const mx_pickle_value *range) {
    const size_t count = out->end;
    if (range->kind == MX_PICKLE_NONE) return MX_OK;
    if (range->kind != MX_PICKLE_TUPLE || range->n_items != 3 || !is_size(range->items[1]) ||
        !is_size(range->items[2]))
        return bad_storage("has a range that is none");
    out->begin = (size_t)range->items[1]->integer;
    if (out->begin > count || (uint64_t)range->items[2]->integer > count - out->begin)
        return bad_storage("has a range beyond its end");
    out->end = out->begin + (size_t)range->items[2]->integer;
    return MX_OK;
}

/* The id is ('storage', class, key, device, number of elements), and a range before PyTorch 1.6. */
mx_status mx_torch_storage_read(mx_torch_storage *out, const mx_pickle_value *persistent) {
    static const char module[] = "torch.";
    const mx_pickle_value *id = persistent->items[0];
    if (id->kind != MX_PICKLE_TUPLE || id->n_items < 5 || id->n_items > 6 ||
        !mx_pickle_is_text(id->items[0], "storage") || id->items[1]->kind != MX_PICKLE_GLOBAL ||
        id->items[2]->kind != MX_PICKLE_TEXT || !is_size(id->items[4]))
        return bad_storage("has an unknown form");
    *out = (mx_torch_storage){.key = id->items[2]->text,
                              .key_length = id->items[2]->length,
                              .end = (size_t)id->items[4]->integer};
    if (strncmp(id->items[1]->text, module, sizeof module - 1) == 0)
        out->type = mx_element_type_of_storage(id->items[1]->text + sizeof module - 1);
    if (!out->type) return bad_storage("is of no class of storages");
    if (out->key_length > MAX_KEY || memchr(out->key, '\0', out->key_length))
        return bad_storage("has an unknown form of key");
    return id->n_items == 6 ? read_range(out, id->items[5]) : MX_OK;
}

/* Sizes and strides, and the elements that they span: begin + sum of (size - 1) * stride. */
static mx_status read_shape(mx_torch_view *view, const mx_pickle_value *sizes,
                            const mx_pickle_value *strides) {
    mx_file_tensor *tensor = &view->tensor;
    size_t last = view->begin, reach = 0;
    tensor->count = 1;
    if (sizes->kind != MX_PICKLE_TUPLE || strides->kind != MX_PICKLE_TUPLE ||
        sizes->n_items != strides->n_items)
        return bad_tensor(tensor->name, "has no shape");
    if (sizes->n_items > MX_TENSOR_RANK)
        return mx_fail(MX_DATA, "tensor '%s' has %zu dimensions; at most %d are read",
                       mx_printable_text(tensor->name).text, sizes->n_items, MX_TENSOR_RANK);
    tensor->rank = (int)sizes->n_items;
    for (int d = 0; d < tensor->rank; d++) {
        if (!is_size(sizes->items[d]) || !is_size(strides->items[d]) ||
            !mx_size_mul(tensor->count, (size_t)sizes->items[d]->integer, &tensor->count))
            return bad_tensor(tensor->name, "has a shape or strides that are out of range");
        tensor->dims[d] = sizes->items[d]->integer;
        view->strides[d] = strides->items[d]->integer;
    }
    for (int d = 0; d < tensor->rank && tensor->count > 0; d++)
        if (!mx_size_mul((size_t)tensor->dims[d] - 1, (size_t)view->strides[d], &reach) ||
            !mx_size_add(last, reach, &last))
            return bad_tensor(tensor->name, "has strides that are out of range");
    if (!mx_size_add(last, tensor->count > 0, &view->end) || view->end > view->storage.end)
        return bad_tensor(tensor->name, "reaches beyond its storage");
    return MX_OK;
}

/* Arguments: storage, first element, sizes, strides, requires_grad, hooks, other properties. */
static mx_status read_view(mx_torch_view *view, const mx_pickle_value *value) {
    const char *name = view->tensor.name;
    if (is_parameter(value)) {
        const mx_pickle_value *arguments = value->items[1];
        if (arguments->n_items == 0 || is_parameter(arguments->items[0]) ||
            !is_tensor(arguments->items[0]))
            return bad_tensor(name, "is a parameter without a tensor");
        value = arguments->items[0];
    }
    const mx_pickle_value *arguments = value->items[1];
    if (arguments->n_items < 4 || arguments->items[0]->kind != MX_PICKLE_PERSISTENT ||
        !is_size(arguments->items[1]))
        return bad_tensor(name, "has no storage");
    if (arguments->n_items > 6 && arguments->items[6]->kind == MX_PICKLE_DICT &&
        arguments->items[6]->n_items > 0)
        return mx_fail(MX_DATA, "tensor '%s' is not stored as it is; save its clone()",
                       mx_printable_text(name).text);
    MX_TRY(mx_context(mx_torch_storage_read(&view->storage, arguments->items[0]), "tensor '%s'",
                      mx_printable_text(name).text));
    if (!mx_size_add(view->storage.begin, (size_t)arguments->items[1]->integer, &view->begin))
        return bad_tensor(name, "reaches beyond its storage");
    return read_shape(view, arguments->items[2], arguments->items[3]);
}

static mx_status copy_name(mx_tensorfile *file, const mx_pickle_value *key, const char **out) {
    if (key->length > MAX_NAME || memchr(key->text, '\0', key->length))
        return mx_fail(MX_DATA, "a tensor's name is none: '%s'",
                       mx_printable_bytes(key->text, key->length).text);
    char *name = mx_arena_alloc(&file->arena, key->length + 1);
    if (!name) return mx_fail(MX_MEMORY, "cannot allocate %zu bytes for a name", key->length);
    memcpy(name, key->text, key->length);
    *out = name;
    return MX_OK;
}

static size_t count_tensors(const mx_pickle_value *dict) {
    size_t count = 0;
    for (size_t i = 0; i < dict->n_items; i += 2)
        if (dict->items[i]->kind == MX_PICKLE_TEXT && is_tensor(dict->items[i + 1])) count++;
    return count;
}

static bool holds_dicts(const mx_pickle_value *dict) {
    for (size_t i = 0; i < dict->n_items; i += 2)
        if (dict->items[i + 1]->kind == MX_PICKLE_DICT) return true;
    return false;
}

static mx_status find_state_dict(const mx_pickle_value *root, const mx_pickle_value **out) {
    *out = root;
    if (root->kind != MX_PICKLE_DICT)
        return mx_fail(MX_DATA, "holds %s where a state dict should be; save model.state_dict()",
                       is_tensor(root) ? "one bare tensor" : mx_pickle_kind_name(root->kind));
    const size_t n_tensors = count_tensors(root);
    if (n_tensors > 0 && !holds_dicts(root)) return MX_OK;
    for (int i = 0; i < N_PLACES; i++) {
        *out = mx_pickle_find(root, places[i]);
        if (*out && (*out)->kind == MX_PICKLE_DICT && count_tensors(*out) > 0) return MX_OK;
    }
    *out = root;
    if (n_tensors > 0) return MX_OK;
    return mx_fail(MX_DATA,
                   "holds a mapping of %zu entries without tensors, and none with tensors under "
                   "'state_dict', 'model_state_dict', 'model' or 'ema'; save model.state_dict()",
                   root->n_items / 2);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const mx_torch_view *)a)->tensor.name, ((const mx_torch_view *)b)->tensor.name);
}

int mx_torch_key_compare(const char *a, size_t a_length, const char *b, size_t b_length) {
    const int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    if (order != 0) return order;
    return a_length < b_length ? -1 : a_length > b_length;
}

static int by_key(const void *a, const void *b) {
    const mx_torch_storage *x = &((const mx_torch_view *)a)->storage;
    const mx_torch_storage *y = &((const mx_torch_view *)b)->storage;
    return mx_torch_key_compare(x->key, x->key_length, y->key, y->key_length);
}

static mx_status sort(mx_torch_views *views) {
    qsort(views->items, views->count, sizeof *views->items, by_name);
    for (size_t i = 1; i < views->count; i++)
        if (by_name(&views->items[i - 1], &views->items[i]) == 0)
            return bad_tensor(views->items[i].tensor.name, "comes twice");
    qsort(views->items, views->count, sizeof *views->items, by_key);
    return MX_OK;
}

mx_status mx_torch_views_read(mx_torch_views *out, mx_tensorfile *file,
                              const mx_pickle_value *root) {
    const mx_pickle_value *dict = NULL;
    size_t n_floats = 0;
    MX_TRY(find_state_dict(root, &dict));
    const size_t count = count_tensors(dict);
    if (count > MAX_TENSORS)
        return mx_fail(MX_DATA, "holds %zu tensors, more than %d", count, MAX_TENSORS);
    MX_TRY(mx_alloc(&out->items, count, sizeof *out->items));
    for (size_t i = 0; i < dict->n_items; i += 2) {
        if (dict->items[i]->kind != MX_PICKLE_TEXT || !is_tensor(dict->items[i + 1])) continue;
        mx_torch_view *view = &out->items[out->count];
        MX_TRY(copy_name(file, dict->items[i], &view->tensor.name));
        MX_TRY(read_view(view, dict->items[i + 1]));
        view->slot = n_floats;
        if (view->storage.type->to_float32) n_floats++;
        out->count++;
    }
    if (n_floats == 0)
        return mx_fail(MX_DATA, "holds no tensors of floating-point numbers; save "
                                "model.state_dict()");
    MX_TRY(mx_alloc(&file->tensors, n_floats, sizeof *file->tensors));
    return sort(out);
}

size_t mx_torch_views_group(const mx_torch_views *views, size_t begin) {
    size_t end = begin + 1;
    while (end < views->count && by_key(&views->items[begin], &views->items[end]) == 0)
        end++;
    return end;
}

/* Holds the memory that views of a storage may ask for to what the file holds. */
static mx_status check_repeats(mx_torch_views *views, const mx_torch_view *view) {
    size_t bytes = 0, limit = 0;
    if (!mx_size_mul(views->stored, MAX_REPEATS, &limit) ||
        !mx_size_add(limit, FREE_REPEATS, &limit))
        limit = SIZE_MAX;
    if (mx_size_mul(view->tensor.count, sizeof(float), &bytes) &&
        mx_size_add(views->placed, bytes, &views->placed) && views->placed <= limit)
        return MX_OK;
    return mx_fail(MX_DATA,
                   "tensor '%s' repeats the elements of its storage too often; save its "
                   "clone()",
                   mx_printable_text(view->tensor.name).text);
}

mx_status mx_torch_views_place(mx_torch_views *views, size_t begin, size_t end, mx_tensorfile *file,
                               const char *data, size_t size, bool *kept) {
    *kept = false;
    if (!mx_size_add(views->stored, size, &views->stored)) views->stored = SIZE_MAX;
    for (size_t i = begin; i < end; i++) {
        mx_torch_view *view = &views->items[i];
        const mx_element_type *type = view->storage.type;
        if (view->end > size / type->bytes)
            return bad_tensor(view->tensor.name, "needs more elements than its storage has");
        if (!type->to_float32) {
            file->n_skipped++;
            continue;
        }
        const char *from = view->tensor.count > 0 ? data + view->begin * type->bytes : data;
        MX_TRY(check_repeats(views, view));
        MX_TRY(mx_tensorfile_place(file, &view->tensor, type, from, view->strides));
        if ((const char *)view->tensor.data == from) *kept = true;
        file->tensors[view->slot] = view->tensor;
        file->n_tensors++;
    }
    return MX_OK;
}

void mx_torch_views_release(mx_torch_views *views) {
    free(views->items);
    *views = (mx_torch_views){0};
}
