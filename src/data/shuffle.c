#include "data/shuffle.h"

/* Draw n is word n % 4 of Philox at counter (n / 4, item, stream). */
typedef struct words {
    mx_shuffle_key key;
    mx_random block;
    uint64_t n_drawn;
} words;

static mx_u32 next_word(words *w) {
    const mx_shuffle_key *key = &w->key;
    if (w->n_drawn % 4 == 0)
        w->block = mx_philox((mx_u32)(w->n_drawn / 4), (mx_u32)key->item, (mx_u32)(key->item >> 32),
                             key->stream, (mx_u32)key->seed, (mx_u32)(key->seed >> 32));
    return w->block.v[w->n_drawn++ % 4];
}

/* Uniform in [0, n): the high word of word * n, where low words that would occur once too often
 * are drawn again. */
static mx_u32 next_below(words *w, mx_u32 n) {
    const mx_u32 excess = (mx_u32)(-n) % n;
    uint64_t product;
    do {
        product = (uint64_t)next_word(w) * n;
    } while ((mx_u32)product < excess);
    return (mx_u32)(product >> 32);
}

void mx_shuffle(uint32_t *values, size_t count, mx_shuffle_key key) {
    words w = {.key = key};
    for (size_t i = count; i > 1; i--) {
        const size_t j = next_below(&w, (mx_u32)i);
        const uint32_t kept = values[i - 1];
        values[i - 1] = values[j];
        values[j] = kept;
    }
}
