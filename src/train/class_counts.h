/* How many pictures of each class a data set has. */
#ifndef MX_TRAIN_CLASS_COUNTS_H
#define MX_TRAIN_CLASS_COUNTS_H

#include "data/dataset.h"
#include "report/event.h"

/* Fills `out`, one for each class of `data`, whose names it points to. */
void mx_count_classes(const mx_dataset *data, mx_event_class *out);

#endif
