/* KEY.partial, from its creation or what a kill left of it, to its renaming. */
#ifdef __linux__
#define _GNU_SOURCE /* sync_file_range */
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "data/pack_file_internal.h"

static const uint32_t RECORD_MAGIC = 0x4B4E4843; /* "CHNK" */

/* Begins the record of a finished chunk. The body is a CRC-32 a picture, then the faults. */
typedef struct record {
    uint32_t magic, chunk, body_bytes;
    uint32_t body_sum, sum; /* CRC-32 of the body, and of this struct up to here */
} record;

struct mx_pack_writer {
    mx_pack_id id;
    char *partial, *complete; /* paths */
    int file;                 /* -1 when not open; locked while it is */
    size_t chunk, n_chunks;
    uint32_t *sums;        /* one per picture */
    bool *has;             /* one per chunk */
    uint64_t records;      /* where the next record goes */
    pthread_mutex_t mutex; /* of `records` */
    bool finished;
};

static mx_status fail_write(const mx_pack_writer *writer, int reason) {
    return mx_fail(MX_WRITE, "cannot write '%s': %s", writer->partial, strerror(reason));
}

static uint64_t slot_at(const mx_pack_writer *writer, size_t picture) {
    return MX_PACK_HEADER_BYTES + (uint64_t)picture * mx_pack_picture_bytes(&writer->id);
}

/* Pictures of a chunk; the last may have fewer. */
static size_t chunk_count(const mx_pack_writer *writer, size_t chunk) {
    const size_t left = writer->id.count - chunk * writer->chunk;
    return left < writer->chunk ? left : writer->chunk;
}

static mx_status lock(const mx_pack_writer *writer) {
    if (flock(writer->file, LOCK_EX | LOCK_NB) == 0) return MX_OK;
    if (errno == EWOULDBLOCK) {
        mx_info("another process prepares the same pictures; waiting for it");
        int failed;
        while ((failed = flock(writer->file, LOCK_EX)) != 0 && errno == EINTR) {
        }
        if (!failed) return MX_OK;
    }
    return mx_fail(MX_WRITE, "cannot lock '%s': %s", writer->partial, strerror(errno));
}

/* False when the file was renamed or removed by the one that had the lock before. */
static bool is_in_place(const mx_pack_writer *writer) {
    struct stat opened, named;
    return fstat(writer->file, &opened) == 0 && stat(writer->partial, &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static mx_status open_locked(mx_pack_writer *writer) {
    for (;;) {
        writer->file = open(writer->partial, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (writer->file < 0)
            return mx_fail(MX_WRITE, "cannot create '%s': %s", writer->partial, strerror(errno));
        const mx_status status = lock(writer);
        if (status == MX_OK && is_in_place(writer)) return MX_OK;
        close(writer->file);
        writer->file = -1;
        MX_TRY(status);
    }
}

static mx_status join_name(char **out, const char *folder, const char *key, const char *ending) {
    char name[2 * MX_SHA256_BYTES + 16];
    snprintf(name, sizeof name, "%s.%s", key, ending);
    return mx_path_join(out, folder, name);
}

mx_status mx_pack_writer_open(mx_pack_writer **out, const char *folder, const mx_pack_id *id) {
    mx_pack_writer *writer = NULL;
    mx_status status;
    *out = NULL;
    MX_TRY(mx_alloc(&writer, 1, sizeof *writer));
    writer->id = *id;
    writer->file = -1;
    writer->chunk = mx_pack_chunk(id);
    writer->n_chunks = (id->count + writer->chunk - 1) / writer->chunk;
    pthread_mutex_init(&writer->mutex, NULL);
    MX_GO(join_name(&writer->partial, folder, id->key, "partial"));
    MX_GO(join_name(&writer->complete, folder, id->key, "pack"));
    MX_GO(mx_alloc(&writer->sums, id->count, sizeof *writer->sums));
    MX_GO(mx_alloc(&writer->has, writer->n_chunks, sizeof *writer->has));
    MX_GO(open_locked(writer));
    *out = writer;
done:
    if (status != MX_OK) mx_pack_writer_close(writer);
    return status;
}

/* True when the slots of a chunk hold what its record says. */
static bool pixels_match(const mx_pack_writer *writer, size_t first, size_t count, const char *sums,
                         uint8_t *scratch) {
    const size_t bytes = mx_pack_picture_bytes(&writer->id);
    if (!mx_pack_read_at(writer->file, scratch, count * bytes, slot_at(writer, first)))
        return false;
    for (size_t i = 0; i < count; i++) {
        const uint32_t sum = mx_pack_sum(scratch + i * bytes, bytes);
        if (memcmp(&sum, sums + i * sizeof sum, sizeof sum) != 0) return false;
    }
    return true;
}

/* Reads the record at `at` into `head` and `body`; false at the first that is not whole. */
static bool read_record(const mx_pack_writer *writer, uint64_t at, uint64_t end, record *head,
                        mx_buf *body) {
    if (end - at < sizeof *head || !mx_pack_read_at(writer->file, head, sizeof *head, at) ||
        head->magic != RECORD_MAGIC ||
        head->sum != mx_pack_sum((const uint8_t *)head, offsetof(record, sum)) ||
        head->chunk >= writer->n_chunks || head->body_bytes > end - at - sizeof *head)
        return false;
    mx_buf_clear(body);
    if (mx_grow(&body->data, &body->capacity, head->body_bytes, 1) != MX_OK ||
        !mx_pack_read_at(writer->file, body->data, head->body_bytes, at + sizeof *head))
        return false;
    body->length = head->body_bytes;
    return head->body_bytes >= chunk_count(writer, head->chunk) * sizeof(uint32_t) &&
           head->body_sum == mx_pack_sum((const uint8_t *)body->data, body->length);
}

/* Takes a chunk when both its record and its pixels are whole. */
static void take_chunk(mx_pack_writer *writer, const record *head, const mx_buf *body,
                       uint8_t *scratch, mx_fault *faults) {
    const size_t first = head->chunk * writer->chunk, count = chunk_count(writer, head->chunk);
    const char *reasons = body->data + count * sizeof(uint32_t);
    const size_t reason_bytes = body->length - count * sizeof(uint32_t);
    size_t n_faults;
    if (writer->has[head->chunk] || !pixels_match(writer, first, count, body->data, scratch) ||
        !mx_pack_take_faults(NULL, &n_faults, first, first + count, reasons, reason_bytes))
        return;
    mx_pack_take_faults(faults, &n_faults, first, first + count, reasons, reason_bytes);
    memcpy(writer->sums + first, body->data, count * sizeof(uint32_t));
    writer->has[head->chunk] = true;
}

/* Takes up the chunks of an earlier file of `end` bytes; whatever follows the last whole record
 * will be written over. */
static mx_status take_records(mx_pack_writer *writer, uint64_t end, mx_fault *faults) {
    uint8_t *scratch = NULL;
    mx_buf body = {0};
    record head;
    size_t taken = 0;
    MX_TRY(mx_alloc(&scratch, writer->chunk, mx_pack_picture_bytes(&writer->id)));
    while (read_record(writer, writer->records, end, &head, &body)) {
        take_chunk(writer, &head, &body, scratch, faults);
        writer->records += sizeof head + head.body_bytes;
    }
    for (size_t i = 0; i < writer->n_chunks; i++)
        taken += writer->has[i] ? chunk_count(writer, i) : 0;
    if (taken > 0)
        mx_info("going on where an earlier run stopped: %zu of %zu pictures are prepared", taken,
                writer->id.count);
    free(scratch);
    mx_buf_release(&body);
    return MX_OK;
}

/* Asks for the disk space of all pictures at once: better to learn now that there is too little. */
static mx_status reserve(const mx_pack_writer *writer) {
    const uint64_t bytes = slot_at(writer, writer->id.count);
    const int reason = posix_fallocate(writer->file, 0, (off_t)bytes);
    if (reason == 0) return MX_OK;
    if (reason != EOPNOTSUPP && reason != EINVAL && reason != ENOSYS)
        return mx_fail(MX_WRITE, "cannot write %.1f MiB of pictures to '%s': %s",
                       (double)bytes / (1 << 20), writer->partial, strerror(reason));
    return ftruncate(writer->file, (off_t)bytes) == 0 ? MX_OK : fail_write(writer, errno);
}

mx_status mx_pack_writer_begin(mx_pack_writer *writer, mx_fault *faults) {
    mx_pack_header header;
    struct stat info;
    if (fstat(writer->file, &info) != 0) return fail_write(writer, errno);
    const uint64_t end = (uint64_t)info.st_size;
    writer->records = slot_at(writer, writer->id.count);
    if (end >= writer->records && mx_pack_read_at(writer->file, &header, sizeof header, 0) &&
        mx_pack_header_fits(&header, &writer->id, MX_PACK_PARTIAL)) {
        MX_TRY(take_records(writer, end, faults));
    } else {
        if (ftruncate(writer->file, 0) != 0) return fail_write(writer, errno);
        MX_TRY(reserve(writer));
        header = mx_pack_header_of(&writer->id, MX_PACK_PARTIAL);
        mx_pack_header_seal(&header);
        if (!mx_pack_write_at(writer->file, &header, sizeof header, 0))
            return fail_write(writer, errno);
    }
    return ftruncate(writer->file, (off_t)writer->records) == 0 ? MX_OK : fail_write(writer, errno);
}

bool mx_pack_writer_has(const mx_pack_writer *writer, size_t chunk) {
    return writer->has[chunk];
}

static mx_status append_record(mx_pack_writer *writer, const mx_buf *bytes) {
    pthread_mutex_lock(&writer->mutex);
    const bool written =
        mx_pack_write_at(writer->file, bytes->data, bytes->length, writer->records);
    const int reason = errno;
    if (written) writer->records += bytes->length;
    pthread_mutex_unlock(&writer->mutex);
    return written ? MX_OK : fail_write(writer, reason);
}

/* Has the system begin to put bytes on disk while others are computed: less is left to wait for at
 * the end. */
static void begin_sync(const mx_pack_writer *writer, uint64_t at, size_t count) {
#ifdef __linux__
    (void)sync_file_range(writer->file, (off_t)at, (off_t)count, SYNC_FILE_RANGE_WRITE);
#else
    (void)writer, (void)at, (void)count;
#endif
}

mx_status mx_pack_writer_put(mx_pack_writer *writer, size_t chunk, const uint8_t *pixels,
                             const mx_fault *faults) {
    const size_t first = chunk * writer->chunk, count = chunk_count(writer, chunk);
    const size_t bytes = mx_pack_picture_bytes(&writer->id);
    record head = {.magic = RECORD_MAGIC, .chunk = (uint32_t)chunk};
    mx_buf out = {0};
    mx_status status;
    for (size_t i = 0; i < count; i++)
        writer->sums[first + i] = mx_pack_sum(pixels + i * bytes, bytes);
    if (!mx_pack_write_at(writer->file, pixels, count * bytes, slot_at(writer, first)))
        return fail_write(writer, errno);
    begin_sync(writer, slot_at(writer, first), count * bytes);
    mx_buf_append(&out, &head, sizeof head);
    mx_buf_append(&out, writer->sums + first, count * sizeof *writer->sums);
    for (size_t i = 0; i < count; i++)
        if (faults[i].status != MX_OK) mx_pack_put_fault(&out, (uint32_t)(first + i), &faults[i]);
    MX_GO(mx_buf_check(&out));
    head.body_bytes = (uint32_t)(out.length - sizeof head);
    head.body_sum = mx_pack_sum((const uint8_t *)out.data + sizeof head, head.body_bytes);
    head.sum = mx_pack_sum((const uint8_t *)&head, offsetof(record, sum));
    memcpy(out.data, &head, sizeof head);
    MX_GO(append_record(writer, &out));
done:
    mx_buf_release(&out);
    return status;
}

/* Moves every picture that could be used, and its sum, behind the one before. A kill in the middle
 * shows in the sums. */
static mx_status close_gaps(mx_pack_writer *writer, const mx_fault *faults, size_t *n_good) {
    const size_t bytes = mx_pack_picture_bytes(&writer->id);
    uint8_t *picture = NULL;
    mx_status status = MX_OK;
    MX_TRY(mx_alloc(&picture, bytes, 1));
    *n_good = 0;
    for (size_t i = 0; status == MX_OK && i < writer->id.count; i++) {
        if (faults[i].status != MX_OK) continue;
        if (*n_good != i &&
            !(mx_pack_read_at(writer->file, picture, bytes, slot_at(writer, i)) &&
              mx_pack_write_at(writer->file, picture, bytes, slot_at(writer, *n_good))))
            status = fail_write(writer, errno);
        writer->sums[(*n_good)++] = writer->sums[i];
    }
    free(picture);
    return status;
}

static mx_status write_tail(mx_pack_writer *writer, const mx_fault *faults, size_t n_good) {
    mx_pack_header header = mx_pack_header_of(&writer->id, MX_PACK_COMPLETE);
    const uint64_t at = slot_at(writer, n_good);
    mx_sha256 hash;
    mx_buf tail = {0};
    mx_status status;
    mx_buf_append(&tail, writer->sums, n_good * sizeof *writer->sums);
    for (size_t i = 0; i < writer->id.count; i++)
        if (faults[i].status != MX_OK) mx_pack_put_fault(&tail, (uint32_t)i, &faults[i]);
    MX_GO(mx_buf_check(&tail));
    header.n_good = n_good;
    header.tail_bytes = tail.length;
    mx_sha256_init(&hash);
    mx_sha256_add(&hash, mx_buf_text(&tail), tail.length);
    mx_sha256_finish(&hash, header.tail_sha256);
    mx_pack_header_seal(&header);
    /* Records end here: the tail takes their place. */
    if (ftruncate(writer->file, (off_t)at) != 0 ||
        !mx_pack_write_at(writer->file, mx_buf_text(&tail), tail.length, at) ||
        !mx_pack_write_at(writer->file, &header, sizeof header, 0) || fsync(writer->file) != 0)
        status = fail_write(writer, errno);
done:
    mx_buf_release(&tail);
    return status;
}

mx_status mx_pack_writer_finish(mx_pack_writer *writer, const mx_fault *faults) {
    size_t n_good = 0;
    MX_TRY(close_gaps(writer, faults, &n_good));
    MX_TRY(write_tail(writer, faults, n_good));
    if (rename(writer->partial, writer->complete) != 0)
        return mx_fail(MX_WRITE, "cannot write '%s': %s", writer->complete, strerror(errno));
    writer->finished = true;
    mx_sync_folder_of(writer->complete);
    return MX_OK;
}

void mx_pack_writer_close(mx_pack_writer *writer) {
    if (!writer) return;
    if (writer->file >= 0) {
        /* Before the lock goes: the next process must not find it. */
        if (!writer->finished) unlink(writer->partial);
        close(writer->file);
    }
    pthread_mutex_destroy(&writer->mutex);
    free(writer->partial);
    free(writer->complete);
    free(writer->sums);
    free(writer->has);
    free(writer);
}
