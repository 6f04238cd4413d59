#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"
#include "io/printable.h"
#include "io/tensorfile_internal.h"

/* An 8-byte little-endian header length, the header, then the tensors one after another. */
enum { LENGTH_BYTES = 8 };
#define HEADER_LIMIT ((size_t)100 << 20) /* as the safetensors package has it */

static uint64_t get_length(const char *bytes) {
    uint64_t length = 0;
    for (int i = 0; i < LENGTH_BYTES; i++)
        length |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return length;
}

static mx_status bad_tensor(const char *name, const char *why) {
    return mx_fail(MX_DATA, "tensor '%s' %s; the file is damaged or not a .safetensors",
                   mx_printable_text(name).text, why);
}

static mx_status read_type(const char *name, const json_t *dtype, const mx_element_type **out) {
    const char *text = json_string_value(dtype);
    if (!text) return bad_tensor(name, "has no dtype");
    *out = mx_element_type_of_dtype(text);
    if (*out) return MX_OK;
    return mx_fail(MX_DATA, "tensor '%s' is of dtype '%s'; save it as F32, F16, BF16 or F64",
                   mx_printable_text(name).text, mx_printable_text(text).text);
}

static mx_status read_shape(mx_file_tensor *tensor, const json_t *shape) {
    if (!json_is_array(shape) || json_array_size(shape) > MX_TENSOR_RANK)
        return bad_tensor(tensor->name, "has no shape of at most 8 dimensions");
    tensor->rank = (int)json_array_size(shape);
    tensor->count = 1;
    for (int d = 0; d < tensor->rank; d++) {
        const json_t *dim = json_array_get(shape, (size_t)d);
        tensor->dims[d] = json_integer_value(dim);
        if (!json_is_integer(dim) || tensor->dims[d] < 0 ||
            !mx_size_mul(tensor->count, (size_t)tensor->dims[d], &tensor->count))
            return bad_tensor(tensor->name, "has a shape that is out of range");
    }
    return MX_OK;
}

/* Two whole numbers. */
static bool is_pair(const json_t *offsets) {
    return json_array_size(offsets) == 2 && json_is_integer(json_array_get(offsets, 0)) &&
           json_is_integer(json_array_get(offsets, 1));
}

/* Checks one entry; its data must begin at *next, which moves past it. */
static mx_status read_tensor(mx_file_tensor *tensor, const mx_element_type **type,
                             const json_t *entry, size_t bytes, size_t *next) {
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_int_t begin = json_integer_value(json_array_get(offsets, 0));
    const json_int_t end = json_integer_value(json_array_get(offsets, 1));
    size_t size = 0;
    MX_TRY(read_type(tensor->name, json_object_get(entry, "dtype"), type));
    MX_TRY(read_shape(tensor, json_object_get(entry, "shape")));
    if (!is_pair(offsets) || begin < 0 || (uint64_t)begin != *next || end < begin)
        return bad_tensor(tensor->name, "has data_offsets that leave holes or overlap");
    if (!mx_size_mul(tensor->count, (*type)->bytes, &size) || (uint64_t)(end - begin) != size ||
        (uint64_t)end > bytes)
        return bad_tensor(tensor->name, "has more or less data than its shape needs");
    *next = (size_t)end;
    return MX_OK;
}

static mx_status read_notes(mx_tensorfile *file, json_t *metadata) {
    const char *key;
    json_t *text;
    MX_TRY(mx_alloc(&file->notes, json_object_size(metadata), sizeof *file->notes));
    json_object_foreach(metadata, key, text) {
        if (json_is_string(text))
            file->notes[file->n_notes++] = (mx_file_note){key, json_string_value(text)};
    }
    return MX_OK;
}

typedef struct entry {
    const char *name;
    json_t *value;
    json_int_t begin, end;
} entry;

/* Empty tensors come before the one that begins where they are. */
static int by_place(const void *a, const void *b) {
    const entry *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* The entries in the order of their data: the header may have them in any. */
static mx_status sorted_entries(json_t *header, entry **out, size_t *count) {
    const char *name;
    json_t *value;
    *count = 0;
    MX_TRY(mx_alloc(out, json_object_size(header), sizeof **out));
    json_object_foreach(header, name, value) {
        if (strcmp(name, "__metadata__") == 0) continue;
        const json_t *offsets = json_object_get(value, "data_offsets");
        (*out)[(*count)++] = (entry){name, value, json_integer_value(json_array_get(offsets, 0)),
                                     json_integer_value(json_array_get(offsets, 1))};
    }
    qsort(*out, *count, sizeof **out, by_place);
    return MX_OK;
}

static mx_status read_tensors(mx_tensorfile *file, const char *data, size_t bytes) {
    entry *entries = NULL;
    size_t count = 0, next = 0;
    mx_status status;
    MX_GO(sorted_entries(file->header, &entries, &count));
    MX_GO(mx_alloc(&file->tensors, count, sizeof *file->tensors));
    for (size_t i = 0; i < count; i++) {
        const mx_element_type *type = NULL;
        const char *from = data + next;
        mx_file_tensor tensor = {.name = entries[i].name};
        MX_GO(read_tensor(&tensor, &type, entries[i].value, bytes, &next));
        if (!type->to_float32) {
            file->n_skipped++;
            continue;
        }
        MX_GO(mx_tensorfile_place(file, &tensor, type, from, NULL));
        file->tensors[file->n_tensors++] = tensor;
    }
    if (next != bytes) status = mx_fail(MX_DATA, "%zu bytes after the last tensor", bytes - next);
done:
    free(entries);
    return status;
}

static mx_status parse(mx_tensorfile *file, const mx_buf *bytes) {
    json_error_t problem;
    if (bytes->length < LENGTH_BYTES) return mx_fail(MX_DATA, "too short for a .safetensors file");
    const uint64_t length = get_length(bytes->data);
    if (length > HEADER_LIMIT || length > bytes->length - LENGTH_BYTES)
        return mx_fail(MX_DATA, "a header of %" PRIu64 " bytes cannot be; not a .safetensors file",
                       length);
    file->header =
        json_loadb(bytes->data + LENGTH_BYTES, (size_t)length, JSON_REJECT_DUPLICATES, &problem);
    if (!json_is_object((json_t *)file->header))
        return mx_fail(MX_DATA, "the header is not JSON (byte %d: %s)", problem.position,
                       mx_printable_text(problem.text).text);
    MX_TRY(read_notes(file, json_object_get(file->header, "__metadata__")));
    return read_tensors(file, bytes->data + LENGTH_BYTES + length,
                        bytes->length - LENGTH_BYTES - (size_t)length);
}

mx_status mx_tensorfile_read(mx_tensorfile *out, const char *path) {
    mx_status status;
    *out = (mx_tensorfile){0};
    MX_GO(mx_alloc(&out->blocks, 1, sizeof *out->blocks));
    out->n_blocks = 1;
    MX_GO(mx_read_file(out->blocks, path, MX_TENSORFILE_LIMIT));
    MX_GO(mx_context(parse(out, out->blocks), "cannot read '%s'", path));
done:
    if (status != MX_OK) mx_tensorfile_release(out);
    return status;
}
