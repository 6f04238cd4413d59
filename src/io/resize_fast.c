/* The sums of a resize by AVX2, exact as the plain ones: a weight of 22 bits is two of 11, whose
 * 16-bit products the processor adds in pairs. */
#include "io/resize_internal.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>
#include <stdlib.h>

#include "base/mem.h"

enum { HALF_BITS = 11, PAIR_LANES = 16, LOADED_BYTES = 8, BLOCK = 32 };

/* For each output, `pairs` groups of 16 lanes: the lower 11 bits of the weights k and k + 1, once a
 * channel and twice 0, then their upper bits. NULL without memory. */
static int16_t *split_weights(const mx_resize_filter *f, int width, int pairs) {
    int16_t *halves = NULL;
    if (mx_alloc(&halves, (size_t)width * (size_t)pairs * PAIR_LANES, sizeof *halves) != MX_OK)
        return NULL;
    for (int x = 0; x < width; x++)
        for (int k = 0; k < f->count[x]; k++) {
            const int32_t weight = f->weight[(size_t)x * (size_t)f->stride + (size_t)k];
            int16_t *to = halves + ((size_t)x * (size_t)pairs + (size_t)(k / 2)) * PAIR_LANES;
            for (int c = 0; c < 3; c++) {
                to[2 * c + k % 2] = (int16_t)(weight & ((1 << HALF_BITS) - 1));
                to[8 + 2 * c + k % 2] = (int16_t)(weight >> HALF_BITS);
            }
        }
    return halves;
}

/* One row. Writes a byte more than the row has. */
__attribute__((target("avx2"))) static void filter_row(uint8_t *out, int width, const uint8_t *row,
                                                       const int *first, const int16_t *halves,
                                                       int pairs) {
    /* R0 G0 B0 R1 G1 B1 as 16-bit R0 R1 G0 G1 B0 B1 0 0, in both halves of the register. */
    const __m256i order = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
    const __m128i half = _mm_set1_epi32(1 << (MX_RESIZE_BITS - 1));
    for (int x = 0; x < width; x++) {
        const uint8_t *from = row + 3 * (size_t)first[x];
        __m256i sums = _mm256_setzero_si256();
        for (int k = 0; k < pairs; k++) {
            const __m256i bytes =
                _mm256_broadcastq_epi64(_mm_loadl_epi64((const __m128i *)(from + 6 * k)));
            const __m256i weights = _mm256_loadu_si256((const __m256i *)halves);
            sums = _mm256_add_epi32(sums,
                                    _mm256_madd_epi16(_mm256_shuffle_epi8(bytes, order), weights));
            halves += PAIR_LANES;
        }
        const __m128i low = _mm256_castsi256_si128(sums);
        const __m128i high = _mm_slli_epi32(_mm256_extracti128_si256(sums, 1), HALF_BITS);
        const __m128i sum = _mm_add_epi32(_mm_add_epi32(low, high), half);
        const __m128i words = _mm_packs_epi32(_mm_srai_epi32(sum, MX_RESIZE_BITS), sum);
        _mm_storeu_si32(out + 3 * (size_t)x, _mm_packus_epi16(words, words));
    }
}

/* Bytes from the start of a row that filter_row reads at most. */
static size_t reach(const mx_resize_filter *f, int width, int pairs) {
    int last = 0;
    for (int x = 0; x < width; x++)
        if (f->first[x] > last) last = f->first[x];
    return 3 * (size_t)last + 6 * (size_t)(pairs - 1) + LOADED_BYTES;
}

int mx_resize_columns_fast(uint8_t *out, int width, const mx_image *in, const mx_resize_filter *f) {
    const size_t row_bytes = 3 * (size_t)in->width;
    int most = 1, rows = 0;
    if (in->channels != 3 || !__builtin_cpu_supports("avx2")) return 0;
    for (int x = 0; x < width; x++)
        if (f->count[x] > most) most = f->count[x];
    const int pairs = (most + 1) / 2;
    const size_t needed = reach(f, width, pairs), all = (size_t)in->height * row_bytes;
    int16_t *halves = split_weights(f, width, pairs);
    if (!halves) return 0;
    /* The last row is left out for the byte that follows it. */
    for (; rows + 1 < in->height && (size_t)rows * row_bytes + needed <= all; rows++)
        filter_row(out + (size_t)rows * 3 * (size_t)width, width,
                   in->pixels + (size_t)rows * row_bytes, f->first, halves, pairs);
    free(halves);
    return rows;
}

__attribute__((target("avx2"))) static void
filter_block(uint8_t *out, const uint8_t *in, size_t row_bytes, const int32_t *weight, int count) {
    int32_t sums[BLOCK];
    for (int i = 0; i < BLOCK; i++)
        sums[i] = 1 << (MX_RESIZE_BITS - 1);
    for (int k = 0; k < count; k++, in += row_bytes)
        for (int i = 0; i < BLOCK; i++)
            sums[i] += weight[k] * in[i];
    /* Weights are positive and sum to 1, a rounding each aside. */
    for (int i = 0; i < BLOCK; i++) {
        const int32_t value = sums[i] >> MX_RESIZE_BITS;
        out[i] = (uint8_t)(value > 255 ? 255 : value);
    }
}

size_t mx_resize_row_fast(uint8_t *out, const uint8_t *in, size_t row_bytes, const int32_t *weight,
                          int count) {
    size_t i = 0;
    if (!__builtin_cpu_supports("avx2")) return 0;
    for (; i + BLOCK <= row_bytes; i += BLOCK)
        filter_block(out + i, in + i, row_bytes, weight, count);
    return i;
}

#else

int mx_resize_columns_fast(uint8_t *out, int width, const mx_image *in, const mx_resize_filter *f) {
    (void)out, (void)width, (void)in, (void)f;
    return 0;
}

size_t mx_resize_row_fast(uint8_t *out, const uint8_t *in, size_t row_bytes, const int32_t *weight,
                          int count) {
    (void)out, (void)in, (void)row_bytes, (void)weight, (void)count;
    return 0;
}

#endif
