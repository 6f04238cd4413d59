#include "io/tensorfile.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"

enum { LENGTH_BYTES = 8 }; /* of the header's length, before the header */

static void put_length(mx_buf *out, uint64_t length) {
    unsigned char bytes[LENGTH_BYTES];
    for (int i = 0; i < LENGTH_BYTES; i++)
        bytes[i] = (unsigned char)(length >> (8 * i));
    mx_buf_append(out, bytes, sizeof bytes);
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
    mx_buf start = {0};
    mx_bytes *parts = NULL;
    mx_status status;
    json_decref(header);
    if (!text) return mx_fail(MX_MEMORY, "cannot build the header of '%s'", path);
    /* Spaces after the header keep the tensors 8-byte aligned. */
    const size_t length = (strlen(text) + 7) / 8 * 8;
    put_length(&start, length);
    mx_buf_printf(&start, "%-*s", (int)length, text);
    MX_GO(mx_buf_check(&start));
    MX_GO(mx_alloc(&parts, n_tensors + 1, sizeof *parts));
    parts[0] = (mx_bytes){start.data, start.length};
    for (size_t i = 0; i < n_tensors; i++)
        parts[i + 1] = (mx_bytes){tensors[i].data, tensors[i].count * sizeof(float)};
    MX_GO(mx_write_atomic_parts(path, parts, n_tensors + 1));
done:
    free(text);
    free(parts);
    mx_buf_release(&start);
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

void mx_tensorfile_strip_module(mx_tensorfile *file) {
    static const char prefix[] = "module.";
    const size_t length = sizeof prefix - 1;
    for (size_t i = 0; i < file->n_tensors; i++)
        if (strncmp(file->tensors[i].name, prefix, length) != 0) return;
    for (size_t i = 0; i < file->n_tensors; i++)
        file->tensors[i].name += length;
}

void mx_tensorfile_release(mx_tensorfile *file) {
    json_decref(file->header);
    free(file->tensors);
    free(file->notes);
    for (size_t i = 0; i < file->n_blocks; i++)
        mx_buf_release(&file->blocks[i]);
    free(file->blocks);
    mx_arena_release(&file->arena);
    *file = (mx_tensorfile){0};
}
