#include "io/tensorfile.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"

/* An 8-byte little-endian header length, the header, then the tensors one after another. */
enum { LENGTH_BYTES = 8 };
#define HEADER_LIMIT ((size_t)100 << 20) /* as the safetensors package has it */
#define FILE_LIMIT ((size_t)16 << 30)

static void put_length(mx_buf *out, uint64_t length) {
    unsigned char bytes[LENGTH_BYTES];
    for (int i = 0; i < LENGTH_BYTES; i++)
        bytes[i] = (unsigned char)(length >> (8 * i));
    mx_buf_append(out, bytes, sizeof bytes);
}

static uint64_t get_length(const char *bytes) {
    uint64_t length = 0;
    for (int i = 0; i < LENGTH_BYTES; i++)
        length |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return length;
}

static json_t *tensor_entry(const mx_file_tensor *tensor, size_t begin) {
    json_t *shape = json_array();
    for (int d = 0; d < tensor->rank; d++)
        json_array_append_new(shape, json_integer(tensor->dims[d]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets",
                     (json_int_t)begin, (json_int_t)(begin + tensor->count * sizeof(float)));
}

static json_t *build_header(const mx_file_tensor *tensors, size_t n_tensors,
                            const mx_file_note *notes, size_t n_notes) {
    json_t *header = json_object(), *metadata = json_object();
    size_t begin = 0;
    for (size_t i = 0; i < n_notes; i++)
        json_object_set_new(metadata, notes[i].key, json_string(notes[i].text));
    json_object_set_new(header, "__metadata__", metadata);
    for (size_t i = 0; i < n_tensors; i++) {
        json_object_set_new(header, tensors[i].name, tensor_entry(&tensors[i], begin));
        begin += tensors[i].count * sizeof(float);
    }
    return header;
}

mx_status mx_tensorfile_write(const char *path, const mx_file_tensor *tensors, size_t n_tensors,
                              const mx_file_note *notes, size_t n_notes) {
    json_t *header = build_header(tensors, n_tensors, notes, n_notes);
    char *text = json_dumps(header, JSON_COMPACT);
    mx_buf file = {0};
    json_decref(header);
    if (!text) return mx_fail(MX_MEMORY, "cannot build the header of '%s'", path);
    /* Spaces after the header keep the tensors 8-byte aligned. */
    const size_t length = (strlen(text) + 7) / 8 * 8;
    put_length(&file, length);
    mx_buf_printf(&file, "%-*s", (int)length, text);
    free(text);
    for (size_t i = 0; i < n_tensors; i++)
        mx_buf_append(&file, tensors[i].data, tensors[i].count * sizeof(float));
    mx_status status = mx_buf_check(&file);
    if (status == MX_OK) status = mx_write_atomic(path, file.data, file.length);
    mx_buf_release(&file);
    return status;
}

static mx_status bad_tensor(const char *name, const char *why) {
    return mx_fail(MX_DATA, "tensor '%s' %s; the file is damaged or not a .safetensors of float32",
                   name, why);
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

/* Reads one entry; its data must begin at *next, which moves past it. */
static mx_status read_tensor(mx_file_tensor *tensor, const json_t *entry, const char *data,
                             size_t bytes, size_t *next) {
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_int_t begin = json_integer_value(json_array_get(offsets, 0));
    const json_int_t end = json_integer_value(json_array_get(offsets, 1));
    size_t size = 0;
    if (!dtype || strcmp(dtype, "F32") != 0) return bad_tensor(tensor->name, "is not of dtype F32");
    MX_TRY(read_shape(tensor, json_object_get(entry, "shape")));
    if (!is_pair(offsets) || begin < 0 || (uint64_t)begin != *next || end < begin)
        return bad_tensor(tensor->name, "has data_offsets that leave holes or overlap");
    if (!mx_size_mul(tensor->count, sizeof(float), &size) || (uint64_t)(end - begin) != size ||
        (uint64_t)end > bytes)
        return bad_tensor(tensor->name, "has more or less data than its shape needs");
    tensor->data = (const float *)(const void *)(data + begin);
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
        file->tensors[i].name = entries[i].name;
        MX_GO(read_tensor(&file->tensors[i], entries[i].value, data, bytes, &next));
        file->n_tensors++;
    }
    if (next != bytes) status = mx_fail(MX_DATA, "%zu bytes after the last tensor", bytes - next);
done:
    free(entries);
    return status;
}

static mx_status parse(mx_tensorfile *file) {
    json_error_t problem;
    if (file->bytes.length < LENGTH_BYTES)
        return mx_fail(MX_DATA, "too short for a .safetensors file");
    const uint64_t length = get_length(file->bytes.data);
    if (length > HEADER_LIMIT || length % 4 != 0 || length > file->bytes.length - LENGTH_BYTES)
        return mx_fail(MX_DATA, "a header of %" PRIu64 " bytes cannot be; not a .safetensors file",
                       length);
    file->header = json_loadb(file->bytes.data + LENGTH_BYTES, (size_t)length,
                              JSON_REJECT_DUPLICATES, &problem);
    if (!json_is_object((json_t *)file->header))
        return mx_fail(MX_DATA, "the header is not JSON (byte %d: %s)", problem.position,
                       problem.text);
    MX_TRY(read_notes(file, json_object_get(file->header, "__metadata__")));
    return read_tensors(file, file->bytes.data + LENGTH_BYTES + length,
                        file->bytes.length - LENGTH_BYTES - (size_t)length);
}

mx_status mx_tensorfile_read(mx_tensorfile *out, const char *path) {
    *out = (mx_tensorfile){0};
    mx_status status = mx_read_file(&out->bytes, path, FILE_LIMIT);
    if (status == MX_OK) status = mx_context(parse(out), "cannot read '%s'", path);
    if (status != MX_OK) mx_tensorfile_release(out);
    return status;
}

const mx_file_tensor *mx_tensorfile_find(const mx_tensorfile *file, const char *name) {
    for (size_t i = 0; i < file->n_tensors; i++)
        if (strcmp(file->tensors[i].name, name) == 0) return &file->tensors[i];
    return NULL;
}

const char *mx_tensorfile_note(const mx_tensorfile *file, const char *key) {
    for (size_t i = 0; i < file->n_notes; i++)
        if (strcmp(file->notes[i].key, key) == 0) return file->notes[i].text;
    return NULL;
}

void mx_tensorfile_release(mx_tensorfile *file) {
    json_decref(file->header);
    free(file->tensors);
    free(file->notes);
    mx_buf_release(&file->bytes);
    *file = (mx_tensorfile){0};
}
