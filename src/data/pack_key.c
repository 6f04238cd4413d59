/* What decides the pixels of a packed file, as one number. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "data/pack_internal.h"

/* Another for every change of the rules below. */
static const char rules[] = "mixcl packed pictures 1";

static void add_text(mx_sha256 *hash, const char *text) {
    mx_sha256_add(hash, text, strlen(text) + 1);
}

/* A file that cannot be looked at has none of these numbers; it will be another when it can. The
 * mode is among them since what could not be read may be readable now. */
static void add_file(mx_sha256 *hash, const char *path) {
    struct stat info;
    add_text(hash, path);
    if (stat(path, &info) != 0) {
        add_text(hash, "absent");
        return;
    }
    const int64_t numbers[4] = {info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                                (int64_t)info.st_mode};
    mx_sha256_add(hash, numbers, sizeof numbers);
}

bool mx_pack_key(char key[2 * MX_SHA256_BYTES + 1], const mx_data_spec *spec,
                 const mx_pictures *list) {
    const int32_t numbers[5] = {spec->height, spec->width, spec->channels, spec->fast_decode,
                                spec->exif};
    unsigned char digest[MX_SHA256_BYTES];
    mx_sha256 hash;
    mx_sha256_init(&hash);
    add_text(&hash, rules);
    mx_sha256_add(&hash, numbers, sizeof numbers);
    for (size_t i = 0; i < list->count; i++) {
        if (!list->items[i].path) return false;
        add_file(&hash, list->items[i].path);
    }
    mx_sha256_finish(&hash, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(key + 2 * i, 3, "%02x", digest[i]);
    return true;
}
