/* Decodes and resizes listed pictures into a data set. */
#ifndef MX_DATA_PACK_H
#define MX_DATA_PACK_H

#include "base/status.h"
#include "data/dataset.h"
#include "data/source.h"

/* Fills dataset->pixels, labels, n_pictures and n_bad; the list has its classes resolved. Pictures
 * that cannot be used leave the list and the data set, with a warning each (the first ten) and a
 * count. Works on all processors; the result and the messages do not depend on how many. Pixels are
 * converted to grey or RGB first, then resized. Errors as mx_dataset_load; the caller releases what
 * was allocated, also on failure. */
mx_status mx_pack_pictures(mx_dataset *dataset, const mx_data_spec *spec, mx_pictures *list);

#endif
