#include "data/split.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "data/shuffle.h"

/* The part of a picture; TEST and UNLABELLED pictures have it from their source. */
enum part { PART_UNLABELLED, PART_LABELLED, PART_VALIDATION, PART_TEST, N_PARTS };

/* Training pictures by class, n_classes entries each. */
typedef struct counts {
    int n;
    int64_t *size;  /* pictures not held out */
    int64_t *limit; /* the most that may be held out */
    int64_t *validation, *labelled;
    int64_t *end; /* where the class ends in a list of the training pictures by class */
} counts;

static mx_status counts_init(counts *c, int n_classes) {
    *c = (counts){.n = n_classes};
    MX_TRY(mx_alloc(&c->size, (size_t)n_classes * 5, sizeof *c->size));
    c->limit = c->size + n_classes;
    c->validation = c->limit + n_classes;
    c->labelled = c->validation + n_classes;
    c->end = c->labelled + n_classes;
    return MX_OK;
}

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

static mx_status count_training(counts *c, const mx_dataset *dataset, const uint8_t *origin) {
    bool has_training = false;
    for (size_t i = 0; i < dataset->n_pictures; i++) {
        if (origin[i] != MX_SPLIT_TRAIN) continue;
        c->size[dataset->labels[i]]++;
        has_training = true;
    }
    for (int k = 0; has_training && k < c->n; k++)
        if (c->size[k] == 0)
            return mx_fail(MX_DATA,
                           "class '%s' has no training pictures; add some or remove it from "
                           "[data] classes",
                           dataset->class_names[k]);
    return MX_OK;
}

static int64_t sum_of(const int64_t *values, int n) {
    int64_t sum = 0;
    for (int c = 0; c < n; c++)
        sum += values[c];
    return sum;
}

/* Every class keeps a picture to train with. */
static mx_status share_validation(counts *c, int64_t wanted) {
    const int64_t available = sum_of(c->size, c->n);
    const int64_t most = available > c->n ? available - c->n : 0;
    if (wanted == 0) return MX_OK;
    if (wanted > most)
        return mx_fail(MX_DATA,
                       "[data] validation = %" PRId64 " is more than can be held out: %" PRId64
                       " training pictures in %d classes leave at most %" PRId64,
                       wanted, available, c->n, most);
    int64_t low = wanted < c->n ? 0 : 1;
    for (int k = 0; k < c->n; k++) {
        c->limit[k] = c->size[k] - 1;
        if (c->limit[k] < low) low = 0;
    }
    mx_split_share(c->validation, c->size, c->limit, c->n, low, wanted);
    for (int k = 0; k < c->n; k++)
        c->size[k] -= c->validation[k];
    return MX_OK;
}

static mx_status share_labelled(counts *c, int64_t wanted, int64_t validation) {
    const int64_t available = sum_of(c->size, c->n);
    if (wanted == 0) wanted = available;
    if (wanted > available)
        return mx_fail(MX_DATA,
                       "[data] labelled = %" PRId64 " is more than the %" PRId64
                       " training pictures left after %" PRId64
                       " for validation; lower one of them or add pictures",
                       wanted, available, validation);
    if (available == 0) return MX_OK;
    if (wanted < c->n)
        return mx_fail(MX_DATA,
                       "[data] labelled = %" PRId64 " is fewer than the %d classes, each of which "
                       "needs a picture; raise it to at least %d",
                       wanted, c->n, c->n);
    mx_split_share(c->labelled, c->size, c->size, c->n, 1, wanted);
    return MX_OK;
}

/* Lists the training pictures by class, ascending in each. */
static void list_members(uint32_t *members, const counts *c, const mx_dataset *dataset,
                         const uint8_t *origin) {
    int64_t start = 0;
    for (int k = 0; k < c->n; k++) {
        c->end[k] = start;
        start += c->size[k] + c->validation[k];
    }
    for (size_t i = 0; i < dataset->n_pictures; i++)
        if (origin[i] == MX_SPLIT_TRAIN) members[c->end[dataset->labels[i]]++] = (uint32_t)i;
}

/* part[]: what the sources say, then the first pictures of each class's permutation. */
static mx_status choose_parts(uint8_t *part, const counts *c, const mx_dataset *dataset,
                              const uint8_t *origin, uint64_t seed) {
    uint32_t *members = NULL;
    MX_TRY(mx_alloc(&members, dataset->n_pictures, sizeof *members));
    list_members(members, c, dataset, origin);
    for (size_t i = 0; i < dataset->n_pictures; i++)
        part[i] = origin[i] == MX_SPLIT_TEST ? PART_TEST : PART_UNLABELLED;
    for (int k = 0; k < c->n; k++) {
        const mx_shuffle_key key = {.seed = seed, .item = (uint64_t)k, .stream = MX_STREAM_SPLIT};
        const int64_t count = c->size[k] + c->validation[k];
        uint32_t *of_class = members + (c->end[k] - count);
        mx_shuffle(of_class, (size_t)count, key);
        for (int64_t i = 0; i < c->validation[k] + c->labelled[k]; i++)
            part[of_class[i]] = i < c->validation[k] ? PART_VALIDATION : PART_LABELLED;
    }
    free(members);
    return MX_OK;
}

static mx_status list_rows(mx_dataset *dataset, const uint8_t *part) {
    mx_rows *lists[N_PARTS] = {&dataset->unlabelled, &dataset->labelled, &dataset->validation,
                               &dataset->test};
    size_t sizes[N_PARTS] = {0};
    for (size_t i = 0; i < dataset->n_pictures; i++)
        sizes[part[i]]++;
    for (int p = 0; p < N_PARTS; p++)
        MX_TRY(mx_alloc(&lists[p]->index, sizes[p], sizeof *lists[p]->index));
    for (size_t i = 0; i < dataset->n_pictures; i++) {
        mx_rows *rows = lists[part[i]];
        rows->index[rows->count++] = (uint32_t)i;
    }
    return MX_OK;
}

mx_status mx_split_rows(mx_dataset *dataset, const uint8_t *origin, const mx_data_spec *spec) {
    counts c = {0};
    uint8_t *part = NULL;
    mx_status status = MX_OK;
    MX_GO(counts_init(&c, dataset->n_classes));
    MX_GO(count_training(&c, dataset, origin));
    MX_GO(share_validation(&c, spec->validation));
    MX_GO(share_labelled(&c, spec->labelled, spec->validation));
    MX_GO(mx_alloc(&part, dataset->n_pictures, 1));
    MX_GO(choose_parts(part, &c, dataset, origin, spec->seed));
    MX_GO(list_rows(dataset, part));
done:
    free(c.size);
    free(part);
    return status;
}
