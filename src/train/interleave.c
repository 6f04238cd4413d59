#include "train/interleave.h"

/* The chunk that position `at` of a group lies in. */
static mx_i32 chunk_of(mx_i32 at, mx_i32 n, mx_i32 groups) {
    const mx_i32 size = n / groups, longer = n % groups, short_rows = (groups - longer) * size;
    if (at < short_rows) return at / size;
    return groups - longer + (at - short_rows) / (size + 1);
}

mx_i32 mx_interleave(mx_i32 row, mx_i32 n, mx_i32 groups) {
    const mx_i32 group = row / n, at = row % n, chunk = chunk_of(at, n, groups);
    if (group == 0) return chunk * n + at;
    return chunk == group ? at : row;
}
