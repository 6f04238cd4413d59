#include "train/class_counts.h"

void mx_count_classes(const mx_dataset *data, mx_event_class *out) {
    for (int i = 0; i < data->n_classes; i++)
        out[i] = (mx_event_class){.name = data->class_names[i],
                                  .labelled = mx_dataset_count(data, &data->labelled, i),
                                  .unlabelled = mx_dataset_count(data, &data->unlabelled, i),
                                  .validation = mx_dataset_count(data, &data->validation, i),
                                  .test = mx_dataset_count(data, &data->test, i)};
}
