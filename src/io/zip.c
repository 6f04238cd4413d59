#include "io/zip.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#ifdef MIXCL_WITH_ZIP
#include <zip.h>
#endif

bool mx_zip_sniff(const char *path) {
    char magic[4];
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    const int handle = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (handle < 0) return false;
    const bool whole = pread(handle, magic, sizeof magic, 0) == sizeof magic;
    close(handle);
    /* An archive without entries begins with its end. */
    return whole && (memcmp(magic, "PK\3\4", 4) == 0 || memcmp(magic, "PK\5\6", 4) == 0 ||
                     memcmp(magic, "PK\6\6", 4) == 0);
}

#ifdef MIXCL_WITH_ZIP

/* What unpacks to more than BOMB_BYTES may be BOMB_RATIO times its packed size. */
enum { BOMB_BYTES = 1 << 20, BOMB_RATIO = 200 };

typedef struct entry {
    const char *name;
    uint64_t index; /* in libzip's count, which has folders too */
    uint64_t size, packed;
    uint16_t method, encryption;
} entry;

struct mx_zip {
    zip_t *archive;
    char *path;
    entry *entries;
    const entry **by_name; /* sorted */
    size_t n_entries;
    mx_arena names;
};

static mx_status no_memory(const char *path) {
    return mx_fail(MX_MEMORY, "cannot open '%s': no memory for the archive's directory", path);
}

static mx_status open_file(FILE **out, uint64_t *bytes, const char *path) {
    struct stat info;
    const int handle = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (handle < 0) return mx_fail(MX_DATA, "cannot open '%s': %s", path, strerror(errno));
    mx_status status = MX_OK;
    if (fstat(handle, &info) != 0 || !S_ISREG(info.st_mode))
        status = mx_fail(MX_DATA, "cannot open '%s': not a regular file", path);
    else if (info.st_size == 0)
        status = mx_fail(MX_DATA, "cannot open '%s': the file is empty", path);
    else if ((*out = fdopen(handle, "rb")) == NULL)
        status = no_memory(path);
    else
        *bytes = (uint64_t)info.st_size;
    if (status != MX_OK) close(handle);
    return status;
}

static mx_status archive_error(zip_error_t *error, const char *path) {
    const char *reason = zip_error_strerror(error);
    switch (zip_error_code_zip(error)) {
    case ZIP_ER_MEMORY:
        return no_memory(path);
    case ZIP_ER_NOZIP:
        reason = mx_zip_sniff(path) ? "the archive is cut short: no directory at its end"
                                    : "not a zip archive";
        break;
    case ZIP_ER_INCONS:
        reason = "the archive's directory is damaged";
        break;
    case ZIP_ER_MULTIDISK:
        reason = "one part of an archive in several parts; join them with 'zip -s 0'";
        break;
    default:
        break;
    }
    return mx_fail(MX_DATA, "cannot open '%s': %s", path, reason);
}

/* `file` belongs to the archive, or is closed on failure. */
static mx_status open_archive(zip_t **out, FILE *file, const char *path) {
    zip_error_t error;
    mx_status status = MX_OK;
    zip_error_init(&error);
    zip_source_t *source = zip_source_filep_create(file, 0, -1, &error);
    *out = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    if (!*out) {
        status = archive_error(&error, path);
        if (source)
            zip_source_free(source);
        else
            fclose(file);
    }
    zip_error_fini(&error);
    return status;
}

/* Some programs for Windows write '\' between the parts; what a terminal would obey becomes '?'. */
static void clean_name(char *name) {
    for (char *c = name; *c; c++) {
        if (*c == '\\') *c = '/';
        if ((unsigned char)*c < ' ' || *c == 127) *c = '?';
    }
}

static bool points_outside(const char *name) {
    const bool drive = ((name[0] | 32) >= 'a' && (name[0] | 32) <= 'z') && name[1] == ':';
    if (name[0] == '/' || (drive && name[2] == '/')) return true;
    for (const char *part = name; part; part = strchr(part, '/')) {
        if (*part == '/') part++;
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')) return true;
    }
    return false;
}

/* Takes an entry's packed bytes off *left, those of the file that no entry has claimed. */
static mx_status claim_bytes(const mx_zip *zip, const entry *e, uint64_t *left) {
    const bool plain = e->method == ZIP_CM_STORE && e->encryption == ZIP_EM_NONE;
    if (e->packed > *left)
        return mx_fail(MX_DATA,
                       "cannot open '%s': the directory lies: '%s' overlaps other entries or ends "
                       "after the file",
                       zip->path, e->name);
    if (plain && e->packed != e->size)
        return mx_fail(MX_DATA,
                       "cannot open '%s': the directory lies: '%s' is stored as it is, but has "
                       "%" PRIu64 " bytes packed and %" PRIu64 " unpacked",
                       zip->path, e->name, e->packed, e->size);
    *left -= e->packed;
    return MX_OK;
}

static mx_status add_entry(mx_zip *zip, uint64_t index, uint64_t *left) {
    const zip_uint64_t needed =
        ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    zip_stat_t info;
    const char *raw = zip_get_name(zip->archive, index, ZIP_FL_ENC_GUESS);
    if (!raw || zip_stat_index(zip->archive, index, 0, &info) != 0 ||
        (info.valid & needed) != needed || raw[0] == '\0')
        return mx_fail(MX_DATA, "cannot open '%s': entry %" PRIu64 " of the directory is damaged",
                       zip->path, index + 1);
    char *name = mx_arena_strdup(&zip->names, raw);
    if (!name) return no_memory(zip->path);
    clean_name(name);
    if (points_outside(name))
        return mx_fail(MX_DATA, "cannot open '%s': the entry '%s' points outside the archive",
                       zip->path, name);
    entry *e = &zip->entries[zip->n_entries];
    *e = (entry){name, index, info.size, info.comp_size, info.comp_method, info.encryption_method};
    MX_TRY(claim_bytes(zip, e, left));
    if (name[strlen(name) - 1] != '/') zip->n_entries++;
    return MX_OK;
}

static int by_name(const void *a, const void *b) {
    const entry *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static mx_status sort_names(mx_zip *zip) {
    MX_TRY(mx_alloc(&zip->by_name, zip->n_entries, sizeof *zip->by_name));
    for (size_t i = 0; i < zip->n_entries; i++)
        zip->by_name[i] = &zip->entries[i];
    qsort(zip->by_name, zip->n_entries, sizeof *zip->by_name, by_name);
    for (size_t i = 1; i < zip->n_entries; i++)
        if (by_name(&zip->by_name[i - 1], &zip->by_name[i]) == 0)
            return mx_fail(MX_DATA, "cannot open '%s': two entries are called '%s'", zip->path,
                           zip->by_name[i]->name);
    return MX_OK;
}

static mx_status read_directory(mx_zip *zip, uint64_t file_bytes) {
    const zip_int64_t count = zip_get_num_entries(zip->archive, 0);
    MX_TRY(mx_alloc(&zip->entries, count > 0 ? (size_t)count : 0, sizeof *zip->entries));
    for (zip_int64_t i = 0; i < count; i++)
        MX_TRY(add_entry(zip, (uint64_t)i, &file_bytes));
    return sort_names(zip);
}

mx_status mx_zip_open(mx_zip **out, const char *path) {
    mx_zip *zip = NULL;
    FILE *file = NULL;
    uint64_t bytes = 0;
    mx_status status;
    *out = NULL;
    MX_GO(mx_alloc(&zip, 1, sizeof *zip));
    MX_GO(mx_strdup(&zip->path, path));
    MX_GO(open_file(&file, &bytes, path));
    MX_GO(open_archive(&zip->archive, file, path));
    MX_GO(read_directory(zip, bytes));
    *out = zip;
done:
    if (status != MX_OK) mx_zip_close(zip);
    return status;
}

void mx_zip_close(mx_zip *zip) {
    if (!zip) return;
    if (zip->archive) zip_discard(zip->archive);
    free(zip->path);
    free(zip->entries);
    free(zip->by_name);
    mx_arena_release(&zip->names);
    free(zip);
}

size_t mx_zip_count(const mx_zip *zip) {
    return zip->n_entries;
}

const char *mx_zip_name(const mx_zip *zip, size_t index) {
    return zip->entries[index].name;
}

uint64_t mx_zip_size(const mx_zip *zip, size_t index) {
    return zip->entries[index].size;
}

size_t mx_zip_find(const mx_zip *zip, const char *name) {
    const entry wanted = {.name = name}, *key = &wanted;
    const entry **found =
        bsearch(&key, zip->by_name, zip->n_entries, sizeof *zip->by_name, by_name);
    return found ? (size_t)(*found - zip->entries) : zip->n_entries;
}

static mx_status check_entry(const entry *e, uint64_t limit) {
    if (e->encryption != ZIP_EM_NONE)
        return mx_fail(MX_DATA, "it is encrypted; unpack the archive with its password first");
    if (e->method != ZIP_CM_STORE && e->method != ZIP_CM_DEFLATE)
        return mx_fail(MX_DATA, "packed by method %d, only stored and deflate are read; pack anew",
                       e->method);
    if (e->size > limit)
        return mx_fail(MX_DATA, "%" PRIu64 " bytes unpacked, allowed are %" PRIu64, e->size, limit);
    if (e->size > BOMB_BYTES && e->size / BOMB_RATIO > e->packed)
        return mx_fail(MX_DATA, "%" PRIu64 " bytes packed in %" PRIu64 ", taken for a zip bomb",
                       e->size, e->packed);
    return MX_OK;
}

static mx_status data_error(zip_error_t *error) {
    switch (zip_error_code_zip(error)) {
    case ZIP_ER_MEMORY:
        return mx_fail(MX_MEMORY, "no memory for unpacking");
    case ZIP_ER_CRC:
        return mx_fail(MX_DATA, "damaged: the checksum differs");
    case ZIP_ER_EOF:
        return mx_fail(MX_DATA, "cut short");
    default:
        return mx_fail(MX_DATA, "damaged: %s", zip_error_strerror(error));
    }
}

/* Reads `size` bytes and the end after them, which makes libzip compare the checksum. */
static mx_status read_bytes(zip_file_t *file, char *out, uint64_t size) {
    uint64_t done = 0;
    char extra;
    while (done < size) {
        const zip_int64_t got = zip_fread(file, out + done, size - done);
        if (got < 0) return data_error(zip_file_get_error(file));
        if (got == 0)
            return mx_fail(MX_DATA, "cut short at byte %" PRIu64 " of %" PRIu64, done, size);
        done += (uint64_t)got;
    }
    const zip_int64_t got = zip_fread(file, &extra, 1);
    if (got < 0) return data_error(zip_file_get_error(file));
    if (got > 0)
        return mx_fail(MX_DATA, "longer than the %" PRIu64 " bytes that the directory says", size);
    return MX_OK;
}

static mx_status append_entry(mx_zip *zip, const entry *e, mx_buf *out, uint64_t limit) {
    size_t needed = 0;
    MX_TRY(check_entry(e, limit));
    if (e->size >= SIZE_MAX || !mx_size_add(out->length, (size_t)e->size + 1, &needed))
        return mx_fail(MX_MEMORY, "%" PRIu64 " bytes exceed the address space", e->size);
    MX_TRY(mx_grow(&out->data, &out->capacity, needed, 1));
    zip_file_t *file = zip_fopen_index(zip->archive, e->index, 0);
    if (!file) return data_error(zip_get_error(zip->archive));
    const mx_status status = read_bytes(file, out->data + out->length, e->size);
    zip_fclose(file);
    if (status == MX_OK) out->length = needed - 1;
    out->data[out->length] = '\0';
    return status;
}

mx_status mx_zip_read(mx_zip *zip, size_t index, mx_buf *out, uint64_t limit) {
    const entry *e = &zip->entries[index];
    return mx_context(append_entry(zip, e, out, limit), "cannot read '%s' in '%s'", e->name,
                      zip->path);
}

#else

mx_status mx_zip_open(mx_zip **out, const char *path) {
    *out = NULL;
    return mx_fail(MX_USAGE,
                   "cannot open '%s': this mixcl was built without libzip; unpack the archive, or "
                   "build with -DMIXCL_ZIP=ON",
                   path);
}

/* Never called: no archive was opened. */
void mx_zip_close(mx_zip *zip) {
    (void)zip;
}

size_t mx_zip_count(const mx_zip *zip) {
    (void)zip;
    return 0;
}

const char *mx_zip_name(const mx_zip *zip, size_t entry) {
    (void)zip, (void)entry;
    return "";
}

uint64_t mx_zip_size(const mx_zip *zip, size_t entry) {
    (void)zip, (void)entry;
    return 0;
}

size_t mx_zip_find(const mx_zip *zip, const char *name) {
    (void)zip, (void)name;
    return 0;
}

mx_status mx_zip_read(mx_zip *zip, size_t entry, mx_buf *out, uint64_t limit) {
    (void)zip, (void)entry, (void)out, (void)limit;
    return MX_USAGE;
}

#endif
