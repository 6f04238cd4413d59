/* {"format": 1, "platform": ..., "device": ..., "driver": ..., "xgemm": {"GEMMK": 0, ...} or null}
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/sha256.h"
#include "ops/gemm_tune_internal.h"

enum { FORMAT = 1, FILE_LIMIT = 1 << 16, NAME_BYTES = 8, MOST = 1024 };

static json_t *header_of(const mx_device_info *info) {
    return json_pack("{s:i, s:s, s:s, s:s}", "format", FORMAT, "platform", info->platform_name,
                     "device", info->name, "driver", info->driver);
}

/* FOLDER/clblast-HASH.json, released with free(). */
static mx_status path_of(const mx_device_info *info, char **out) {
    unsigned char digest[MX_SHA256_BYTES];
    char name[64] = "clblast-", *folder = NULL;
    mx_sha256 hash;
    mx_sha256_init(&hash);
    mx_sha256_add(&hash, info->platform_name, strlen(info->platform_name) + 1);
    mx_sha256_add(&hash, info->name, strlen(info->name) + 1);
    mx_sha256_add(&hash, info->driver, strlen(info->driver) + 1);
    mx_sha256_finish(&hash, digest);
    for (int i = 0; i < NAME_BYTES; i++)
        snprintf(name + strlen(name), 3, "%02x", digest[i]);
    strcat(name, ".json");
    MX_TRY(mx_cache_folder(&folder));
    const mx_status status = mx_path_join(out, folder, name);
    free(folder);
    return status;
}

static bool is_of(const json_t *file, const mx_device_info *info) {
    json_t *header = header_of(info), *value;
    const char *key;
    bool same = header != NULL;
    json_object_foreach(header, key, value) {
        if (!json_equal(value, json_object_get(file, key))) same = false;
    }
    json_decref(header);
    return same;
}

static bool read_params(const json_t *from, mx_gemm_params *out) {
    for (int i = 0; i < MX_GEMM_PARAMS; i++) {
        const json_t *value = json_object_get(from, mx_gemm_param_names[i]);
        if (!json_is_integer(value) || json_integer_value(value) < 0 ||
            json_integer_value(value) > MOST)
            return false;
        out->v[i] = (size_t)json_integer_value(value);
    }
    return true;
}

bool mx_gemm_cache_load(mx_device *device, mx_gemm_params *out) {
    const mx_device_info *info = mx_device_get_info(device);
    char *path = NULL;
    mx_buf text = {0};
    json_t *file = NULL;
    bool found = false;
    if (path_of(info, &path) == MX_OK && mx_file_exists(path) &&
        mx_read_file(&text, path, FILE_LIMIT) == MX_OK) {
        file = json_loadb(mx_buf_text(&text), text.length, 0, NULL);
        const json_t *params = json_object_get(file, "xgemm");
        found = is_of(file, info) && read_params(params, out);
        if (!found && !json_is_null(params))
            mx_warn("'%s' does not hold CLBlast's parameters for this device; it is left out",
                    path);
    }
    json_decref(file);
    mx_buf_release(&text);
    free(path);
    return found;
}

mx_status mx_gemm_cache_store(mx_device *device, const mx_gemm_params *params) {
    const mx_device_info *info = mx_device_get_info(device);
    json_t *file = header_of(info), *values = params ? json_object() : json_null();
    char *path = NULL, *text = NULL;
    for (int i = 0; params && i < MX_GEMM_PARAMS; i++)
        json_object_set_new(values, mx_gemm_param_names[i], json_integer((json_int_t)params->v[i]));
    json_object_set_new(file, "xgemm", values);
    text = file ? json_dumps(file, JSON_INDENT(1)) : NULL;
    mx_status status =
        text ? MX_OK : mx_fail(MX_MEMORY, "cannot describe CLBlast's parameters as JSON");
    if (status == MX_OK) status = path_of(info, &path);
    if (status == MX_OK) status = mx_write_atomic(path, text, strlen(text));
    json_decref(file);
    free(text);
    free(path);
    return status;
}
