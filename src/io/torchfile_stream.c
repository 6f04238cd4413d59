#include "io/torchfile_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "io/printable.h"

/* The stream: pickles of the magic number, the protocol's version, the writer's properties, the
 * object and the list of keys; then for each key an 8-byte count and the elements. */
enum { STREAM_VERSION = 1001, COUNT_BYTES = 8 };
static const char magic[] = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"; /* little-endian */

/* PyTorch before 0.2 wrote a tar archive. */
enum { TAR_MAGIC_AT = 257 };
static const char tar_magic[] = "ustar";

/* A storage that some tensor of the file has. */
typedef struct stored {
    mx_torch_storage storage;
    const char *data; /* NULL until it is found */
    size_t bytes;
} stored;

typedef struct stream_reader {
    char *bytes;
    size_t length, at;
    stored *storages; /* sorted by key */
    size_t n_storages;
} stream_reader;

static mx_status next_pickle(stream_reader *reader, mx_pickle *out) {
    const mx_status status = mx_pickle_read(out, reader->bytes + reader->at,
                                            reader->length - reader->at, mx_torch_globals);
    if (status != MX_OK) return mx_context(status, "from byte %zu", reader->at);
    reader->at += out->length;
    return MX_OK;
}

static mx_status check_magic(stream_reader *reader) {
    mx_pickle pickle = {0};
    const bool is_tar = reader->length > TAR_MAGIC_AT + sizeof tar_magic &&
                        memcmp(reader->bytes + TAR_MAGIC_AT, tar_magic, sizeof tar_magic - 1) == 0;
    if (is_tar)
        return mx_fail(MX_DATA, "a tar archive, as PyTorch before 0.2 wrote them; load it with "
                                "PyTorch and torch.save it again");
    if (reader->length == 0) return mx_fail(MX_DATA, "the file is empty");
    MX_TRY(next_pickle(reader, &pickle));
    const mx_pickle_value *root = pickle.root;
    const bool good = root->kind == MX_PICKLE_LONG && root->length == sizeof magic - 1 &&
                      memcmp(root->text, magic, root->length) == 0;
    mx_pickle_release(&pickle);
    return good ? MX_OK
                : mx_fail(MX_DATA, "a pickle that torch.save did not write; save "
                                   "model.state_dict() with torch.save");
}

static mx_status check_version(stream_reader *reader) {
    mx_pickle pickle = {0};
    MX_TRY(next_pickle(reader, &pickle));
    const bool good = pickle.root->kind == MX_PICKLE_INT && pickle.root->integer == STREAM_VERSION;
    mx_pickle_release(&pickle);
    return good ? MX_OK : mx_fail(MX_DATA, "an unknown version of torch.save's stream");
}

static mx_status check_writer(stream_reader *reader) {
    mx_pickle pickle = {0};
    MX_TRY(next_pickle(reader, &pickle));
    const mx_pickle_value *order =
        pickle.root->kind == MX_PICKLE_DICT ? mx_pickle_find(pickle.root, "little_endian") : NULL;
    const bool good = order && order->kind == MX_PICKLE_BOOL && order->integer;
    mx_pickle_release(&pickle);
    return good ? MX_OK
                : mx_fail(MX_DATA, "its byte order is not little-endian; save it on a "
                                   "little-endian computer");
}

static int by_key(const void *a, const void *b) {
    const mx_torch_storage *x = &((const stored *)a)->storage, *y = &((const stored *)b)->storage;
    return mx_torch_key_compare(x->key, x->key_length, y->key, y->key_length);
}

/* Every storage of the object, once. */
static mx_status note_storages(stream_reader *reader, const mx_pickle *object) {
    size_t count = 0;
    MX_TRY(mx_alloc(&reader->storages, object->n_persistent, sizeof *reader->storages));
    for (size_t i = 0; i < object->n_persistent; i++)
        MX_TRY(mx_torch_storage_read(&reader->storages[i].storage, object->persistent[i]));
    qsort(reader->storages, object->n_persistent, sizeof *reader->storages, by_key);
    for (size_t i = 0; i < object->n_persistent; i++)
        if (count == 0 || by_key(&reader->storages[count - 1], &reader->storages[i]) != 0)
            reader->storages[count++] = reader->storages[i];
    reader->n_storages = count;
    return MX_OK;
}

static stored *find_storage(const stream_reader *reader, const char *key, size_t length) {
    const stored wanted = {.storage = {.key = key, .key_length = length}};
    return bsearch(&wanted, reader->storages, reader->n_storages, sizeof wanted, by_key);
}

static mx_status bad_storage(const mx_pickle_value *key, const char *why) {
    return mx_fail(MX_DATA, "the storage '%s' %s; the file is damaged",
                   mx_printable_bytes(key->text, key->length).text, why);
}

/* Moves the elements down over their count, so that they are aligned. */
static mx_status take_storage(stream_reader *reader, const mx_pickle_value *key) {
    stored *found = find_storage(reader, key->text, key->length);
    uint64_t count = 0;
    if (!found) return bad_storage(key, "is of no tensor");
    if (found->data) return bad_storage(key, "comes twice");
    if (reader->length - reader->at < COUNT_BYTES) return bad_storage(key, "is cut short");
    memcpy(&count, reader->bytes + reader->at, sizeof count);
    reader->at += COUNT_BYTES;
    if (count > (reader->length - reader->at) / found->storage.type->bytes)
        return bad_storage(key, "is cut short");
    char *data = reader->bytes + reader->at;
    found->bytes = (size_t)count * found->storage.type->bytes;
    found->data = memmove(data - (uintptr_t)data % COUNT_BYTES, data, found->bytes);
    reader->at += found->bytes;
    return MX_OK;
}

static mx_status take_storages(stream_reader *reader, const mx_pickle_value *keys) {
    if (keys->kind != MX_PICKLE_LIST)
        return mx_fail(MX_DATA, "the list of storages is none; the file is damaged");
    for (size_t i = 0; i < keys->n_items; i++) {
        if (keys->items[i]->kind != MX_PICKLE_TEXT)
            return mx_fail(MX_DATA, "the key of storage %zu is no text; the file is damaged", i);
        MX_TRY(take_storage(reader, keys->items[i]));
    }
    return MX_OK;
}

static mx_status place_views(stream_reader *reader, mx_tensorfile *file, mx_torch_views *views) {
    for (size_t begin = 0, end = 0; begin < views->count; begin = end) {
        const mx_torch_view *view = &views->items[begin];
        const stored *found = find_storage(reader, view->storage.key, view->storage.key_length);
        bool kept = false;
        end = mx_torch_views_group(views, begin);
        if (!found || !found->data)
            return mx_fail(MX_DATA, "no storage '%s', that of tensor '%s'; the file is damaged",
                           mx_printable_bytes(view->storage.key, view->storage.key_length).text,
                           mx_printable_text(view->tensor.name).text);
        MX_TRY(mx_torch_views_place(views, begin, end, file, found->data, found->bytes, &kept));
    }
    return MX_OK;
}

static mx_status parse(stream_reader *reader, mx_tensorfile *file) {
    mx_pickle object = {0}, keys = {0};
    mx_torch_views views = {0};
    mx_status status;
    MX_GO(check_magic(reader));
    MX_GO(check_version(reader));
    MX_GO(check_writer(reader));
    MX_GO(next_pickle(reader, &object));
    MX_GO(mx_torch_views_read(&views, file, object.root));
    MX_GO(note_storages(reader, &object));
    MX_GO(next_pickle(reader, &keys));
    MX_GO(take_storages(reader, keys.root));
    MX_GO(place_views(reader, file, &views));
done:
    mx_torch_views_release(&views);
    mx_pickle_release(&keys);
    mx_pickle_release(&object);
    return status;
}

mx_status mx_torchfile_read_stream(mx_tensorfile *out, const char *path) {
    MX_TRY(mx_alloc(&out->blocks, 1, sizeof *out->blocks));
    out->n_blocks = 1;
    MX_TRY(mx_read_file(out->blocks, path, MX_TENSORFILE_LIMIT));
    stream_reader reader = {.bytes = out->blocks->data, .length = out->blocks->length};
    const mx_status status = parse(&reader, out);
    free(reader.storages);
    return mx_context(status, "cannot read '%s'", path);
}
