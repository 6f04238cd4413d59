/* Which picture trains with its label, which without, which is held out. */
#ifndef MX_DATA_SPLIT_H
#define MX_DATA_SPLIT_H

#include "base/status.h"
#include "data/dataset.h"

/* Fills the row lists of a data set whose labels and class names are set; `origin` holds the
 * mx_split of each picture's source, `groups` the text of each picture's group or NULL; NULL when
 * none has one. Of the training pictures of a class, in an order that depends on (seed, class)
 * alone, the first are held out for the test, then for validation, the next keep their labels and
 * the rest go to `unlabelled`; so a larger `labelled` keeps the rows of a smaller one. With groups,
 * and spec->group, whole groups are held out, as near to the numbers as they allow; pictures of
 * these that have no label are in no list. Training pictures without a label are unlabelled. Lists
 * ascend. Fails as mx_dataset_load; the caller releases the lists, also on failure. */
mx_status mx_split_rows(mx_dataset *dataset, const uint8_t *origin, const char *const *groups,
                        const mx_data_spec *spec);

/* Shares `total` among `n` classes in proportion to size[], by largest remainder, ties to the lower
 * class, each share within low and high[]. Needs n * low <= total <= the sum of high[], and
 * low <= high[]. */
void mx_split_share(int64_t *share, const int64_t *size, const int64_t *high, int n, int64_t low,
                    int64_t total);

#endif
