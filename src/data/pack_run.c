/* Pictures to packed pixels, on all processors. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "data/pack_internal.h"
#include "data/picture.h"
#include "io/resize.h"

enum { MAX_THREADS = 64 };

/* What the threads share; each takes the next chunk until none is left. */
typedef struct crew {
    mx_pack_job *job;
    mx_pack_id id; /* sizes only */
    size_t chunk, n_chunks, total;
    atomic_size_t next, bad;
    atomic_bool stop;
    pthread_mutex_t mutex; /* of the listener, `done` and `status` */
    size_t done;
    mx_status status; /* the first failure that is no fault, and its message */
    mx_buf message;
} crew;

static mx_status resize_into(uint8_t *slot, const mx_data_spec *spec, const mx_image *image) {
    return mx_resize_bilinear(slot, spec->height, spec->width, image, MX_RESIZE_PILLOW_13);
}

static mx_status pack_picture(uint8_t *slot, mx_picture_reader *reader, const mx_picture *picture,
                              const mx_data_spec *spec) {
    mx_image image;
    MX_TRY(mx_picture_read(&image, reader, picture, spec));
    const mx_status status = resize_into(slot, spec, &image);
    mx_image_release(&image);
    return status;
}

/* Counts a picture and tells so: the listener sees every number once, in order. */
static void count_done(crew *c) {
    const mx_pack_spec *pack = &c->job->spec->pack;
    pthread_mutex_lock(&c->mutex);
    const mx_pack_progress progress = {
        .done = ++c->done, .total = c->total, .bad = atomic_load(&c->bad)};
    if (pack->listener) pack->listener(pack->context, &progress);
    pthread_mutex_unlock(&c->mutex);
}

/* Packs one picture. False when its fault ends loading. */
static bool pack_one(crew *c, size_t i, uint8_t *slot, mx_picture_reader *reader) {
    const mx_data_spec *spec = c->job->spec;
    const mx_picture *picture = &c->job->list->items[i];
    mx_fault *fault = &c->job->faults[i];
    fault->status = pack_picture(slot, reader, picture, spec);
    if (fault->status != MX_OK) {
        fault->message = strdup(mx_error());
        memset(slot, 0, mx_pack_picture_bytes(&c->id));
        atomic_fetch_add(&c->bad, 1);
    }
    count_done(c);
    return fault->status == MX_OK || (fault->status == MX_DATA && spec->skip_bad);
}

/* A chunk that was taken is finished up to its own end of loading, so that the first fault of the
 * list is found however the threads run. */
static mx_status pack_chunk(crew *c, size_t chunk, uint8_t *scratch, mx_picture_reader *reader) {
    const mx_pack_job *job = c->job;
    const size_t first = chunk * c->chunk, left = job->list->count - first;
    const size_t count = left < c->chunk ? left : c->chunk;
    const size_t picture_bytes = mx_pack_picture_bytes(&c->id);
    uint8_t *slots = job->pixels ? job->pixels + first * picture_bytes : scratch;
    for (size_t i = 0; i < count; i++) {
        if (pack_one(c, first + i, slots + i * picture_bytes, reader)) continue;
        atomic_store(&c->stop, true);
        return MX_OK;
    }
    if (!job->writer) return MX_OK;
    return mx_pack_writer_put(job->writer, chunk, slots, job->faults + first);
}

/* Keeps the first failure for the thread that waits. */
static void note_failure(crew *c, mx_status status) {
    atomic_store(&c->stop, true);
    pthread_mutex_lock(&c->mutex);
    if (c->status == MX_OK) mx_buf_puts(&c->message, mx_error());
    if (c->status == MX_OK) c->status = status;
    pthread_mutex_unlock(&c->mutex);
}

static void *work(void *context) {
    crew *c = context;
    mx_picture_reader reader;
    uint8_t *scratch = NULL;
    mx_status status = MX_OK;
    mx_picture_reader_init(&reader, c->job->list);
    if (!c->job->pixels) status = mx_alloc(&scratch, c->chunk, mx_pack_picture_bytes(&c->id));
    while (status == MX_OK && !atomic_load(&c->stop)) {
        const size_t chunk = atomic_fetch_add(&c->next, 1);
        if (chunk >= c->n_chunks) break;
        if (c->job->writer && mx_pack_writer_has(c->job->writer, chunk)) continue;
        status = pack_chunk(c, chunk, scratch, &reader);
    }
    if (status != MX_OK) note_failure(c, status);
    free(scratch);
    mx_picture_reader_release(&reader);
    return NULL;
}

/* The calling thread works too, so that a thread that cannot be started costs only time. */
static void work_on_all_processors(crew *c) {
    pthread_t threads[MAX_THREADS];
    const long n_processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = n_processors > 1 ? (size_t)n_processors - 1 : 0, started = 0;
    if (wanted > MAX_THREADS) wanted = MAX_THREADS;
    while (started < wanted && started + 1 < c->n_chunks &&
           pthread_create(&threads[started], NULL, work, c) == 0)
        started++;
    work(c);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

/* Pictures in chunks that the writer lacks. */
static size_t count_missing(const crew *c) {
    const size_t count = c->job->list->count;
    size_t missing = 0;
    for (size_t i = 0; i < c->n_chunks; i++) {
        const size_t left = count - i * c->chunk;
        if (!c->job->writer || !mx_pack_writer_has(c->job->writer, i))
            missing += left < c->chunk ? left : c->chunk;
    }
    return missing;
}

mx_status mx_pack_run(mx_pack_job *job) {
    crew c = {.job = job,
              .id = {.height = job->spec->height,
                     .width = job->spec->width,
                     .channels = job->spec->channels}};
    const double start = mx_now_ms();
    c.chunk = mx_pack_chunk(&c.id);
    c.n_chunks = (job->list->count + c.chunk - 1) / c.chunk;
    c.total = count_missing(&c);
    pthread_mutex_init(&c.mutex, NULL);
    work_on_all_processors(&c);
    pthread_mutex_destroy(&c.mutex);
    job->n_decoded = c.done;
    job->elapsed_ms = mx_now_ms() - start;
    if (c.status != MX_OK) mx_fail(c.status, "%s", mx_buf_text(&c.message));
    mx_buf_release(&c.message);
    return c.status;
}
