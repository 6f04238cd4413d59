#include "data/split_groups.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/shuffle.h"

/* The permutation of groups has a number that no class has. */
static const uint64_t GROUP_ITEM = UINT64_MAX;

typedef struct member {
    const char *text;
    uint32_t picture;
} member;

/* Those without text last. */
static int by_text(const void *a, const void *b) {
    const member *first = a, *second = b;
    if (first->text && second->text) {
        const int order = strcmp(first->text, second->text);
        if (order != 0) return order;
    } else if (first->text || second->text) {
        return first->text ? -1 : 1;
    }
    return (first->picture > second->picture) - (first->picture < second->picture);
}

/* A group that is tested and trained on would be known by heart. */
static mx_status check_sides(const member *members, size_t count, const uint8_t *origin) {
    size_t n_test = 0;
    for (size_t i = 0; i < count; i++)
        n_test += origin[members[i].picture] == MX_SPLIT_TEST;
    if (n_test == 0 || n_test == count) return MX_OK;
    return mx_fail(MX_DATA,
                   "group '%s' has %zu pictures in sources with split = test and %zu in others; "
                   "remove one or the other, or set [data] group = false",
                   members[0].text, n_test, count - n_test);
}

static mx_status find_groups(mx_split_groups *out, const member *members, const uint8_t *origin,
                             size_t n_pictures) {
    for (size_t i = 0, end; i < n_pictures; i = end) {
        for (end = i + 1; end < n_pictures && members[i].text && members[end].text &&
                          strcmp(members[i].text, members[end].text) == 0;)
            end++;
        MX_TRY(check_sides(members + i, end - i, origin));
        out->order[out->n_groups] = (uint32_t)out->n_groups;
        out->starts[++out->n_groups] = end;
    }
    for (size_t i = 0; i < n_pictures; i++)
        out->members[i] = members[i].picture;
    return MX_OK;
}

mx_status mx_split_groups_init(mx_split_groups *out, const char *const *texts,
                               const uint8_t *origin, size_t n_pictures, uint64_t seed) {
    const mx_shuffle_key key = {.seed = seed, .item = GROUP_ITEM, .stream = MX_STREAM_SPLIT};
    member *members = NULL;
    mx_status status;
    *out = (mx_split_groups){0};
    MX_GO(mx_alloc(&members, n_pictures, sizeof *members));
    MX_GO(mx_alloc(&out->members, n_pictures, sizeof *out->members));
    MX_GO(mx_alloc(&out->starts, n_pictures + 1, sizeof *out->starts));
    MX_GO(mx_alloc(&out->order, n_pictures, sizeof *out->order));
    for (size_t i = 0; i < n_pictures; i++)
        members[i] = (member){texts[i], (uint32_t)i};
    qsort(members, n_pictures, sizeof *members, by_text);
    MX_GO(find_groups(out, members, origin, n_pictures));
    mx_shuffle(out->order, out->n_groups, key);
done:
    free(members);
    return status;
}

void mx_split_groups_release(mx_split_groups *groups) {
    free(groups->members);
    free(groups->starts);
    free(groups->order);
    *groups = (mx_split_groups){0};
}

/* One group while it is judged. */
typedef struct candidate {
    const uint32_t *members;
    size_t count;
    int64_t *in_class; /* n_classes */
} candidate;

static bool is_free(const uint8_t *parts, const mx_dataset *dataset, const uint8_t *origin,
                    uint32_t picture) {
    return parts[picture] == MX_PART_UNLABELLED && origin[picture] == MX_SPLIT_TRAIN &&
           dataset->labels[picture] >= 0;
}

/* True when the quota is met better with the group than without. */
static bool helps(const candidate *group, int n_classes, const mx_split_quota *quota) {
    int64_t gain = 0;
    for (int k = 0; k < n_classes; k++) {
        const int64_t before = quota->wanted[k] - quota->taken[k];
        const int64_t after = before - group->in_class[k];
        if (group->in_class[k] > 0 && quota->taken[k] + group->in_class[k] > quota->most[k])
            return false;
        gain += llabs(before) - llabs(after);
    }
    return gain > 0;
}

static void take(const candidate *group, uint8_t *parts, mx_part part, const mx_dataset *dataset,
                 const uint8_t *origin) {
    for (size_t i = 0; i < group->count; i++) {
        const uint32_t picture = group->members[i];
        parts[picture] = (uint8_t)(is_free(parts, dataset, origin, picture) ? part : MX_PART_NONE);
    }
}

mx_status mx_split_groups_hold_out(const mx_split_groups *groups, uint8_t *parts, mx_part part,
                                   const mx_dataset *dataset, const uint8_t *origin,
                                   mx_split_quota *quota) {
    candidate group = {0};
    MX_TRY(mx_alloc(&group.in_class, (size_t)dataset->n_classes, sizeof *group.in_class));
    for (size_t i = 0; i < groups->n_groups; i++) {
        const size_t *bounds = &groups->starts[groups->order[i]];
        group.members = groups->members + bounds[0];
        group.count = bounds[1] - bounds[0];
        memset(group.in_class, 0, (size_t)dataset->n_classes * sizeof *group.in_class);
        for (size_t m = 0; m < group.count; m++)
            if (is_free(parts, dataset, origin, group.members[m]))
                group.in_class[dataset->labels[group.members[m]]]++;
        if (!helps(&group, dataset->n_classes, quota)) continue;
        take(&group, parts, part, dataset, origin);
        for (int k = 0; k < dataset->n_classes; k++)
            quota->taken[k] += group.in_class[k];
    }
    free(group.in_class);
    return MX_OK;
}
