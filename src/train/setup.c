#include "train/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "nn/model.h"
#include "ops/gemm_tune.h"
#include "report/packing_line.h"

mx_status mx_setup_device(const mx_config *config, bool profile, mx_device **out) {
    MX_TRY(mx_device_open_limited(out, config->device_select,
                                  mx_limits_name((mx_limits)config->device_limits), profile));
    /* A CPU multiplies with kernels of our own, unless told otherwise. */
    const bool cpu = mx_device_get_info(*out)->type == MX_DEVICE_CPU;
    const bool clblast = !cpu || config->conv_algorithm == MX_CONFIG_CONV_GEMM;
    if (!clblast || config->device_tune == MX_CONFIG_TUNE_OFF) return MX_OK;
    const mx_status status = mx_gemm_tuning_load(*out);
    if (status != MX_OK) {
        mx_device_close(*out);
        *out = NULL;
    }
    return status;
}

/* Where the prepared pictures go: data.cache, and what the caller wants of it. A cache folder that
 * cannot be made is a reason to do without, unless a file is what the caller came for. */
static mx_status choose_pack(const mx_config *config, const mx_prepare_options *prepare,
                             char **folder, mx_pack_spec *out) {
    const bool off = strcmp(config->data_cache, "off") == 0;
    const bool automatic = strcmp(config->data_cache, "auto") == 0;
    char *cache = NULL;
    mx_status status = MX_OK;
    *out = (mx_pack_spec){.mode = automatic ? MX_PACK_AUTO : MX_PACK_FILE};
    if (prepare) out->mode = prepare->check ? MX_PACK_CHECK : MX_PACK_FILE;
    if (prepare) out->report = prepare->report;
    out->verify = prepare != NULL;
    if (off && prepare && !prepare->check)
        return mx_fail(MX_USAGE, "data.cache = off leaves nowhere to keep prepared pictures; set "
                                 "it to auto or a folder, or give --check");
    if (off && !prepare) out->mode = MX_PACK_MEMORY;
    if (off) return MX_OK;
    if (automatic) {
        status = mx_cache_folder(&cache);
        if (status == MX_OK) status = mx_path_join(folder, cache, "packed");
        free(cache);
    } else {
        status = mx_strdup(folder, config->data_cache);
    }
    if (status == MX_WRITE && out->mode != MX_PACK_FILE) {
        mx_warn("%s; prepared pictures stay in memory", mx_error());
        if (out->mode == MX_PACK_AUTO) out->mode = MX_PACK_MEMORY;
        status = MX_OK;
    }
    out->folder = *folder;
    return status;
}

/* The classes of the data are the first of those that model.head = keep has; the others get their
 * numbers as names. */
static mx_status add_kept_classes(mx_dataset *data) {
    char **names = NULL;
    if (data->n_classes > MX_KEPT_CLASSES)
        return mx_fail(MX_DATA,
                       "model.head = keep has %d classes, and the data has %d; leave model.head "
                       "empty for a new last layer",
                       MX_KEPT_CLASSES, data->n_classes);
    MX_TRY(mx_alloc(&names, MX_KEPT_CLASSES, sizeof *names));
    memcpy(names, data->class_names, (size_t)data->n_classes * sizeof *names);
    free(data->class_names);
    data->class_names = names;
    while (data->n_classes < MX_KEPT_CLASSES) {
        char number[16];
        snprintf(number, sizeof number, "%d", data->n_classes);
        MX_TRY(mx_strdup(&names[data->n_classes], number));
        data->n_classes++;
    }
    return MX_OK;
}

/* An mx_pack_listener. */
static void draw_progress(void *context, const mx_pack_progress *progress) {
    mx_packing_line_draw(context, progress->done, progress->total, progress->bad);
}

static mx_status load_dataset(mx_dataset *out, mx_data_spec *spec, const mx_source_spec *sources,
                              int n_sources) {
    mx_packing_line line;
    mx_packing_line_init(&line, stderr);
    spec->pack.listener = draw_progress;
    spec->pack.context = &line;
    const mx_status status = mx_dataset_load(out, spec, sources, n_sources);
    mx_packing_line_end(&line);
    return status;
}

static mx_source_spec source_of(const mx_config_source *from) {
    static const char delimiters[] = {[MX_CONFIG_DELIMITER_AUTO] = 0,
                                      [MX_CONFIG_DELIMITER_COMMA] = ',',
                                      [MX_CONFIG_DELIMITER_SEMICOLON] = ';',
                                      [MX_CONFIG_DELIMITER_TAB] = '\t',
                                      [MX_CONFIG_DELIMITER_PIPE] = '|'};
    return (mx_source_spec){.name = from->name,
                            .kind = (mx_source_kind)from->kind,
                            .split = (mx_split)from->split,
                            .images = from->images,
                            .labels = from->labels,
                            .label = from->label,
                            .path = from->path,
                            .sheet = from->sheet,
                            .delimiter = delimiters[from->delimiter],
                            .no_header = !from->header,
                            .label_map = from->label_map.items,
                            .n_label_map = from->label_map.count,
                            .label_other = (mx_label_other)from->label_other,
                            .box = from->box.items,
                            .margin = from->margin,
                            .group = from->group,
                            .ignore_case = !from->match_case};
}

static mx_status setup_dataset(const mx_config *config, const mx_prepare_options *prepare,
                               bool names, mx_dataset *out) {
    mx_data_spec spec = {.height = config->data_height,
                         .width = config->data_width,
                         .channels = (int)config->data_channels,
                         .classes = config->data_classes.items,
                         .n_classes = config->data_classes.count,
                         .labelled = config->data_labelled,
                         .validation = config->data_validation,
                         .test = config->data_test,
                         .group = config->data_group,
                         .seed = (uint64_t)config->run_seed,
                         .skip_bad = config->data_bad == MX_CONFIG_BAD_SKIP,
                         .bad_limit = config->data_bad_limit,
                         .fast_decode = config->data_fast_decode,
                         .exif = config->data_exif,
                         .names = names};
    mx_source_spec *sources = NULL;
    char *folder = NULL;
    mx_status status;
    *out = (mx_dataset){0};
    MX_GO(choose_pack(config, prepare, &folder, &spec.pack));
    MX_GO(mx_alloc(&sources, (size_t)config->n_sources, sizeof *sources));
    for (int i = 0; i < config->n_sources; i++)
        sources[i] = source_of(&config->sources[i]);
    MX_GO(load_dataset(out, &spec, sources, config->n_sources));
    if (config->model_head_keep) MX_GO(add_kept_classes(out));
done:
    if (status != MX_OK) mx_dataset_release(out);
    free(sources);
    free(folder);
    return status;
}

mx_status mx_setup_dataset_with(const mx_config *config, const mx_prepare_options *prepare,
                                mx_dataset *out) {
    return setup_dataset(config, prepare, false, out);
}

static void tell_prepared(const mx_pack_facts *pack) {
    if (pack->file && pack->n_decoded > 0)
        mx_info("prepared %zu pictures in %.1f s (%.0f a second): '%s', %.1f MiB", pack->n_decoded,
                pack->elapsed_ms / 1000, (double)pack->n_decoded * 1000 / pack->elapsed_ms,
                pack->file, (double)pack->bytes / (1 << 20));
}

mx_status mx_setup_dataset(const mx_config *config, mx_dataset *out) {
    MX_TRY(setup_dataset(config, NULL, false, out));
    tell_prepared(&out->pack);
    return MX_OK;
}

mx_status mx_setup_named_dataset(const mx_config *config, mx_dataset *out) {
    MX_TRY(setup_dataset(config, NULL, true, out));
    tell_prepared(&out->pack);
    return MX_OK;
}

mx_scaling mx_setup_scaling(const mx_config *config) {
    /* ImageNet's mean and deviation of red, green and blue, as torchvision's weights expect. */
    static const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
    mx_scaling scaling = {0};
    for (int c = 0; c < config->data_channels; c++) {
        switch (config->data_scaling) {
        case MX_CONFIG_SCALING_SIGNED:
            scaling.mul[c] = 1.0f / 127.5f;
            scaling.add[c] = -1.0f;
            break;
        case MX_CONFIG_SCALING_IMAGENET:
            scaling.mul[c] = (float)(1.0 / (255.0 * deviation[c]));
            scaling.add[c] = (float)(-mean[c] / deviation[c]);
            break;
        default:
            scaling.mul[c] = 1.0f / 255.0f;
        }
    }
    return scaling;
}

static mx_augmentation augmentation(const mx_config *config, int choice,
                                    const mx_augment_program *program) {
    return (mx_augmentation){.crop_flip = choice == MX_CONFIG_AUGMENT_CROP_FLIP,
                             .pad = (mx_i32)config->augment_pad,
                             .program = *program};
}

mx_trainer_spec mx_setup_trainer(const mx_config *config) {
    return (mx_trainer_spec){
        .mixmatch = config->train_method == MX_CONFIG_METHOD_MIXMATCH,
        .batch = (mx_i32)config->train_batch,
        .k = (mx_i32)config->mixmatch_k,
        .parts = (mx_i32)config->train_accumulate,
        .seed = (uint64_t)config->run_seed,
        .scaling = mx_setup_scaling(config),
        .labelled = augmentation(config, config->augment_labelled, &config->labelled_program),
        .unlabelled = augmentation(config, config->augment_unlabelled, &config->unlabelled_program),
        .temperature = config->mixmatch_temperature,
        .alpha = config->mixmatch_alpha,
        .mixup = config->mixmatch_mixup,
        .lambda_per_batch = config->mixmatch_lambda_per == MX_CONFIG_LAMBDA_PER_BATCH,
        .interleave = config->mixmatch_interleave,
        .lambda_u = config->mixmatch_lambda_u,
        .ramp_steps = config->mixmatch_ramp_steps,
        .ema = config->mixmatch_ema,
        .ema_warmup = config->mixmatch_ema_warmup,
        .lr_schedule = config->lr_schedule,
        .lr = config->optimizer_lr,
        .lr_backbone = config->optimizer_lr_backbone > 0 ? config->optimizer_lr_backbone
                                                         : config->optimizer_lr,
        .weight_decay = config->optimizer_weight_decay,
        .beta1 = config->optimizer_beta1,
        .beta2 = config->optimizer_beta2,
        .epsilon = config->optimizer_epsilon,
        .coupled_decay = config->optimizer_decay == MX_CONFIG_DECAY_COUPLED};
}

mx_i32 mx_setup_eval_batch(const mx_config *config) {
    return (mx_i32)config->train_eval_batch;
}

size_t mx_setup_feed_capacity(const mx_config *config) {
    const int64_t training = 2 * config->train_batch, evaluation = config->train_eval_batch;
    return (size_t)(training > evaluation ? training : evaluation);
}

uint64_t mx_setup_data_memory(const mx_config *config, const mx_device *device) {
    if (config->device_data_mib >= 0) return (uint64_t)config->device_data_mib << 20;
    return mx_device_get_info(device)->global_memory / 4;
}

int mx_setup_classes(const mx_config *config, int fallback) {
    return config->data_classes.count > 0 ? config->data_classes.count : fallback;
}

static const char *conv_algorithm(const mx_config *config) {
#define WORD(id, word) [id] = word,
    static const char *const words[] = {MX_CONFIG_CONV_CHOICES(WORD)};
#undef WORD
    return words[config->conv_algorithm];
}

static mx_status build_net(const mx_config *config, mx_device *device, int classes,
                           const mx_trainer_spec *spec, mx_conv_tuner *tuner, bool sizes_only,
                           mx_net **out) {
    mx_model_spec model = {.name = config->model_name,
                           .height = config->data_height,
                           .width = config->data_width,
                           .channels = (mx_i32)config->data_channels,
                           .classes = classes,
                           .slope = (float)config->model_leaky,
                           .bn_momentum = (float)config->model_bn_momentum,
                           .conv_bias = config->model_conv_bias,
                           .freeze = (mx_freeze)config->model_freeze,
                           .n_head = config->model_head_count};
    memcpy(model.head, config->model_head_sizes, sizeof model.head);
    const mx_trainer_spec training = mx_setup_trainer(config);
    mx_net_plan_request request = {.infer_rows = mx_setup_eval_batch(config),
                                   .infer_groups = 1,
                                   .conv_algorithm = conv_algorithm(config),
                                   .tuner = tuner,
                                   .keep_all = !config->model_recompute,
                                   .plain = !config->conv_fuse,
                                   .sizes_only = sizes_only,
                                   .tuned_rows =
                                       training.batch * mx_trainer_train_groups(&training)};
    if (spec) {
        const mx_i32 guess_groups = mx_trainer_guess_groups(spec);
        request.train_groups = mx_trainer_train_groups(spec);
        request.train_rows = request.train_groups * spec->batch;
        request.hand_over = spec->parts == 1;
        if (guess_groups * spec->batch > request.infer_rows)
            request.infer_rows = guess_groups * spec->batch;
        if (guess_groups > 0) request.infer_groups = guess_groups;
    }
    MX_TRY(mx_model_build(out, device, &model));
    const mx_status status = mx_net_plan(*out, &request);
    if (status == MX_OK) return MX_OK;
    mx_net_close(*out);
    *out = NULL;
    return status;
}

mx_status mx_setup_net_with(const mx_config *config, mx_device *device, int classes,
                            const mx_trainer_spec *spec, mx_conv_tuner *tuner, mx_net **out) {
    return build_net(config, device, classes, spec, tuner, false, out);
}

mx_status mx_setup_sized_net(const mx_config *config, mx_device *device, int classes,
                             const mx_trainer_spec *spec, mx_net **out) {
    return build_net(config, device, classes, spec, NULL, true, out);
}

static mx_status net_in_mode(const mx_config *config, mx_device *device, int classes,
                             const mx_trainer_spec *spec, mx_tune_mode mode, mx_net **out) {
    mx_conv_tuner *tuner = NULL;
    *out = NULL;
    MX_TRY(mx_conv_tuner_open(&tuner, device, mode));
    const mx_status status = mx_setup_net_with(config, device, classes, spec, tuner, out);
    mx_conv_tuner_close(tuner);
    return status;
}

mx_status mx_setup_net(const mx_config *config, mx_device *device, int classes,
                       const mx_trainer_spec *spec, mx_net **out) {
    const bool off = config->device_tune == MX_CONFIG_TUNE_OFF;
    return net_in_mode(config, device, classes, spec, off ? MX_TUNE_OFF : MX_TUNE_CACHED, out);
}

mx_status mx_setup_tuned_net(const mx_config *config, mx_device *device, int classes,
                             const mx_trainer_spec *spec, mx_net **out) {
    static const mx_tune_mode modes[] = {[MX_CONFIG_TUNE_OFF] = MX_TUNE_OFF,
                                         [MX_CONFIG_TUNE_AUTO] = MX_TUNE_AUTO,
                                         [MX_CONFIG_TUNE_FULL] = MX_TUNE_FULL};
    return net_in_mode(config, device, classes, spec, modes[config->device_tune], out);
}
