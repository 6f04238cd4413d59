#include "data/pack.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"
#include "io/resize.h"

enum { MAX_THREADS = 64, MAX_WARNINGS = 10 };
static const size_t MAX_FILE_BYTES = (size_t)1 << 28;

/* Why a picture could not be packed. */
typedef struct fault {
    mx_status status; /* MX_OK: it could */
    char *message;    /* NULL when there was no memory for it */
} fault;

/* What the threads share; each takes the next picture until none is left. */
typedef struct job {
    mx_dataset *dataset;
    const mx_pictures *list;
    bool skip_bad;
    fault *faults; /* one per picture */
    atomic_size_t next;
    atomic_bool stop;
} job;

static size_t picture_bytes(const mx_dataset *dataset) {
    return (size_t)dataset->height * (size_t)dataset->width * (size_t)dataset->channels;
}

static mx_status resize_into(uint8_t *slot, const mx_dataset *dataset, const mx_image *image) {
    return mx_resize_bilinear(slot, dataset->height, dataset->width, image, MX_RESIZE_PILLOW_13);
}

static mx_status pack_file(uint8_t *slot, const mx_dataset *dataset, const char *path,
                           mx_buf *bytes) {
    mx_image image = {0};
    mx_buf_clear(bytes);
    MX_TRY(mx_read_file(bytes, path, MAX_FILE_BYTES));
    const mx_image_input input = {.name = path, .bytes = bytes->data, .count = bytes->length};
    MX_TRY(mx_image_decode(&image, &input, dataset->channels));
    const mx_status status = resize_into(slot, dataset, &image);
    mx_image_release(&image);
    return status;
}

static mx_status pack_raw(uint8_t *slot, const mx_dataset *dataset, const mx_image *raw) {
    if (raw->channels == dataset->channels) return resize_into(slot, dataset, raw);
    const size_t n_pixels = (size_t)raw->height * (size_t)raw->width;
    mx_image image = *raw;
    image.channels = dataset->channels;
    MX_TRY(mx_alloc(&image.pixels, n_pixels, (size_t)image.channels));
    mx_image_convert(image.pixels, image.channels, raw->pixels, raw->channels, n_pixels);
    const mx_status status = resize_into(slot, dataset, &image);
    mx_image_release(&image);
    return status;
}

/* A picture that was taken is always finished, so that the first fault of the list is found
 * however the threads run. */
static void *work(void *context) {
    job *j = context;
    mx_buf bytes = {0};
    while (!atomic_load(&j->stop)) {
        const size_t i = atomic_fetch_add(&j->next, 1);
        if (i >= j->list->count) break;
        const mx_picture *picture = &j->list->items[i];
        uint8_t *slot = j->dataset->pixels + i * picture_bytes(j->dataset);
        fault *f = &j->faults[i];
        f->status = picture->path ? pack_file(slot, j->dataset, picture->path, &bytes)
                                  : pack_raw(slot, j->dataset, &picture->raw);
        if (f->status == MX_OK) continue;
        f->message = strdup(mx_error());
        if (f->status != MX_DATA || !j->skip_bad) atomic_store(&j->stop, true);
    }
    mx_buf_release(&bytes);
    return NULL;
}

/* The calling thread works too, so that a thread that cannot be started costs only time. */
static void work_on_all_processors(job *j) {
    pthread_t threads[MAX_THREADS];
    const long n_processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = n_processors > 1 ? (size_t)n_processors - 1 : 0, started = 0;
    if (wanted > MAX_THREADS) wanted = MAX_THREADS;
    while (started < wanted && started + 1 < j->list->count &&
           pthread_create(&threads[started], NULL, work, j) == 0)
        started++;
    work(j);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

/* The first fault that ends loading, as this thread's failure. */
static mx_status check_stopped(job *j) {
    for (size_t i = 0; atomic_load(&j->stop) && i < j->list->count; i++) {
        const fault *f = &j->faults[i];
        if (f->status == MX_OK || (f->status == MX_DATA && j->skip_bad)) continue;
        return mx_fail(f->status, "source '%s': %s", j->list->items[i].source->name,
                       f->message ? f->message : "no memory");
    }
    return MX_OK;
}

static mx_status report_bad(const job *j, double limit) {
    size_t n_bad = 0;
    const size_t count = j->list->count;
    const char *first = "";
    for (size_t i = 0; i < count; i++) {
        if (j->faults[i].status == MX_OK) continue;
        const char *message = j->faults[i].message ? j->faults[i].message : "no memory";
        if (n_bad++ == 0) first = message;
        if (n_bad <= MAX_WARNINGS)
            mx_warn("source '%s': skipped: %s", j->list->items[i].source->name, message);
    }
    if (n_bad > MAX_WARNINGS) mx_warn("skipped %zu more pictures", n_bad - MAX_WARNINGS);
    j->dataset->n_bad = n_bad;
    if (n_bad == count)
        return mx_fail(MX_DATA, "none of the %zu pictures can be used; the first: %s", count,
                       first);
    if ((double)n_bad > limit * (double)count)
        return mx_fail(MX_DATA,
                       "%zu of %zu pictures cannot be used, a share above [data] bad_limit = %g; "
                       "repair or remove them, or raise it; the first: %s",
                       n_bad, count, limit, first);
    return MX_OK;
}

/* Closes the gaps that bad pictures leave. */
static void remove_bad(job *j, mx_pictures *list) {
    mx_dataset *dataset = j->dataset;
    const size_t bytes = picture_bytes(dataset);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (j->faults[i].status != MX_OK) continue;
        if (kept != i) {
            memcpy(dataset->pixels + kept * bytes, dataset->pixels + i * bytes, bytes);
            list->items[kept] = list->items[i];
        }
        dataset->labels[kept] = list->items[kept].label;
        kept++;
    }
    list->count = kept;
    dataset->n_pictures = kept;
}

static void free_faults(fault *faults, size_t count) {
    for (size_t i = 0; faults && i < count; i++)
        free(faults[i].message);
    free(faults);
}

mx_status mx_pack_pictures(mx_dataset *dataset, const mx_data_spec *spec, mx_pictures *list) {
    const size_t count = list->count;
    job j = {.dataset = dataset, .list = list, .skip_bad = spec->skip_bad};
    mx_status status = MX_OK;
    dataset->height = spec->height;
    dataset->width = spec->width;
    dataset->channels = spec->channels;
    MX_GO(mx_alloc(&dataset->pixels, count, picture_bytes(dataset)));
    MX_GO(mx_alloc(&dataset->labels, count, sizeof *dataset->labels));
    MX_GO(mx_alloc(&j.faults, count, sizeof *j.faults));
    work_on_all_processors(&j);
    MX_GO(check_stopped(&j));
    MX_GO(report_bad(&j, spec->bad_limit));
    remove_bad(&j, list);
done:
    free_faults(j.faults, count);
    return status;
}
