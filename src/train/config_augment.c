/* [augment]: lists of augmentations, NAME, NAME(STRENGTH) or NAME(LOW..HIGH), each also with
 * :PROBABILITY. */
#include <string.h>

#include "train/config_internal.h"
#include "train/config_nearest.h"

enum { ITEM_BYTES = 64 };

/* Indices into mx_config.values. */
enum {
#define MX_KEY(section, key, TYPE, fallback, range, help) at_##section##_##key,
#include "train/config.def"
};

/* A list being read: its key, and what messages begin with. */
typedef struct ops_key {
    const char *name;
    const char *where;
} ops_key;

static mx_status unknown_kind(const ops_key *key, const char *name) {
    mx_nearest nearest = {.word = name};
    mx_buf all = {0};
    for (int kind = 0; kind < MX_AUGMENT_KINDS; kind++) {
        mx_nearest_offer(&nearest, mx_augment_kinds[kind].name);
        mx_buf_printf(&all, "%s%s", kind ? ", " : "", mx_augment_kinds[kind].name);
    }
    mx_fail(MX_USAGE, "%s: augment.%s has no augmentation '%s'; there are %s", key->where,
            key->name, name, mx_buf_text(&all));
    if (*nearest.best) mx_fail(MX_USAGE, "%s; did you mean '%s'?", mx_error(), nearest.best);
    mx_buf_release(&all);
    return MX_USAGE;
}

static mx_status malformed(const ops_key *key, const char *item) {
    return mx_fail(MX_USAGE,
                   "%s: '%s' in augment.%s is not NAME, NAME(STRENGTH) or NAME(LOW..HIGH), with or "
                   "without :PROBABILITY",
                   key->where, item, key->name);
}

/* "LOW..HIGH", or one strength. */
static bool read_range(char *text, double *low, double *high) {
    char *dots = strstr(text, "..");
    if (!dots) {
        const bool ok = mx_parse_real(text, low);
        *high = *low;
        return ok;
    }
    *dots = '\0';
    return mx_parse_real(text, low) && mx_parse_real(dots + 2, high);
}

static mx_status set_range(const ops_key *key, const char *item, char *text,
                           mx_augment_step *step) {
    const mx_augment_kind_info *info = &mx_augment_kinds[step->kind];
    double low = 0.0, high = 0.0;
    if (!read_range(text, &low, &high)) return malformed(key, item);
    if (info->least == 0.0f && info->most == 0.0f)
        return mx_fail(MX_USAGE, "%s: '%s' in augment.%s: %s takes no strength", key->where, item,
                       key->name, info->name);
    step->low = (float)low;
    step->high = (float)high;
    if (step->low <= step->high && step->low >= info->least && step->high <= info->most)
        return MX_OK;
    return mx_fail(MX_USAGE,
                   "%s: '%s' in augment.%s: the strength of %s is within %g..%g, low first (%s)",
                   key->where, item, key->name, info->name, (double)info->least, (double)info->most,
                   info->strength);
}

/* Cuts `text` at `mark` and gives what follows, or NULL. */
static char *cut(char *text, char mark) {
    char *at = strrchr(text, mark);
    if (at) *at++ = '\0';
    return at;
}

static mx_status read_step(const ops_key *key, const char *item, mx_augment_step *step) {
    char text[ITEM_BYTES];
    double probability = 1.0;
    if (strlen(item) >= sizeof text) return malformed(key, item);
    memcpy(text, item, strlen(item) + 1);
    const char *share = cut(text, ':');
    char *range = strchr(text, '(');
    if (range) {
        char *end = text + strlen(text) - 1;
        if (*end != ')') return malformed(key, item);
        *end = '\0';
        *range++ = '\0';
    }
    int kind = 0;
    while (kind < MX_AUGMENT_KINDS && strcmp(mx_augment_kinds[kind].name, text) != 0)
        kind++;
    if (kind == MX_AUGMENT_KINDS) return unknown_kind(key, text);
    *step = mx_augment_default_step((mx_augment_kind)kind);
    if (range) MX_TRY(set_range(key, item, range, step));
    if (share && !mx_parse_real(share, &probability)) return malformed(key, item);
    if (probability < 0.0 || probability > 1.0)
        return mx_fail(MX_USAGE, "%s: '%s' in augment.%s: a probability is within 0..1", key->where,
                       item, key->name);
    step->probability = (float)probability;
    return MX_OK;
}

static mx_status read_program(const mx_config *config, int choice, const mx_list *ops, int at,
                              mx_augment_program *program) {
    const ops_key key = {mx_config_keys[at].name, mx_config_blame(config, &config->values[at])};
    const bool list = choice == MX_CONFIG_AUGMENT_LIST;
    *program = (mx_augment_program){0};
    if (choice == MX_CONFIG_AUGMENT_SEED) *program = mx_augment_seed();
    if (!list && ops->count > 0)
        return mx_fail(MX_USAGE, "%s: augment.%s is for augment.%s = list", key.where, key.name,
                       at == at_augment_labelled_ops ? "labelled" : "unlabelled");
    if (list && ops->count == 0)
        return mx_fail(MX_USAGE, "%s: augment.%s is empty, and augment.%s = list", key.where,
                       key.name, at == at_augment_labelled_ops ? "labelled" : "unlabelled");
    if (ops->count > MX_AUGMENT_STEPS)
        return mx_fail(MX_USAGE, "%s: augment.%s has %d augmentations; %d is the most", key.where,
                       key.name, ops->count, MX_AUGMENT_STEPS);
    for (int i = 0; i < ops->count; i++)
        MX_TRY(read_step(&key, ops->items[i], &program->steps[program->n_steps++]));
    return MX_OK;
}

mx_status mx_config_check_augment(mx_config *config) {
    MX_TRY(read_program(config, config->augment_labelled, &config->augment_labelled_ops,
                        at_augment_labelled_ops, &config->labelled_program));
    return read_program(config, config->augment_unlabelled, &config->augment_unlabelled_ops,
                        at_augment_unlabelled_ops, &config->unlabelled_program);
}
