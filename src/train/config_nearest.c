#include "train/config_nearest.h"

#include <stdint.h>
#include <string.h>

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t mx_word_distance(const char *a, const char *b) {
    const size_t n_a = strlen(a), n_b = strlen(b);
    if (n_a >= MX_NEAREST_BYTES || n_b >= MX_NEAREST_BYTES) return SIZE_MAX;
    size_t row[MX_NEAREST_BYTES];
    for (size_t j = 0; j <= n_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = smaller(replaced, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[n_b];
}

void mx_nearest_offer(mx_nearest *nearest, const char *candidate) {
    const size_t distance = mx_word_distance(nearest->word, candidate);
    if (distance > strlen(nearest->word) / 3 + 1) return;
    if (*nearest->best && distance >= nearest->distance) return;
    memcpy(nearest->best, candidate, strlen(candidate) + 1);
    nearest->distance = distance;
}
