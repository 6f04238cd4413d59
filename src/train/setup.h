/* From a configuration to the pieces of a run. */
#ifndef MX_TRAIN_SETUP_H
#define MX_TRAIN_SETUP_H

#include "data/dataset.h"
#include "nn/net.h"
#include "ops/conv_tune.h"
#include "train/config.h"
#include "train/trainer.h"

enum { MX_KEPT_CLASSES = 1000 }; /* of torchvision's fc, which model.head = keep keeps */

/* Opens the device that the configuration selects. */
mx_status mx_setup_device(const mx_config *config, bool profile, mx_device **out);

/* Loads and splits the pictures of every source, prepared in the cache that data.cache names.
 * Release with mx_dataset_release. */
mx_status mx_setup_dataset(const mx_config *config, mx_dataset *out);
/* The same with the pictures' names. */
mx_status mx_setup_named_dataset(const mx_config *config, mx_dataset *out);

/* What `mixcl prepare` wants of it. */
typedef struct mx_prepare_options {
    bool check;         /* decode every picture and write no packed file; pixels stay NULL */
    const char *report; /* CSV file of pictures that cannot be used; NULL: beside the packed file */
} mx_prepare_options;

/* mx_setup_dataset; where `prepare` is not NULL, verifies a packed file that is there, and
 * fails with MX_WRITE when there can be none. */
mx_status mx_setup_dataset_with(const mx_config *config, const mx_prepare_options *prepare,
                                mx_dataset *out);

/* The step's numbers. */
mx_trainer_spec mx_setup_trainer(const mx_config *config);

/* Bytes to network inputs: unit v / 255, signed v / 127.5 - 1, imagenet
 * (v / 255 - mean) / deviation. */
mx_scaling mx_setup_scaling(const mx_config *config);

/* Builds and plans the network for `classes` classes: for training as `spec` says, or for inference
 * only where spec is NULL; batches of mx_setup_eval_batch in evaluation. Convolutions are as the
 * tuning cache has them for training; nothing is measured. */
mx_status mx_setup_net(const mx_config *config, mx_device *device, int classes,
                       const mx_trainer_spec *spec, mx_net **out);

/* mx_setup_net that measures the convolutions that the cache lacks, as device.tune says. */
mx_status mx_setup_tuned_net(const mx_config *config, mx_device *device, int classes,
                             const mx_trainer_spec *spec, mx_net **out);

/* A network with sizes only, by built-in choices (nn/net.h). */
mx_status mx_setup_sized_net(const mx_config *config, mx_device *device, int classes,
                             const mx_trainer_spec *spec, mx_net **out);

/* mx_setup_net with a tuner of the caller's. */
mx_status mx_setup_net_with(const mx_config *config, mx_device *device, int classes,
                            const mx_trainer_spec *spec, mx_conv_tuner *tuner, mx_net **out);

/* Pictures a batch in evaluation. */
mx_i32 mx_setup_eval_batch(const mx_config *config);

/* Pictures of the largest batch, of training or evaluation. */
size_t mx_setup_feed_capacity(const mx_config *config);

/* Bytes of the device's memory that packed pictures may take. */
uint64_t mx_setup_data_memory(const mx_config *config, const mx_device *device);

/* The number of classes that `data.classes` lists, or `fallback` when it lists none. */
int mx_setup_classes(const mx_config *config, int fallback);

#endif
