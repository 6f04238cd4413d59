/* mixcl config show: the merged configuration. mixcl config keys: every key there is. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/open_config.h"
#include "train/config.h"

const mx_option mx_cmd_config_options[] = {
    {"show|keys", NULL, "the merged configuration, or all keys"},
    {"[CONFIG]", NULL, "for show: the INI file"},
    MX_SET_OPTION,
    MX_DEVICE_OPTION,
    {"--json", NULL, "print JSON"},
    {0},
};

static mx_status show_json(const mx_config *config) {
    json_t *values = NULL, *origins = NULL;
    MX_TRY(mx_config_to_json(config, &values));
    const mx_status status = mx_config_origins_to_json(config, &origins);
    if (status != MX_OK) {
        json_decref(values);
        return status;
    }
    return mx_print_json(json_pack("{s:o, s:o}", "values", values, "from", origins));
}

static mx_status show_text(const mx_config *config) {
    mx_buf text = {0};
    const mx_status status = mx_config_print(config, &text);
    if (status == MX_OK) fputs(mx_buf_text(&text), stdout);
    mx_buf_release(&text);
    return status;
}

static mx_status show(const mx_args *args, const char *path) {
    mx_config *config;
    MX_TRY(mx_open_config(&config, args, path));
    const mx_status status = mx_args_flag(args, "--json") ? show_json(config) : show_text(config);
    mx_config_close(config);
    return status;
}

static void append_keys(mx_buf *out, const mx_key *keys, int n_keys) {
    const char *section = "";
    for (int i = 0; i < n_keys; i++) {
        const mx_key *key = &keys[i];
        if (strcmp(key->section, section) != 0)
            mx_buf_printf(out, "%s[%s%s]\n", out->length ? "\n" : "", key->section,
                          keys == mx_config_source_keys ? ".NAME" : "");
        section = key->section;
        mx_buf_printf(out, "%s =%s%s\n    %s", key->name, *key->fallback ? " " : "", key->fallback,
                      mx_key_type_name(key->type));
        if (*key->range) mx_buf_puts(out, ": ");
        if (*key->range) mx_key_describe_range(out, key);
        mx_buf_printf(out, "\n    %s\n", key->help);
    }
}

static mx_status keys_text(void) {
    mx_buf text = {0};
    append_keys(&text, mx_config_keys, MX_N_KEYS);
    append_keys(&text, mx_config_source_keys, MX_N_SOURCE_KEYS);
    mx_buf_puts(&text, "\n[sweep]\nSECTION.KEY = A, B, ...\n    values of a key that 'mixcl "
                       "sweep' tries; '|' parts those that hold commas\n"
                       "NAME = LABEL: SECTION.KEY=VALUE ... | LABEL: ...\n"
                       "    values of several keys at once\n");
    const mx_status status = mx_buf_check(&text);
    if (status == MX_OK) fputs(mx_buf_text(&text), stdout);
    mx_buf_release(&text);
    return status;
}

static mx_status keys_json(void) {
    json_t *rows;
    MX_TRY(mx_config_keys_to_json(&rows));
    return mx_print_json(rows);
}

mx_status mx_cmd_config(const mx_args *args) {
    const char *what = mx_args_positional(args, 0), *path = mx_args_positional(args, 1);
    const bool is_show = strcmp(what, "show") == 0;
    if (!is_show && strcmp(what, "keys") != 0)
        return mx_fail(MX_USAGE, "'%s' is neither 'show' nor 'keys'", what);
    if (is_show) return path ? show(args, path) : mx_fail(MX_USAGE, "missing CONFIG");
    if (path) return mx_fail(MX_USAGE, "unexpected argument '%s'", path);
    return mx_args_flag(args, "--json") ? keys_json() : keys_text();
}
