/* The nearest of several words, for "did you mean". */
#ifndef MX_TRAIN_CONFIG_NEAREST_H
#define MX_TRAIN_CONFIG_NEAREST_H

#include <stddef.h>

enum { MX_NEAREST_BYTES = 64 };

/* Starts as {.word = WORD}; the word is borrowed. */
typedef struct mx_nearest {
    const char *word;
    char best[MX_NEAREST_BYTES]; /* the nearest offered so far; "": none is near enough */
    size_t distance;
} mx_nearest;

/* Levenshtein distance in bytes; words of MX_NEAREST_BYTES and more are far from everything. */
size_t mx_word_distance(const char *a, const char *b);

/* Takes `candidate` for the best when it is nearer than the ones before and at most a third of the
 * word, plus one byte, away. */
void mx_nearest_offer(mx_nearest *nearest, const char *candidate);

#endif
