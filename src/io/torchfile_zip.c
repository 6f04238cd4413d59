#include "io/torchfile_internal.h"

#include <string.h>

#include "io/printable.h"
#include "io/zip.h"

#define PICKLE_LIMIT ((size_t)64 << 20)
#define PICKLE_NAME "data.pkl"

typedef struct zip_reader {
    mx_zip *zip;
    const char *path;
    size_t pickle;   /* the entry PREFIX/data.pkl */
    mx_buf name;     /* scratch, for the names of entries */
    uint64_t budget; /* bytes that storages may still take */
} zip_reader;

static mx_status find_pickle(zip_reader *reader) {
    for (size_t i = 0; i < mx_zip_count(reader->zip); i++) {
        const char *name = mx_zip_name(reader->zip, i), *slash = strrchr(name, '/');
        reader->pickle = i;
        if (strcmp(slash ? slash + 1 : name, PICKLE_NAME) == 0) return MX_OK;
    }
    return mx_fail(MX_DATA,
                   "cannot read '%s': a zip archive without " PICKLE_NAME
                   "; not written by torch.save",
                   reader->path);
}

/* The entry PREFIX/FOLDER/KEY. */
static mx_status find_entry(zip_reader *reader, const char *folder, const char *key, size_t length,
                            size_t *entry) {
    const char *name = mx_zip_name(reader->zip, reader->pickle);
    mx_buf_clear(&reader->name);
    mx_buf_append(&reader->name, name, strlen(name) - strlen(PICKLE_NAME));
    mx_buf_puts(&reader->name, folder);
    mx_buf_append(&reader->name, key, length);
    MX_TRY(mx_buf_check(&reader->name));
    *entry = mx_zip_find(reader->zip, mx_buf_text(&reader->name));
    return MX_OK;
}

/* Archives of PyTorch before 2.1 do not say; theirs are little-endian too. */
static mx_status check_byte_order(zip_reader *reader) {
    static const char key[] = "byteorder";
    size_t entry = 0;
    mx_buf order = {0};
    MX_TRY(find_entry(reader, "", key, sizeof key - 1, &entry));
    if (entry == mx_zip_count(reader->zip)) return MX_OK;
    mx_status status = mx_zip_read(reader->zip, entry, &order, 64);
    if (status == MX_OK && strcmp(mx_buf_text(&order), "little") != 0)
        status = mx_fail(MX_DATA,
                         "cannot read '%s': its byte order is '%s'; save it on a "
                         "little-endian computer",
                         reader->path, mx_printable_bytes(order.data, order.length).text);
    mx_buf_release(&order);
    return status;
}

static mx_status read_group(zip_reader *reader, mx_tensorfile *file, mx_torch_views *views,
                            size_t begin, size_t end) {
    const mx_torch_view *view = &views->items[begin];
    mx_buf *block = &file->blocks[file->n_blocks];
    size_t entry = 0;
    bool kept = false;
    MX_TRY(find_entry(reader, "data/", view->storage.key, view->storage.key_length, &entry));
    if (entry == mx_zip_count(reader->zip))
        return mx_fail(MX_DATA,
                       "cannot read '%s': no entry '%s', the storage of tensor '%s'; the "
                       "file is damaged",
                       reader->path, mx_printable_text(mx_buf_text(&reader->name)).text,
                       mx_printable_text(view->tensor.name).text);
    file->n_blocks++;
    MX_TRY(mx_zip_read(reader->zip, entry, block, reader->budget));
    reader->budget -= block->length;
    MX_TRY(
        mx_context(mx_torch_views_place(views, begin, end, file, block->data, block->length, &kept),
                   "cannot read '%s'", reader->path));
    if (kept) return MX_OK;
    file->n_blocks--;
    mx_buf_release(block);
    return MX_OK;
}

static mx_status read_storages(zip_reader *reader, mx_tensorfile *file, mx_torch_views *views) {
    MX_TRY(mx_alloc(&file->blocks, views->count, sizeof *file->blocks));
    for (size_t begin = 0, end = 0; begin < views->count; begin = end) {
        end = mx_torch_views_group(views, begin);
        MX_TRY(read_group(reader, file, views, begin, end));
    }
    return MX_OK;
}

mx_status mx_torchfile_read_zip(mx_tensorfile *out, const char *path) {
    zip_reader reader = {.path = path, .budget = MX_TENSORFILE_LIMIT};
    mx_buf bytes = {0};
    mx_pickle pickle = {0};
    mx_torch_views views = {0};
    mx_status status;
    MX_GO(mx_zip_open(&reader.zip, path));
    MX_GO(find_pickle(&reader));
    MX_GO(check_byte_order(&reader));
    MX_GO(mx_zip_read(reader.zip, reader.pickle, &bytes, PICKLE_LIMIT));
    MX_GO(mx_context(mx_pickle_read(&pickle, bytes.data, bytes.length, mx_torch_globals),
                     "cannot read '%s'", path));
    MX_GO(mx_context(mx_torch_views_read(&views, out, pickle.root), "cannot read '%s'", path));
    MX_GO(read_storages(&reader, out, &views));
done:
    mx_torch_views_release(&views);
    mx_pickle_release(&pickle);
    mx_buf_release(&bytes);
    mx_buf_release(&reader.name);
    if (reader.zip) mx_zip_close(reader.zip);
    return status;
}
