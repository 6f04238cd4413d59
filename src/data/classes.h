/* Class names, and the label of every picture. */
#ifndef MX_DATA_CLASSES_H
#define MX_DATA_CLASSES_H

#include "base/status.h"
#include "data/dataset.h"
#include "data/source.h"

/* Sets dataset->class_names and n_classes from spec->classes, or else from the training and test
 * pictures (folder names sorted bytewise, or "0" to the largest IDX label), and the label of every
 * picture in the list. Fails with MX_DATA when a picture's class is not among them, when there are
 * fewer than two, or when folder and IDX sources would have to agree on names, and MX_MEMORY; the
 * caller releases the names, also on failure. */
mx_status mx_classes_resolve(mx_dataset *dataset, const mx_data_spec *spec, mx_pictures *list);

#endif
