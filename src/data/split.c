#include "data/split.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "data/shuffle.h"
#include "data/split_groups.h"

/* A split on its way; arrays have an entry for each class. */
typedef struct splitting {
    mx_dataset *dataset;
    const uint8_t *origin;
    uint8_t *parts;       /* of each picture, an mx_part */
    uint32_t *members;    /* the training pictures of each class, in the order of the seed */
    int n;                /* classes */
    int64_t *size;        /* training pictures that no part has taken */
    int64_t *start, *end; /* of the class in `members` */
    int64_t *wanted, *most, *taken; /* of the part that is being filled */
    mx_split_groups groups;
    bool has_groups;
} splitting;

/* The class whose share is furthest below (sign 1) or above (sign -1) its quota and may still move
 * towards it; quotas and shares are compared times the sum of sizes, which keeps them exact. */
static int furthest(const int64_t *share, const int64_t *size, const int64_t *high, int n,
                    int64_t low, int64_t total, int64_t sum, int sign) {
    int best = -1;
    int64_t best_gap = 0;
    for (int c = 0; c < n; c++) {
        const int64_t gap = sign * (total * size[c] - share[c] * sum);
        const int can_move = sign > 0 ? share[c] < high[c] : share[c] > low;
        if (can_move && (best < 0 || gap > best_gap)) {
            best = c;
            best_gap = gap;
        }
    }
    return best;
}

void mx_split_share(int64_t *share, const int64_t *size, const int64_t *high, int n, int64_t low,
                    int64_t total) {
    int64_t sum = 0, left = total;
    for (int c = 0; c < n; c++)
        sum += size[c];
    for (int c = 0; c < n; c++) {
        const int64_t whole = total * size[c] / sum;
        share[c] = whole < low ? low : whole > high[c] ? high[c] : whole;
        left -= share[c];
    }
    for (; left > 0; left--)
        share[furthest(share, size, high, n, low, total, sum, 1)]++;
    for (; left < 0; left++)
        share[furthest(share, size, high, n, low, total, sum, -1)]--;
}

static bool is_training(const splitting *s, size_t picture) {
    return s->origin[picture] == MX_SPLIT_TRAIN && s->dataset->labels[picture] >= 0;
}

static mx_status splitting_init(splitting *s, mx_dataset *dataset, const uint8_t *origin) {
    enum { N_ARRAYS = 6 };
    *s = (splitting){.dataset = dataset, .origin = origin, .n = dataset->n_classes};
    const size_t n = (size_t)s->n;
    MX_TRY(mx_alloc(&s->size, n * N_ARRAYS, sizeof *s->size));
    s->start = s->size + n;
    s->end = s->start + n;
    s->wanted = s->end + n;
    s->most = s->wanted + n;
    s->taken = s->most + n;
    MX_TRY(mx_alloc(&s->members, dataset->n_pictures, sizeof *s->members));
    MX_TRY(mx_alloc(&s->parts, dataset->n_pictures, 1));
    for (size_t i = 0; i < dataset->n_pictures; i++)
        s->parts[i] = origin[i] != MX_SPLIT_TEST ? MX_PART_UNLABELLED
                      : dataset->labels[i] >= 0  ? MX_PART_TEST
                                                 : MX_PART_NONE;
    return MX_OK;
}

static void splitting_release(splitting *s) {
    free(s->size);
    free(s->members);
    free(s->parts);
    mx_split_groups_release(&s->groups);
}

static mx_status count_training(splitting *s) {
    bool has_training = false;
    for (size_t i = 0; i < s->dataset->n_pictures; i++) {
        if (!is_training(s, i)) continue;
        s->size[s->dataset->labels[i]]++;
        has_training = true;
    }
    for (int k = 0; has_training && k < s->n; k++)
        if (s->size[k] == 0)
            return mx_fail(MX_DATA,
                           "class '%s' has no training pictures; add some or remove it from "
                           "[data] classes",
                           s->dataset->class_names[k]);
    return MX_OK;
}

/* Lists the training pictures by class, each class in the order of the seed. */
static void list_members(splitting *s, uint64_t seed) {
    int64_t start = 0;
    for (int k = 0; k < s->n; k++) {
        s->start[k] = s->end[k] = start;
        start += s->size[k];
    }
    for (size_t i = 0; i < s->dataset->n_pictures; i++)
        if (is_training(s, i)) s->members[s->end[s->dataset->labels[i]]++] = (uint32_t)i;
    for (int k = 0; k < s->n; k++) {
        const mx_shuffle_key key = {.seed = seed, .item = (uint64_t)k, .stream = MX_STREAM_SPLIT};
        mx_shuffle(s->members + s->start[k], (size_t)(s->end[k] - s->start[k]), key);
    }
}

static int64_t sum_of(const int64_t *values, int n) {
    int64_t sum = 0;
    for (int c = 0; c < n; c++)
        sum += values[c];
    return sum;
}

/* Puts the first wanted[k] free pictures of each class into a part. */
static void take_first(splitting *s, mx_part part) {
    for (int k = 0; k < s->n; k++) {
        s->taken[k] = 0;
        for (int64_t i = s->start[k]; i < s->end[k] && s->taken[k] < s->wanted[k]; i++) {
            if (s->parts[s->members[i]] != MX_PART_UNLABELLED) continue;
            s->parts[s->members[i]] = (uint8_t)part;
            s->taken[k]++;
        }
    }
}

static mx_status take_groups(splitting *s, mx_part part, const char *asked) {
    mx_split_quota quota = {.wanted = s->wanted, .most = s->most, .taken = s->taken};
    for (int k = 0; k < s->n; k++)
        s->taken[k] = 0;
    MX_TRY(mx_split_groups_hold_out(&s->groups, s->parts, part, s->dataset, s->origin, &quota));
    if (sum_of(s->taken, s->n) > 0) return MX_OK;
    return mx_fail(MX_DATA,
                   "[data] %s: none of the %zu groups is small enough to be held out for it; raise "
                   "it, or set [data] group = false",
                   asked, s->groups.n_groups);
}

/* Holds `wanted` pictures out, or about as many in whole groups. Every class keeps a picture to
 * train with. */
static mx_status hold_out(splitting *s, mx_part part, int64_t wanted, const char *asked) {
    const int64_t available = sum_of(s->size, s->n);
    const int64_t most = available > s->n ? available - s->n : 0;
    if (wanted == 0) return MX_OK;
    if (wanted > most)
        return mx_fail(MX_DATA,
                       "[data] %s is more than can be held out: %" PRId64
                       " training pictures in %d classes leave at most %" PRId64,
                       asked, available, s->n, most);
    int64_t low = wanted < s->n ? 0 : 1;
    for (int k = 0; k < s->n; k++) {
        s->most[k] = s->size[k] - 1;
        if (s->most[k] < low) low = 0;
    }
    mx_split_share(s->wanted, s->size, s->most, s->n, low, wanted);
    if (s->has_groups)
        MX_TRY(take_groups(s, part, asked));
    else
        take_first(s, part);
    for (int k = 0; k < s->n; k++)
        s->size[k] -= s->taken[k];
    return MX_OK;
}

static mx_status hold_out_test(splitting *s, double share) {
    const int64_t available = sum_of(s->size, s->n);
    int64_t wanted = (int64_t)llround(share * (double)available);
    char asked[64];
    if (share <= 0 || available == 0) return MX_OK;
    if (wanted == 0) wanted = 1;
    snprintf(asked, sizeof asked, "test = %g", share);
    return hold_out(s, MX_PART_TEST, wanted, asked);
}

static mx_status hold_out_validation(splitting *s, int64_t wanted) {
    char asked[64];
    snprintf(asked, sizeof asked, "validation = %" PRId64, wanted);
    return hold_out(s, MX_PART_VALIDATION, wanted, asked);
}

static mx_status choose_labelled(splitting *s, int64_t wanted, int64_t total) {
    const int64_t available = sum_of(s->size, s->n);
    if (wanted == 0) wanted = available;
    if (wanted > available)
        return mx_fail(MX_DATA,
                       "[data] labelled = %" PRId64 " is more than the %" PRId64
                       " training pictures left after %" PRId64
                       " for validation and test; lower one of them or add pictures",
                       wanted, available, total - available);
    if (available == 0) return MX_OK;
    if (wanted < s->n)
        return mx_fail(MX_DATA,
                       "[data] labelled = %" PRId64 " is fewer than the %d classes, each of which "
                       "needs a picture; raise it to at least %d",
                       wanted, s->n, s->n);
    mx_split_share(s->wanted, s->size, s->size, s->n, 1, wanted);
    take_first(s, MX_PART_LABELLED);
    return MX_OK;
}

static mx_status list_rows(const splitting *s) {
    mx_dataset *dataset = s->dataset;
    mx_rows *lists[MX_N_PARTS] = {&dataset->unlabelled, &dataset->labelled, &dataset->validation,
                                  &dataset->test};
    size_t sizes[MX_N_PARTS + 1] = {0};
    for (size_t i = 0; i < dataset->n_pictures; i++)
        sizes[s->parts[i]]++;
    for (int p = 0; p < MX_N_PARTS; p++)
        MX_TRY(mx_alloc(&lists[p]->index, sizes[p], sizeof *lists[p]->index));
    for (size_t i = 0; i < dataset->n_pictures; i++) {
        if (s->parts[i] == MX_PART_NONE) continue;
        mx_rows *rows = lists[s->parts[i]];
        rows->index[rows->count++] = (uint32_t)i;
    }
    if (sizes[MX_PART_NONE] > 0)
        mx_info("left out %zu pictures without a label, of the test or of groups held out",
                sizes[MX_PART_NONE]);
    return MX_OK;
}

mx_status mx_split_rows(mx_dataset *dataset, const uint8_t *origin, const char *const *groups,
                        const mx_data_spec *spec) {
    splitting s;
    mx_status status;
    MX_GO(splitting_init(&s, dataset, origin));
    MX_GO(count_training(&s));
    list_members(&s, spec->seed);
    s.has_groups = groups != NULL && spec->group;
    if (s.has_groups)
        MX_GO(mx_split_groups_init(&s.groups, groups, origin, dataset->n_pictures, spec->seed));
    const int64_t total = sum_of(s.size, s.n);
    MX_GO(hold_out_test(&s, spec->test));
    MX_GO(hold_out_validation(&s, spec->validation));
    MX_GO(choose_labelled(&s, spec->labelled, total));
    MX_GO(list_rows(&s));
done:
    splitting_release(&s);
    return status;
}
