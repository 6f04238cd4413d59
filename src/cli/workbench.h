/* A network with its weights, ready to say what pictures show. */
#ifndef MX_CLI_WORKBENCH_H
#define MX_CLI_WORKBENCH_H

#include "cli/args.h"
#include "train/config.h"
#include "train/evaluate.h"

#define MX_TTA_OPTION                                                                              \
    { "--tta", "K", "average over K views too, as augment.unlabelled" }

/* Names of the classes, in label order. */
typedef struct mx_class_names {
    char **items;
    int count;
} mx_class_names;

typedef struct mx_workbench {
    mx_class_names names;
    mx_device *device;
    mx_net *net;
    mx_evaluator evaluator;
} mx_workbench;

/* Opens the device and builds the network of `config` with the weights of file `weights`. Classes
 * are those of `data`; where that is NULL as the configuration lists them, else as the weights note
 * them. `args` has --tta. Fails with MX_USAGE, MX_DATA, MX_OPENCL or MX_MEMORY. */
mx_status mx_workbench_open(mx_workbench *bench, const mx_args *args, const mx_config *config,
                            const char *weights, const mx_dataset *data);
void mx_workbench_release(mx_workbench *bench);

/* The arena of the weights. */
mx_buffer *mx_workbench_weights(const mx_workbench *bench);

#endif
