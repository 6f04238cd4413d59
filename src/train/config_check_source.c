/* [source.NAME]: which keys are for which kind, and texts with a form. */
#include <string.h>

#include "data/dataset.h"
#include "data/source_template.h"
#include "train/config_internal.h"

enum {
    FOLDER = 1 << MX_SOURCE_FOLDER,
    IDX = 1 << MX_SOURCE_IDX,
    TABLE = 1 << MX_SOURCE_TABLE,
    CIFAR10 = 1 << MX_SOURCE_CIFAR10,
    MAFA = 1 << MX_SOURCE_MAFA,
    ALL = FOLDER | IDX | TABLE | CIFAR10 | MAFA,
    BOX_COLUMNS = 4
};

/* Indices into mx_config_source.values. */
enum {
#define MX_SOURCE_KEY(key, TYPE, fallback, range, help) at_##key,
#include "train/config.def"
};

typedef struct key_rule {
    int key;
    int allowed;      /* kinds that know it; any other must leave it at its default */
    int required;     /* kinds that cannot do without */
    bool if_labelled; /* required only where split is not unlabelled */
} key_rule;

static const key_rule rules[] = {
    {at_images, ALL, ALL, false},
    {at_labels, IDX | TABLE | MAFA, TABLE | MAFA, false},
    {at_labels, IDX | TABLE | MAFA, IDX, true},
    {at_label, FOLDER | TABLE, TABLE, true},
    {at_path, TABLE, TABLE, false},
    {at_sheet, TABLE, 0, false},
    {at_delimiter, TABLE, 0, false},
    {at_header, TABLE, 0, false},
    {at_label_map, FOLDER | TABLE | MAFA, 0, false},
    {at_label_other, FOLDER | TABLE | MAFA, 0, false},
    {at_box, TABLE, 0, false},
    {at_margin, TABLE | MAFA, 0, false},
    {at_group, FOLDER | TABLE, 0, false},
    {at_match_case, TABLE | MAFA, 0, false},
};

static bool is_set(const mx_config_source *source, int key) {
    return strcmp(source->values[key].text, mx_config_source_keys[key].fallback) != 0;
}

/* "table or mafa" */
static void list_kinds(mx_buf *out, int kinds) {
    const char *cursor = MX_CONFIG_KIND_CHOICES, *word;
    size_t length;
    for (int kind = 0, left = kinds; mx_next_choice(&cursor, &word, &length); kind++) {
        if (!(left & 1 << kind)) continue;
        left &= ~(1 << kind);
        const char *before = kinds == (left | 1 << kind) ? "" : left ? ", " : " or ";
        mx_buf_printf(out, "%s%.*s", before, (int)length, word);
    }
}

static mx_status check_rule(const mx_config *config, const mx_config_source *source,
                            const key_rule *rule) {
    const char *name = mx_config_source_keys[rule->key].name;
    const int kind = 1 << source->kind;
    const bool needed = !rule->if_labelled || source->split != MX_SPLIT_UNLABELLED;
    if (is_set(source, rule->key) && !(rule->allowed & kind)) {
        mx_buf kinds = {0};
        list_kinds(&kinds, rule->allowed);
        mx_fail(MX_USAGE, "%s: '%s' in [%s] is for kind = %s only",
                mx_config_blame(config, &source->values[rule->key]), name, source->section,
                mx_buf_text(&kinds));
        mx_buf_release(&kinds);
        return MX_USAGE;
    }
    if (is_set(source, rule->key) || !(rule->required & kind) || !needed) return MX_OK;
    return mx_fail(MX_USAGE, "%s: [%s] has no '%s'%s", config->path, source->section, name,
                   rule->if_labelled ? ", and its split is not unlabelled" : "");
}

static mx_status check_template(const mx_config *config, const mx_config_source *source, int key,
                                const char *text) {
    if (mx_template_check(text) == MX_OK) return MX_OK;
    return mx_context(MX_USAGE, "%s: %s.%s = '%s'", mx_config_blame(config, &source->values[key]),
                      source->section, mx_config_source_keys[key].name, text);
}

static mx_status check_label_map(const mx_config *config, const mx_config_source *source) {
    for (int i = 0; i < source->label_map.count; i++) {
        const char *item = source->label_map.items[i], *colon = strrchr(item, ':');
        if (!colon || colon == item || colon[1] == '\0')
            return mx_fail(MX_USAGE, "%s: '%s' in label_map of [%s] is not VALUE:CLASS",
                           mx_config_blame(config, &source->values[at_label_map]), item,
                           source->section);
    }
    return MX_OK;
}

static mx_status check_box(const mx_config *config, const mx_config_source *source) {
    if (source->box.count != 0 && source->box.count != BOX_COLUMNS)
        return mx_fail(MX_USAGE, "%s: box of [%s] has %d columns; it takes x, y, width and height",
                       mx_config_blame(config, &source->values[at_box]), source->section,
                       source->box.count);
    if (source->kind == MX_SOURCE_TABLE && source->box.count == 0 && source->margin > 0)
        return mx_fail(MX_USAGE, "%s: margin of [%s] needs a box",
                       mx_config_blame(config, &source->values[at_margin]), source->section);
    return MX_OK;
}

mx_status mx_config_check_source(const mx_config *config, const mx_config_source *source) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        MX_TRY(check_rule(config, source, &rules[i]));
    if (source->kind == MX_SOURCE_TABLE) {
        MX_TRY(check_template(config, source, at_path, source->path));
        MX_TRY(check_template(config, source, at_label, source->label));
    }
    MX_TRY(check_label_map(config, source));
    MX_TRY(check_box(config, source));
    if (source->label_other == MX_LABEL_OTHER_UNLABELLED && source->split == MX_SPLIT_TEST)
        return mx_fail(MX_USAGE, "%s: label_other of [%s] = unlabelled is not for split = test",
                       mx_config_blame(config, &source->values[at_label_other]), source->section);
    if (source->kind == MX_SOURCE_FOLDER && *source->group && strcmp(source->group, "folder") != 0)
        return mx_fail(MX_USAGE,
                       "%s: group of [%s] = '%s' is not 'folder', the only one of a "
                       "folder",
                       mx_config_blame(config, &source->values[at_group]), source->section,
                       source->group);
    return MX_OK;
}
