/* The tuning cache, a JSON file:
 *
 *   {"format": 1, "mixcl": "...", "platform": "...", "device": "...", "version": "...", "driver":
 * "...", "compute_units": 2, "kernels": "0123456789abcdef", "entries": {"forward n192 c32 k32 h32
 * w32 r3 s3 stride1 pad1":
 *        {"algorithm": "winograd", "params": {"tile": 4, "tiles": 32}, "ms": 4.9, "full": false}}}
 *
 * Everything before the entries must be as this program would write it; the name of the file has a
 * hash of that. `full`: every candidate was measured. A key that ends in " built in" is of a choice
 * that was held to the reference and not timed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "ops/conv_tune_internal.h"

enum { FORMAT = 1, FILE_LIMIT = 16 << 20, ENTRY_BYTES = MX_TUNE_KEY_BYTES + 16 };

static mx_status out_of_memory(void) {
    return mx_fail(MX_MEMORY, "out of memory for the tuning cache");
}

/* NULL when out of memory, or when a driver's name is not UTF-8. */
static json_t *header_of(const mx_conv_tuner *tuner) {
    const mx_device_info *info = mx_device_get_info(tuner->device);
    char kernels[17];
    snprintf(kernels, sizeof kernels, "%016llx", (unsigned long long)tuner->kernels);
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "format", FORMAT, "mixcl",
                     MIXCL_VERSION, "platform", info->platform_name, "device", info->name,
                     "version", info->version, "driver", info->driver, "compute_units",
                     (json_int_t)info->compute_units, "kernels", kernels);
}

/* FOLDER/tune-HASH.json, released with free(). */
static mx_status path_of(const json_t *header, char **out) {
    char *text = json_dumps(header, JSON_COMPACT), *folder = NULL, name[32];
    mx_status status;
    *out = NULL;
    if (!text) return out_of_memory();
    snprintf(name, sizeof name, "tune-%016llx.json",
             (unsigned long long)mx_tune_hash(MX_TUNE_HASH_BASIS, text, strlen(text)));
    MX_GO(mx_cache_folder(&folder));
    status = mx_path_join(out, folder, name);
done:
    free(text);
    free(folder);
    return status;
}

/* The entries of a file's text, or NULL when it is not a cache with this header. */
static json_t *entries_of(const mx_buf *text, const json_t *header) {
    json_t *file = json_loadb(mx_buf_text(text), text->length, 0, NULL);
    json_t *entries = json_object_get(file, "entries");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)header, key, value) {
        if (!json_equal(value, json_object_get(file, key))) entries = NULL;
    }
    if (!json_is_object(entries)) entries = NULL;
    json_incref(entries);
    json_decref(file);
    return entries;
}

/* The file's entries, or NULL where there is no file or not a good one. */
static json_t *read_entries(const char *path, const json_t *header) {
    mx_buf text = {0};
    json_t *entries = NULL;
    if (mx_file_exists(path) && mx_read_file(&text, path, FILE_LIMIT) == MX_OK)
        entries = entries_of(&text, header);
    mx_buf_release(&text);
    return entries;
}

mx_status mx_tune_cache_load(mx_conv_tuner *tuner) {
    json_t *header = header_of(tuner);
    char *path = NULL;
    if (header && path_of(header, &path) == MX_OK) tuner->known = read_entries(path, header);
    if (!tuner->known && path && mx_file_exists(path))
        mx_warn("'%s' is no tuning cache of this device; it is left out", path);
    if (!tuner->known) tuner->known = json_object();
    tuner->fresh = json_object();
    free(path);
    json_decref(header);
    return tuner->known && tuner->fresh ? MX_OK : out_of_memory();
}

static mx_status write_entries(const char *path, const json_t *header, json_t *entries) {
    json_t *file = json_copy((json_t *)header);
    char *text = NULL;
    mx_status status = MX_OK;
    if (file && json_object_set(file, "entries", entries) == 0)
        text = json_dumps(file, JSON_INDENT(1));
    status = text ? mx_write_atomic(path, text, strlen(text)) : out_of_memory();
    free(text);
    json_decref(file);
    return status;
}

mx_status mx_tune_cache_save(mx_conv_tuner *tuner) {
    json_t *header = header_of(tuner), *entries = NULL;
    char *path = NULL;
    mx_status status = MX_OK;
    if (!header) status = out_of_memory();
    MX_GO(status);
    MX_GO(path_of(header, &path));
    entries = read_entries(path, header);
    if (!entries) entries = json_object();
    if (!entries || json_object_update(entries, tuner->fresh) != 0) status = out_of_memory();
    MX_GO(status);
    status = write_entries(path, header, entries);
done:
    free(path);
    json_decref(header);
    json_decref(entries);
    return status;
}

struct json_t *mx_conv_params_json(const mx_conv_algorithm *algorithm,
                                   const mx_conv_params *params) {
    json_t *out = json_object();
    for (int i = 0; i < MX_CONV_PARAMS && algorithm->param_names[i]; i++)
        json_object_set_new(out, algorithm->param_names[i], json_integer(params->v[i]));
    return out;
}

static bool is_params_json(const mx_tune_candidate *candidate, const json_t *params) {
    json_t *own = mx_conv_params_json(candidate->algorithm, &candidate->params);
    const bool equal = json_equal(own, params);
    json_decref(own);
    return equal;
}

/* What was only checked has a name of its own. */
static void entry_key(const mx_tune_job *job, char key[ENTRY_BYTES]) {
    mx_tune_key(job, key);
    if (job->checked) strcat(key, " built in");
}

bool mx_tune_cache_find(mx_conv_tuner *tuner, const mx_tune_job *job, mx_conv_timed *out) {
    char key[ENTRY_BYTES];
    entry_key(job, key);
    const json_t *entry = json_object_get(tuner->known, key);
    const char *name = json_string_value(json_object_get(entry, "algorithm"));
    const json_t *params = json_object_get(entry, "params"), *ms = json_object_get(entry, "ms");
    if (!name || !json_is_real(ms) || !(json_real_value(ms) > 0 || job->checked)) return false;
    if (tuner->mode == MX_TUNE_FULL && !json_is_true(json_object_get(entry, "full"))) return false;
    const size_t count = mx_tune_list_candidates(tuner, job);
    for (size_t i = 0; i < count; i++) {
        const mx_tune_candidate *candidate = &tuner->candidates[i];
        if (strcmp(candidate->algorithm->name, name) != 0 || !is_params_json(candidate, params))
            continue;
        *out = (mx_conv_timed){candidate->algorithm, candidate->params, json_real_value(ms)};
        return true;
    }
    mx_debug("tuning cache: %s is not among the candidates for %s", name, key);
    return false;
}

mx_status mx_tune_cache_put(mx_conv_tuner *tuner, const mx_tune_job *job) {
    const mx_conv_timed *best = &job->tuned.best;
    char key[ENTRY_BYTES];
    entry_key(job, key);
    json_t *entry = json_pack("{s:s, s:o, s:f, s:b}", "algorithm", best->algorithm->name, "params",
                              mx_conv_params_json(best->algorithm, &best->params), "ms", best->ms,
                              "full", tuner->mode == MX_TUNE_FULL);
    return json_object_set_new(tuner->fresh, key, entry) == 0 ? MX_OK : out_of_memory();
}
