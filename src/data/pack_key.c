/* What decides the pixels of a packed file, as one number. */
#include <stdio.h>
#include <string.h>

#include "data/pack_internal.h"
#include "data/picture.h"

/* Another for every change of the rules below. */
static const char rules[] = "mixcl packed pictures 1";

static void add_text(mx_sha256 *hash, const char *text) {
    mx_sha256_add(hash, text, strlen(text) + 1);
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
        if (!mx_picture_add_identity(&hash, &list->items[i], i > 0 ? &list->items[i - 1] : NULL))
            return false;
    }
    mx_sha256_finish(&hash, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(key + 2 * i, 3, "%02x", digest[i]);
    return true;
}
