#include "data/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "data/pack_internal.h"

enum { MAX_WARNINGS = 10 };

/* One call of mx_pack_pictures. */
typedef struct packing {
    mx_dataset *dataset;
    const mx_data_spec *spec;
    mx_pictures *list;
    mx_fault *faults; /* one per picture */
    char key[2 * MX_SHA256_BYTES + 1];
    bool has_key;
    bool keeps_gaps; /* the pixels still have a slot for each picture */
} packing;

static size_t picture_bytes(const mx_dataset *dataset) {
    return (size_t)dataset->height * (size_t)dataset->width * (size_t)dataset->channels;
}

static void clear_faults(packing *p) {
    for (size_t i = 0; p->faults && i < p->list->count; i++) {
        free(p->faults[i].message);
        p->faults[i] = (mx_fault){0};
    }
}

/* The first fault that ends loading, as this thread's failure. */
static mx_status check_stopped(const packing *p) {
    for (size_t i = 0; i < p->list->count; i++) {
        const mx_fault *fault = &p->faults[i];
        if (fault->status == MX_OK || (fault->status == MX_DATA && p->spec->skip_bad)) continue;
        return mx_fail(fault->status, "source '%s': %s", p->list->items[i].source->name,
                       fault->message ? fault->message : "no memory");
    }
    return MX_OK;
}

static mx_status run(packing *p, uint8_t *pixels, mx_pack_writer *writer) {
    mx_pack_job job = {
        .spec = p->spec, .list = p->list, .faults = p->faults, .pixels = pixels, .writer = writer};
    MX_TRY(mx_pack_run(&job));
    p->dataset->pack.n_decoded = job.n_decoded;
    p->dataset->pack.elapsed_ms = job.elapsed_ms;
    return check_stopped(p);
}

/* Whole pages, which a device that reads the host's memory needs no copy of. */
static mx_status map_memory(mx_dataset *dataset, size_t count) {
    size_t bytes = 0;
    void *memory = MAP_FAILED;
    if (mx_size_mul(count, picture_bytes(dataset), &bytes))
        memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return mx_fail(MX_MEMORY, "cannot allocate %zu x %zu bytes", count, picture_bytes(dataset));
    dataset->memory = memory;
    dataset->mapped_bytes = bytes;
    return MX_OK;
}

static mx_status pack_in_memory(packing *p) {
    mx_dataset *dataset = p->dataset;
    MX_TRY(map_memory(dataset, p->list->count));
    dataset->pixels = dataset->memory;
    p->keeps_gaps = true;
    return run(p, dataset->memory, NULL);
}

static void use_pack(packing *p, const mx_pack *pack) {
    p->dataset->memory = pack->memory;
    p->dataset->mapped_bytes = pack->bytes;
    p->dataset->pixels = pack->pixels;
    p->dataset->pack.bytes = pack->bytes;
}

/* Decodes what `writer` lacks, and completes its file. */
static mx_status fill_file(packing *p, mx_pack_writer *writer) {
    MX_TRY(mx_pack_writer_begin(writer, p->faults));
    MX_TRY(check_stopped(p));
    MX_TRY(run(p, NULL, writer));
    return mx_pack_writer_finish(writer, p->faults);
}

/* Maps the file that is there; one that is damaged goes, so that it is looked at once. */
static bool map_existing(packing *p, const mx_pack_id *id, mx_pack *pack) {
    const char *path = p->dataset->pack.file;
    const bool whole = mx_pack_map(pack, path, id, p->faults);
    if (whole && (!p->spec->pack.verify || mx_pack_verify(pack, id))) return true;
    if (whole) munmap(pack->memory, pack->bytes);
    clear_faults(p);
    if (!mx_file_exists(path)) return false;
    mx_warn("'%s' is damaged or cut short; preparing the pictures anew", path);
    unlink(path);
    return false;
}

static mx_status write_file(packing *p, const char *folder, const mx_pack_id *id, mx_pack *pack) {
    const char *path = p->dataset->pack.file;
    mx_pack_writer *writer = NULL;
    mx_status status;
    MX_GO(mx_pack_writer_open(&writer, folder, id));
    if (map_existing(p, id, pack)) goto done;
    MX_GO(fill_file(p, writer));
    /* What was found until now is in the file as well. */
    clear_faults(p);
    if (!mx_pack_map(pack, path, id, p->faults))
        status = mx_fail(MX_WRITE, "cannot map '%s'", path);
done:
    mx_pack_writer_close(writer);
    return status;
}

static mx_status pack_in_file(packing *p) {
    const char *folder = p->spec->pack.folder;
    const mx_pack_id id = {.key = p->key,
                           .height = p->spec->height,
                           .width = p->spec->width,
                           .channels = p->spec->channels,
                           .count = p->list->count};
    char name[sizeof p->key + 8];
    mx_pack pack;
    MX_TRY(mx_make_folders(folder));
    snprintf(name, sizeof name, "%s.pack", p->key);
    MX_TRY(mx_path_join(&p->dataset->pack.file, folder, name));
    if (!map_existing(p, &id, &pack)) MX_TRY(write_file(p, folder, &id, &pack));
    use_pack(p, &pack);
    return check_stopped(p);
}

static mx_status pack_in_file_or_memory(packing *p) {
    const mx_status status = pack_in_file(p);
    if (status != MX_WRITE || p->spec->pack.mode == MX_PACK_FILE) return status;
    mx_warn("%s; the pictures stay in memory, and are decoded again next time", mx_error());
    clear_faults(p);
    free(p->dataset->pack.file);
    p->dataset->pack.file = NULL;
    return pack_in_memory(p);
}

static mx_status pack_somewhere(packing *p) {
    if (p->spec->pack.mode == MX_PACK_CHECK) return run(p, NULL, NULL);
    if (p->spec->pack.mode == MX_PACK_MEMORY || !p->has_key) return pack_in_memory(p);
    return pack_in_file_or_memory(p);
}

static mx_status name_report(packing *p, char **out) {
    char name[sizeof p->key + 16];
    if (p->spec->pack.report) return mx_strdup(out, p->spec->pack.report);
    snprintf(name, sizeof name, "%s.report.csv", p->key);
    MX_TRY(mx_make_folders(p->spec->pack.folder));
    return mx_path_join(out, p->spec->pack.folder, name);
}

/* Writes the report where one is wanted. Nobody has asked for the one in the folder, which is why
 * it fails with no more than a warning. */
static mx_status write_report(packing *p, size_t n_bad) {
    const mx_pack_spec *pack = &p->spec->pack;
    char *path = NULL;
    if (!pack->report && (!pack->folder || !p->has_key || n_bad == 0)) return MX_OK;
    mx_status status = name_report(p, &path);
    if (status == MX_OK) status = mx_pack_write_report(path, p->faults, p->list);
    if (status == MX_OK) {
        p->dataset->pack.report = path;
        return MX_OK;
    }
    free(path);
    if (status != MX_WRITE || pack->report) return status;
    mx_warn("%s", mx_error());
    return MX_OK;
}

/* "; all are listed in 'FILE'", or "". */
static const char *report_hint(char *out, size_t size, const mx_dataset *dataset) {
    const char *path = dataset->pack.report;
    snprintf(out, size, "%s%s%s", path ? "; all are listed in '" : "", path ? path : "",
             path ? "'" : "");
    return out;
}

static mx_status report_bad(packing *p) {
    const size_t count = p->list->count;
    const double limit = p->spec->bad_limit;
    const char *first = "";
    char hint[1024];
    size_t n_bad = 0;
    for (size_t i = 0; i < count; i++) {
        if (p->faults[i].status == MX_OK) continue;
        const char *message = p->faults[i].message ? p->faults[i].message : "no memory";
        if (n_bad++ == 0) first = message;
        if (n_bad <= MAX_WARNINGS)
            mx_warn("source '%s': skipped: %s", p->list->items[i].source->name, message);
    }
    p->dataset->n_bad = n_bad;
    MX_TRY(write_report(p, n_bad));
    report_hint(hint, sizeof hint, p->dataset);
    if (n_bad > MAX_WARNINGS) mx_warn("skipped %zu more pictures%s", n_bad - MAX_WARNINGS, hint);
    if (n_bad == count)
        return mx_fail(MX_DATA, "none of the %zu pictures can be used; the first: %s%s", count,
                       first, hint);
    if ((double)n_bad > limit * (double)count)
        return mx_fail(MX_DATA,
                       "%zu of %zu pictures cannot be used, a share above [data] bad_limit = %g; "
                       "repair or remove them, or raise it; the first: %s%s",
                       n_bad, count, limit, first, hint);
    return MX_OK;
}

/* Closes the gaps that bad pictures leave in the list, and in pixels that are in memory. */
static void remove_bad(packing *p) {
    mx_dataset *dataset = p->dataset;
    const size_t bytes = picture_bytes(dataset);
    uint8_t *pixels = p->keeps_gaps ? dataset->memory : NULL;
    size_t kept = 0;
    for (size_t i = 0; i < p->list->count; i++) {
        if (p->faults[i].status != MX_OK) continue;
        if (kept != i) {
            if (pixels) memcpy(pixels + kept * bytes, pixels + i * bytes, bytes);
            p->list->items[kept] = p->list->items[i];
        }
        dataset->labels[kept] = p->list->items[kept].label;
        kept++;
    }
    p->list->count = kept;
    dataset->n_pictures = kept;
}

mx_status mx_pack_pictures(mx_dataset *dataset, const mx_data_spec *spec, mx_pictures *list) {
    packing p = {.dataset = dataset, .spec = spec, .list = list};
    const size_t count = list->count;
    mx_status status = MX_OK;
    dataset->height = spec->height;
    dataset->width = spec->width;
    dataset->channels = spec->channels;
    MX_GO(mx_alloc(&dataset->labels, count, sizeof *dataset->labels));
    MX_GO(mx_alloc(&p.faults, count, sizeof *p.faults));
    p.has_key = spec->pack.folder && mx_pack_key(p.key, spec, list);
    MX_GO(pack_somewhere(&p));
    MX_GO(report_bad(&p));
    remove_bad(&p);
done:
    for (size_t i = 0; p.faults && i < count; i++)
        free(p.faults[i].message);
    free(p.faults);
    return status;
}
