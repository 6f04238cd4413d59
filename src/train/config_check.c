/* Values that one row of config.def cannot judge: texts with a form, and keys against each other.
 */
#include <inttypes.h>
#include <string.h>

#include "base/fs.h"
#include "train/config_internal.h"

enum { MAX_SIZE = 1024 };
static const int64_t max_steps = 1000000000;

/* Indices into mx_config.values, one per key. */
enum {
#define MX_KEY(section, key, TYPE, fallback, range, help) at_##section##_##key,
#include "train/config.def"
};

const char *mx_config_blame(const mx_config *config, const mx_key_value *value) {
    return value->kind == MX_FROM_DEFAULT ? config->path : value->where;
}

/* Every value must survive being written as a line of a file and read again. */
static mx_status check_writable(void *user, const mx_key_slot *slot) {
    const char *text = slot->value->text, *where = mx_config_blame(user, slot->value);
    const char *section = slot->section, *name = slot->key->name;
    const size_t length = strlen(text), bad = mx_text_bad_byte(text, length);
    if (bad < length)
        return mx_fail(MX_USAGE, "%s: %s.%s has byte 0x%02x; values are UTF-8 text", where, section,
                       name, (unsigned char)text[bad]);
    if (mx_ini_without_comment(text, length) < length)
        return mx_fail(MX_USAGE, "%s: %s.%s = '%s' has a ';' or '#' that begins a comment", where,
                       section, name, text);
    if (strlen(name) + strlen(" = ") + length > MX_INI_LINE_BYTES)
        return mx_fail(MX_USAGE, "%s: %s.%s = '%s' needs a line over %d bytes", where, section,
                       name, text, MX_INI_LINE_BYTES);
    return MX_OK;
}

/* run.name, when nothing sets it, is the INI file's name without its extension. */
static mx_status name_run(mx_config *config) {
    if (*config->run_name) return MX_OK;
    char *stem = mx_arena_strdup(&config->arena, mx_path_name(config->path));
    if (!stem) return mx_fail(MX_MEMORY, "cannot hold the configuration");
    char *dot = strrchr(stem, '.');
    if (dot && dot > stem) *dot = '\0';
    config->run_name = config->values[at_run_name].text = stem;
    return MX_OK;
}

static mx_status check_run_name(const mx_config *config) {
    const char *name = config->run_name;
    if (!strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) return MX_OK;
    return mx_fail(MX_USAGE, "%s: run.name = '%s' is not the name of one folder",
                   mx_config_blame(config, &config->values[at_run_name]), name);
}

static bool parse_pixels(const char *text, size_t length, int *out) {
    char digits[8] = "";
    int64_t value = 0;
    if (length >= sizeof digits) return false;
    memcpy(digits, text, length);
    if (!mx_parse_int(digits, &value) || value < 1 || value > MAX_SIZE) return false;
    *out = (int)value;
    return true;
}

/* "N" or "HxW". */
static mx_status parse_size(mx_config *config) {
    const char *text = config->data_size, *cross = strchr(text, 'x');
    const size_t height_length = cross ? (size_t)(cross - text) : strlen(text);
    const char *width = cross ? cross + 1 : text;
    if (parse_pixels(text, height_length, &config->data_height) &&
        parse_pixels(width, strlen(width), &config->data_width))
        return MX_OK;
    return mx_fail(MX_USAGE, "%s: data.size = '%s' is not N or HxW with each within 1..%d",
                   mx_config_blame(config, &config->values[at_data_size]), text, MAX_SIZE);
}

static mx_status parse_data_memory(mx_config *config) {
    enum { MOST_MIB = 1 << 30 };
    const char *text = config->device_data_memory;
    config->device_data_mib = -1;
    if (strcmp(text, "auto") == 0) return MX_OK;
    if (mx_parse_int(text, &config->device_data_mib) && config->device_data_mib >= 0 &&
        config->device_data_mib <= MOST_MIB)
        return MX_OK;
    return mx_fail(MX_USAGE, "%s: device.data_memory = '%s' is neither auto nor MiB within 0..%d",
                   mx_config_blame(config, &config->values[at_device_data_memory]), text, MOST_MIB);
}

static mx_status parse_eval_every(mx_config *config) {
    const char *text = config->train_eval_every;
    config->train_eval_steps = 0;
    if (strcmp(text, "epoch") == 0)
        config->train_eval_when = MX_EVAL_EPOCH;
    else if (strcmp(text, "end") == 0)
        config->train_eval_when = MX_EVAL_END;
    else if (mx_parse_int(text, &config->train_eval_steps) && config->train_eval_steps >= 1 &&
             config->train_eval_steps <= max_steps)
        config->train_eval_when = MX_EVAL_STEPS;
    else
        return mx_fail(MX_USAGE,
                       "%s: train.eval_every = '%s' is not epoch, end or a number of steps within "
                       "1..%" PRId64,
                       mx_config_blame(config, &config->values[at_train_eval_every]), text,
                       max_steps);
    return MX_OK;
}

static mx_status parse_save_every(mx_config *config) {
    char number[24] = "";
    const char *text = config->train_save_every;
    const size_t length = strlen(text);
    const bool minutes = length > 1 && text[length - 1] == 'm';
    config->train_save_count = 0;
    if (length < sizeof number) memcpy(number, text, minutes ? length - 1 : length);
    if (strcmp(text, "epoch") == 0)
        config->train_save_when = MX_SAVE_EPOCH;
    else if (strcmp(text, "end") == 0)
        config->train_save_when = MX_SAVE_END;
    else if (mx_parse_int(number, &config->train_save_count) && config->train_save_count >= 1 &&
             config->train_save_count <= max_steps)
        config->train_save_when = minutes ? MX_SAVE_MINUTES : MX_SAVE_STEPS;
    else
        return mx_fail(MX_USAGE,
                       "%s: train.save_every = '%s' is not epoch, end, a number of steps or of "
                       "minutes such as 30m",
                       mx_config_blame(config, &config->values[at_train_save_every]), text);
    return MX_OK;
}

/* The key at `at` is of one schedule only. */
static mx_status refuse_unused(const mx_config *config, int at, const char *schedule) {
    const mx_key *key = &mx_config_keys[at];
    const mx_key_value *value = &config->values[at];
    if (value->kind == MX_FROM_DEFAULT || strcmp(value->text, key->fallback) == 0) return MX_OK;
    return mx_fail(MX_USAGE, "%s: optimizer.%s is for optimizer.schedule = %s",
                   mx_config_blame(config, value), key->name, schedule);
}

static mx_status parse_milestones(mx_config *config, mx_lr_schedule *schedule) {
    const mx_list *list = &config->optimizer_milestones;
    const mx_key_value *value = &config->values[at_optimizer_milestones];
    const char *blame = mx_config_blame(config, value);
    if (list->count == 0)
        return mx_fail(MX_USAGE, "%s: optimizer.schedule = step needs optimizer.milestones",
                       mx_config_blame(config, &config->values[at_optimizer_schedule]));
    if (list->count > MX_MILESTONES)
        return mx_fail(MX_USAGE, "%s: optimizer.milestones has more than %d steps", blame,
                       MX_MILESTONES);
    for (int i = 0; i < list->count; i++) {
        int64_t step = 0;
        if (!mx_parse_int(list->items[i], &step) || step < 1 || step > max_steps)
            return mx_fail(MX_USAGE,
                           "%s: optimizer.milestones: '%s' is not a step within 1..%" PRId64, blame,
                           list->items[i], max_steps);
        schedule->milestones[schedule->n_milestones++] = (uint64_t)step;
    }
    return MX_OK;
}

static mx_status parse_schedule(mx_config *config) {
    mx_lr_schedule *schedule = &config->lr_schedule;
    *schedule = (mx_lr_schedule){.cosine = config->optimizer_schedule == MX_CONFIG_SCHEDULE_COSINE,
                                 .warmup = (uint64_t)config->optimizer_warmup_steps,
                                 .gamma = config->optimizer_gamma};
    if (config->optimizer_schedule == MX_CONFIG_SCHEDULE_STEP)
        return parse_milestones(config, schedule);
    MX_TRY(refuse_unused(config, at_optimizer_milestones, "step"));
    return refuse_unused(config, at_optimizer_gamma, "step");
}

/* "keep", or the sizes of layers. */
static mx_status parse_head(mx_config *config) {
    const mx_list *head = &config->model_head;
    const mx_key_value *value = &config->values[at_model_head];
    enum { LARGEST = 1 << 16 };
    config->model_head_keep = head->count == 1 && strcmp(head->items[0], "keep") == 0;
    if (config->model_head_keep) return MX_OK;
    if (head->count > MX_CONFIG_HEAD_SIZES)
        return mx_fail(MX_USAGE, "%s: model.head = '%s' has more than %d sizes",
                       mx_config_blame(config, value), value->text, MX_CONFIG_HEAD_SIZES);
    for (int i = 0; i < head->count; i++) {
        int64_t size = 0;
        if (!mx_parse_int(head->items[i], &size) || size < 1 || size > LARGEST)
            return mx_fail(MX_USAGE,
                           "%s: model.head = '%s' is neither keep nor sizes within 1..%d such as "
                           "100, 10",
                           mx_config_blame(config, value), value->text, LARGEST);
        config->model_head_sizes[config->model_head_count++] = (int32_t)size;
    }
    return MX_OK;
}

/* Some keys are of the wide residual networks only, some of torchvision's. */
static mx_status check_model(const mx_config *config) {
    static const int wrn_keys[] = {at_model_leaky, at_model_conv_bias};
    static const char *const wrn_names[] = {"leaky", "conv_bias"};
    const bool wrn = strncmp(config->model_name, "wrn-", 4) == 0;
    const mx_key_value *head = &config->values[at_model_head];
    if (wrn && config->model_head.count > 0)
        return mx_fail(MX_USAGE, "%s: model.head is for torchvision's networks; '%s' has none",
                       mx_config_blame(config, head), config->model_name);
    for (int i = 0; !wrn && i < 2; i++)
        if (config->values[wrn_keys[i]].kind != MX_FROM_DEFAULT &&
            strcmp(config->values[wrn_keys[i]].text, mx_config_keys[wrn_keys[i]].fallback) != 0)
            return mx_fail(MX_USAGE,
                           "%s: model.%s is for wrn networks; '%s' is as torchvision has it",
                           mx_config_blame(config, &config->values[wrn_keys[i]]), wrn_names[i],
                           config->model_name);
    if (config->model_freeze != MX_CONFIG_FREEZE_NONE && !*config->model_weights)
        return mx_fail(MX_USAGE,
                       "%s: model.freeze keeps random weights unless model.weights names a file",
                       mx_config_blame(config, &config->values[at_model_freeze]));
    if (config->data_scaling == MX_CONFIG_SCALING_IMAGENET && config->data_channels != 3)
        return mx_fail(MX_USAGE, "%s: data.scaling = imagenet is for data.channels = 3",
                       mx_config_blame(config, &config->values[at_data_scaling]));
    return MX_OK;
}

/* A part of a step has whole groups of batch normalisation. */
static mx_status check_accumulate(const mx_config *config) {
    const bool mixmatch = config->train_method == MX_CONFIG_METHOD_MIXMATCH;
    const int64_t most = mixmatch ? config->mixmatch_k + 1 : 1;
    if (config->train_accumulate <= most) return MX_OK;
    return mx_fail(MX_USAGE,
                   "%s: train.accumulate = %" PRId64 " is more than the %" PRId64
                   " batches that a step normalises apart (%s)",
                   mx_config_blame(config, &config->values[at_train_accumulate]),
                   config->train_accumulate, most,
                   mixmatch ? "mixmatch.k + 1" : "method = supervised");
}

/* Crop-flip mirrors `pad` pixels at each border, without the border pixel itself. */
static mx_status check_pad(const mx_config *config) {
    const int least =
        config->data_height < config->data_width ? config->data_height : config->data_width;
    const bool used = config->augment_labelled == MX_CONFIG_AUGMENT_CROP_FLIP ||
                      config->augment_unlabelled == MX_CONFIG_AUGMENT_CROP_FLIP;
    if (!used || config->augment_pad < least) return MX_OK;
    return mx_fail(MX_USAGE, "%s: augment.pad = %" PRId64 " must be less than data.size = %s",
                   mx_config_blame(config, &config->values[at_augment_pad]), config->augment_pad,
                   config->data_size);
}

/* Of steps and epochs, the one that was set from nearer the command line wins. */
static void settle_length(mx_config *config) {
    mx_key_value *epochs = &config->values[at_train_epochs],
                 *steps = &config->values[at_train_steps];
    if (config->train_epochs == 0 || config->train_steps == 0 || epochs->kind == steps->kind)
        return;
    mx_key_value *loser = epochs->kind < steps->kind ? epochs : steps;
    *(loser == epochs ? &config->train_epochs : &config->train_steps) = 0;
    loser->text = "0";
    loser->where = loser == epochs ? steps->where : epochs->where;
}

static mx_status check_length(const mx_config *config) {
    const mx_key_value *epochs = &config->values[at_train_epochs];
    const mx_key_value *steps = &config->values[at_train_steps];
    if (config->train_epochs > 0 && config->train_steps > 0)
        return mx_fail(MX_USAGE,
                       "%s: train.steps = %s and train.epochs = %s (%s) are both set; set one of "
                       "them to 0",
                       mx_config_blame(config, steps), steps->text, epochs->text, epochs->where);
    if (config->train_epochs == 0 && config->train_steps == 0)
        return mx_fail(MX_USAGE, "%s: neither train.epochs nor train.steps is set; set one of them",
                       config->path);
    return MX_OK;
}

mx_status mx_config_check(mx_config *config) {
    MX_TRY(name_run(config));
    MX_TRY(mx_config_each_key(config, check_writable, config));
    MX_TRY(check_run_name(config));
    MX_TRY(parse_size(config));
    MX_TRY(parse_eval_every(config));
    MX_TRY(parse_save_every(config));
    MX_TRY(parse_schedule(config));
    MX_TRY(parse_data_memory(config));
    MX_TRY(parse_head(config));
    MX_TRY(check_model(config));
    MX_TRY(check_pad(config));
    MX_TRY(mx_config_check_augment(config));
    MX_TRY(check_accumulate(config));
    settle_length(config);
    MX_TRY(check_length(config));
    for (int i = 0; i < config->n_sources; i++)
        MX_TRY(mx_config_check_source(config, &config->sources[i]));
    return MX_OK;
}
