/* Class names, and the label of every picture. */
#ifndef MX_DATA_CLASSES_H
#define MX_DATA_CLASSES_H

#include "base/status.h"
#include "data/dataset.h"
#include "data/source.h"

/* Sets dataset->class_names and n_classes from spec->classes, or else from the training and test
 * pictures (what they name, sorted bytewise, or "0" to the largest number), and the label of every
 * picture in the list: its number, or the class that its text is the name of, after the source's
 * label_map; where spec->classes lists the classes, a text may also be a number, from 0. Pictures
 * of other labels leave the list, lose their label or are an error, as label_other of the source
 * says. Fails with MX_DATA (the first row at fault and the classes in the message), also when there
 * are fewer than two classes, when named and numbered ones would have to agree, or when no picture
 * is left, and with MX_MEMORY; the caller releases the names, also on failure. */
mx_status mx_classes_resolve(mx_dataset *dataset, const mx_data_spec *spec, mx_pictures *list);

#endif
