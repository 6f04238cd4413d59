/* Groups of pictures, such as those of one person, that are held out as a whole. */
#ifndef MX_DATA_SPLIT_GROUPS_H
#define MX_DATA_SPLIT_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "data/dataset.h"

/* The part of a picture. */
typedef enum mx_part {
    MX_PART_UNLABELLED, /* also what is not decided yet */
    MX_PART_LABELLED,
    MX_PART_VALIDATION,
    MX_PART_TEST,
    MX_N_PARTS,
    MX_PART_NONE = MX_N_PARTS /* in no list: without a label, of a group that is held out */
} mx_part;

typedef struct mx_split_groups {
    uint32_t *members; /* all pictures, group by group */
    size_t *starts;    /* n_groups + 1 places in `members` */
    size_t n_groups;
    uint32_t *order; /* of the groups, by the seed */
} mx_split_groups;

/* What is to be held out of each class, how much may be at most, and what was. */
typedef struct mx_split_quota {
    int64_t *wanted, *most, *taken; /* n_classes each */
} mx_split_quota;

/* Pictures of equal text are a group, those of NULL one each. Fails with MX_DATA when a group has
 * test pictures and others, by `origin` (mx_split of each picture), and with MX_MEMORY; the caller
 * releases, also on failure. */
mx_status mx_split_groups_init(mx_split_groups *out, const char *const *texts,
                               const uint8_t *origin, size_t n_pictures, uint64_t seed);
void mx_split_groups_release(mx_split_groups *groups);

/* Sets part[] of whole groups to `part`, in their order, each that brings what is held out closer
 * to the quota and leaves no more than it allows: its undecided pictures of split = train with a
 * label, while others become MX_PART_NONE. Fails with MX_MEMORY. */
mx_status mx_split_groups_hold_out(const mx_split_groups *groups, uint8_t *parts, mx_part part,
                                   const mx_dataset *dataset, const uint8_t *origin,
                                   mx_split_quota *quota);

#endif
