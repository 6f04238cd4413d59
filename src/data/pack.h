/* Decodes and resizes listed pictures into a data set.
 *
 * The packed pictures lie in memory or in FOLDER/KEY.pack, mapped. KEY stands for everything that
 * decides the pixels: the file's version, size, channels, decoding options, and in order the boxes
 * of the pictures and path, size, time of change and mode of their files or archives; a changed
 * source has another key. Labels and splits are not in the file, so that other classes or another
 * seed take the same one. A set with pictures of idx or cifar10, which need no decoding, is always
 * kept in memory. Files of other keys are never deleted; the folder may be emptied at any time. */
#ifndef MX_DATA_PACK_H
#define MX_DATA_PACK_H

#include "base/status.h"
#include "data/dataset.h"
#include "data/source.h"

/* Fills dataset->pixels, labels, n_pictures, n_bad and pack; the list has its classes resolved.
 * Pictures that cannot be used leave the list and the data set, with a warning each (the first
 * ten), a count and a row of the report. Works on all processors; the result and the messages do
 * not depend on how many. Pixels are converted to grey or RGB first, then resized. Errors as
 * mx_dataset_load; the caller releases what was allocated, also on failure. */
mx_status mx_pack_pictures(mx_dataset *dataset, const mx_data_spec *spec, mx_pictures *list);

#endif
