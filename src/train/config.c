/* Opening a configuration: defaults < INI file < environment < --set. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "train/config_internal.h"
#include "train/config_nearest.h"

static const char source_prefix[] = "source.", sweep_section[] = "sweep";
enum { SOURCE_PREFIX_BYTES = sizeof source_prefix - 1 };

static bool is_source(const char *section) {
    return strncmp(section, source_prefix, SOURCE_PREFIX_BYTES) == 0;
}

mx_status mx_config_keep(mx_config *config, const char **out, const char *text) {
    *out = mx_arena_strdup(&config->arena, text);
    return *out ? MX_OK : mx_fail(MX_MEMORY, "cannot hold the configuration");
}

static mx_key_slot key_slot(mx_config *config, int i) {
    const mx_key *key = &mx_config_keys[i];
    return (mx_key_slot){key->section, key, config, &config->values[i]};
}

static mx_key_slot source_slot(mx_config_source *source, int i) {
    return (mx_key_slot){source->section, &mx_config_source_keys[i], source, &source->values[i]};
}

mx_status mx_config_each_key(const mx_config *config, mx_key_visitor *visit, void *user) {
    /* The slots point into a config that visitors must not change. */
    mx_config *fields = (mx_config *)config;
    for (int i = 0; i < MX_N_KEYS; i++) {
        const mx_key_slot slot = key_slot(fields, i);
        MX_TRY(visit(user, &slot));
    }
    for (int s = 0; s < config->n_sources; s++)
        for (int i = 0; i < MX_N_SOURCE_KEYS; i++) {
            const mx_key_slot slot = source_slot(&config->sources[s], i);
            MX_TRY(visit(user, &slot));
        }
    return MX_OK;
}

/* The absolute form of a folder that exists. */
static mx_status absolute_folder(mx_config *config, const char **out, const char *folder) {
    char *real = realpath(folder, NULL);
    if (!real) return mx_fail(MX_USAGE, "cannot open folder '%s': %s", folder, strerror(errno));
    const mx_status status = mx_config_keep(config, out, real);
    free(real);
    return status;
}

/* Relative paths in the file start at its folder; others (--set, the default), at the working
 * folder. */
static mx_status resolve_path(mx_config *config, const char **path, mx_origin_kind kind) {
    const char *base = config->folder;
    char *joined = NULL;
    if (**path == '\0') return MX_OK;
    if (kind != MX_FROM_FILE) MX_TRY(absolute_folder(config, &base, "."));
    MX_TRY(mx_path_join(&joined, base, *path));
    const mx_status status = mx_config_keep(config, path, joined);
    free(joined);
    return status;
}

static mx_status assign(mx_config *config, const mx_key_slot *slot, const mx_setting *setting) {
    mx_key_value value = {.kind = setting->kind};
    MX_TRY(
        mx_config_keep(config, &value.text, *setting->text ? setting->text : slot->key->fallback));
    MX_TRY(mx_config_keep(config, &value.where, setting->where));
    if (slot->key->type == MX_KEY_PATH && !mx_is_choice(slot->key->range, value.text))
        MX_TRY(resolve_path(config, &value.text, value.kind));
    MX_TRY(mx_key_parse(slot, value.text, value.where, &config->arena));
    *slot->value = value;
    return MX_OK;
}

static mx_status assign_default(mx_config *config, const mx_key_slot *slot) {
    const mx_setting setting = {slot->section, slot->key->name, "", "default", MX_FROM_DEFAULT};
    return assign(config, slot, &setting);
}

static mx_config_source *find_source(const mx_config *config, const char *section) {
    for (int i = 0; i < config->n_sources; i++)
        if (strcmp(config->sources[i].section, section) == 0) return &config->sources[i];
    return NULL;
}

static bool section_exists(const char *section) {
    for (int i = 0; i < MX_N_KEYS; i++)
        if (strcmp(mx_config_keys[i].section, section) == 0) return true;
    return strcmp(section, sweep_section) == 0;
}

static bool is_source_name(const char *name) {
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_') return false;
    return *name != '\0';
}

static mx_status add_source(mx_config *config, const char *section, const char *where) {
    const char *name = section + SOURCE_PREFIX_BYTES;
    if (!is_source_name(name))
        return mx_fail(MX_USAGE, "%s: the name in [%s] must be letters, digits, '-' and '_'", where,
                       section);
    const size_t count = (size_t)config->n_sources;
    MX_TRY(mx_grow(&config->sources, &config->source_capacity, count + 1, sizeof *config->sources));
    mx_config_source *source = &config->sources[count];
    *source = (mx_config_source){0};
    MX_TRY(mx_config_keep(config, &source->section, section));
    source->name = source->section + SOURCE_PREFIX_BYTES;
    for (int i = 0; i < MX_N_SOURCE_KEYS; i++) {
        const mx_key_slot slot = source_slot(source, i);
        MX_TRY(assign_default(config, &slot));
    }
    config->n_sources++;
    return MX_OK;
}

/* Offers the sections' names to `nearest`, and lists them in `list`. */
static void offer_sections(mx_nearest *nearest, mx_buf *list) {
    const char *last = "";
    for (int i = 0; i < MX_N_KEYS; i++) {
        const char *section = mx_config_keys[i].section;
        if (strcmp(section, last) == 0) continue;
        mx_nearest_offer(nearest, section);
        mx_buf_printf(list, "%s, ", section);
        last = section;
    }
    mx_nearest_offer(nearest, sweep_section);
    mx_buf_printf(list, "%s, %sNAME", sweep_section, source_prefix);
}

static mx_status unknown_section(const char *section, const char *where) {
    mx_nearest nearest = {.word = section};
    mx_buf all = {0};
    offer_sections(&nearest, &all);
    mx_fail(MX_USAGE, "%s: unknown section [%s]; ", where, section);
    if (*nearest.best)
        mx_fail(MX_USAGE, "%sdid you mean [%s]?", mx_error(), nearest.best);
    else
        mx_fail(MX_USAGE, "%sthe sections are %s", mx_error(), mx_buf_text(&all));
    mx_buf_release(&all);
    return MX_USAGE;
}

mx_status mx_config_enter_section(mx_config *config, const char *section, const char *where) {
    if (is_source(section))
        return find_source(config, section) ? MX_OK : add_source(config, section, where);
    return section_exists(section) ? MX_OK : unknown_section(section, where);
}

/* [source.NAME] that only --set names: a new one would silently stay beside the one that was meant.
 */
static mx_status unknown_source(const mx_config *config, const mx_setting *setting) {
    mx_nearest nearest = {.word = setting->section};
    for (int i = 0; i < config->n_sources; i++)
        mx_nearest_offer(&nearest, config->sources[i].section);
    mx_fail(MX_USAGE, "%s: '%s' has no section [%s]", setting->where, config->path,
            setting->section);
    if (*nearest.best) mx_fail(MX_USAGE, "%s; did you mean [%s]?", mx_error(), nearest.best);
    return MX_USAGE;
}

/* Suggests a near key of the section, the same key of another section, or all of the section's. */
static mx_status unknown_key(const mx_setting *setting, const mx_key *keys, int n_keys) {
    mx_nearest nearest = {.word = setting->name};
    const char *elsewhere = NULL;
    mx_buf all = {0};
    for (int i = 0; i < n_keys; i++) {
        const bool here = keys != mx_config_keys || strcmp(keys[i].section, setting->section) == 0;
        if (here) mx_nearest_offer(&nearest, keys[i].name);
        if (here) mx_buf_printf(&all, "%s%s", all.length ? ", " : "", keys[i].name);
    }
    for (int i = 0; i < MX_N_KEYS; i++)
        if (strcmp(mx_config_keys[i].name, setting->name) == 0)
            elsewhere = mx_config_keys[i].section;
    mx_fail(MX_USAGE, "%s: unknown key '%s' in [%s]; ", setting->where, setting->name,
            setting->section);
    if (elsewhere)
        mx_fail(MX_USAGE, "%sdid you mean '%s' in [%s]?", mx_error(), setting->name, elsewhere);
    else if (*nearest.best)
        mx_fail(MX_USAGE, "%sdid you mean '%s'?", mx_error(), nearest.best);
    else
        mx_fail(MX_USAGE, "%sits keys are %s", mx_error(), mx_buf_text(&all));
    mx_buf_release(&all);
    return MX_USAGE;
}

/* The slot that `setting` names, in a section that exists. */
static mx_status find_slot(mx_config *config, const mx_setting *setting, mx_key_slot *out) {
    if (is_source(setting->section)) {
        mx_config_source *source = find_source(config, setting->section);
        if (!source) return unknown_source(config, setting);
        for (int i = 0; i < MX_N_SOURCE_KEYS; i++) {
            *out = source_slot(source, i);
            if (strcmp(out->key->name, setting->name) == 0) return MX_OK;
        }
        return unknown_key(setting, mx_config_source_keys, MX_N_SOURCE_KEYS);
    }
    if (!section_exists(setting->section)) return unknown_section(setting->section, setting->where);
    for (int i = 0; i < MX_N_KEYS; i++) {
        *out = key_slot(config, i);
        if (strcmp(out->section, setting->section) == 0 &&
            strcmp(out->key->name, setting->name) == 0)
            return MX_OK;
    }
    return unknown_key(setting, mx_config_keys, MX_N_KEYS);
}

/* Keeps a line of [sweep]; whether it makes sense is for who sweeps to say. */
static mx_status add_varied(mx_config *config, const mx_setting *setting) {
    const size_t count = (size_t)config->n_varied;
    if (setting->kind != MX_FROM_FILE)
        return mx_fail(MX_USAGE, "%s: use 'mixcl sweep' with --vary", setting->where);
    for (int i = 0; i < config->n_varied; i++)
        if (strcmp(config->varied[i].name, setting->name) == 0)
            return mx_fail(MX_USAGE, "%s: '%s' in [%s] is already set at %s", setting->where,
                           setting->name, sweep_section, config->varied[i].where);
    MX_TRY(mx_grow(&config->varied, &config->vary_capacity, count + 1, sizeof *config->varied));
    mx_config_vary *line = &config->varied[config->n_varied++];
    MX_TRY(mx_config_keep(config, &line->name, setting->name));
    MX_TRY(mx_config_keep(config, &line->text, setting->text));
    return mx_config_keep(config, &line->where, setting->where);
}

mx_status mx_config_set(mx_config *config, const mx_setting *setting) {
    mx_key_slot slot;
    if (strcmp(setting->section, sweep_section) == 0) return add_varied(config, setting);
    MX_TRY(find_slot(config, setting, &slot));
    if (setting->kind == MX_FROM_FILE && slot.value->kind == MX_FROM_FILE)
        return mx_fail(MX_USAGE, "%s: '%s' in [%s] is already set at %s", setting->where,
                       setting->name, setting->section, slot.value->where);
    return assign(config, &slot, setting);
}

static mx_status set_from_environment(mx_config *config) {
    static const char *const rows[][3] = {
#define MX_ENVIRONMENT(variable, section, key) {variable, #section, #key},
#include "train/config.def"
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = getenv(rows[i][0]);
        const mx_setting setting = {rows[i][1], rows[i][2], text, rows[i][0], MX_FROM_ENVIRONMENT};
        if (text && *text) MX_TRY(mx_config_set(config, &setting));
    }
    return MX_OK;
}

/* Removes white space at both ends of `text`, in place. */
static char *trim(char *text) {
    while (isspace((unsigned char)*text))
        text++;
    for (char *end = text + strlen(text); end > text && isspace((unsigned char)end[-1]);)
        *--end = '\0';
    return text;
}

/* `set` is "section.key=value"; the section of a source holds a dot itself. */
static mx_status set_from_flag(mx_config *config, const char *set) {
    char *where = mx_arena_alloc(&config->arena, strlen(set) + sizeof "--set ");
    char *copy = mx_arena_strdup(&config->arena, set);
    if (!where || !copy) return mx_fail(MX_MEMORY, "cannot hold the configuration");
    memcpy(where, "--set ", sizeof "--set ");
    strcat(where, set);
    char *equals = strchr(copy, '=');
    if (equals) *equals = '\0';
    char *dot = strrchr(copy, '.');
    if (!equals || !dot) return mx_fail(MX_USAGE, "%s: expected section.key=value", where);
    *dot = '\0';
    const mx_setting setting = {trim(copy), trim(dot + 1), trim(equals + 1), where, MX_FROM_SET};
    return mx_config_set(config, &setting);
}

static mx_status open_into(mx_config *config, const char *path, const char *const *sets,
                           int n_sets) {
    char *folder = NULL;
    MX_TRY(mx_config_keep(config, &config->path, path));
    if (!mx_file_exists(path))
        return mx_fail(MX_USAGE, "cannot open '%s': %s", path, strerror(errno));
    MX_TRY(mx_path_folder(&folder, path));
    const mx_status status = absolute_folder(config, &config->folder, folder);
    free(folder);
    MX_TRY(status);
    for (int i = 0; i < MX_N_KEYS; i++) {
        const mx_key_slot slot = key_slot(config, i);
        MX_TRY(assign_default(config, &slot));
    }
    MX_TRY(mx_config_read(config));
    MX_TRY(set_from_environment(config));
    for (int i = 0; i < n_sets; i++)
        MX_TRY(set_from_flag(config, sets[i]));
    return mx_config_check(config);
}

mx_status mx_config_open(mx_config **out, const char *path, const char *const *sets, int n_sets) {
    *out = NULL;
    mx_config *config = NULL;
    MX_TRY(mx_alloc(&config, 1, sizeof *config));
    const mx_status status = open_into(config, path, sets, n_sets);
    if (status == MX_OK)
        *out = config;
    else
        mx_config_close(config);
    return status;
}

void mx_config_close(mx_config *config) {
    if (!config) return;
    mx_arena_release(&config->arena);
    free(config->sources);
    free(config->varied);
    free(config);
}
