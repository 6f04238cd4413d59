/* Interleaving (the authors' interleave()): so that every batch-norm group, the labelled one above
 * all, holds samples of every kind. */
#ifndef MX_TRAIN_INTERLEAVE_H
#define MX_TRAIN_INTERLEAVE_H

#include "shared.h"

/* `groups` groups of n rows one after another; each group is cut into `groups` chunks (n / groups
 * rows, the last n % groups chunks one more), and chunk g of group 0 changes places with chunk g of
 * group g. Returns the row whose place row `row` takes; its own inverse. */
mx_i32 mx_interleave(mx_i32 row, mx_i32 n, mx_i32 groups);

#endif
