/* The network and the settings of a run, for its sinks. */
#include <stdio.h>
#include <string.h>

#include "train/session_internal.h"

static mx_event_layer layer_of(const mx_layer_row *row) {
    mx_event_layer layer = {.type = row->type,
                            .name = row->name,
                            .n_inputs = row->n_in,
                            .h = row->out.h,
                            .w = row->out.w,
                            .c = row->out.c,
                            .parameters = row->parameters};
    for (int i = 0; i < row->n_in; i++)
        layer.inputs[i] = row->in[i];
    return layer;
}

static bool describe_layers(const mx_net *net, mx_arena *arena, mx_event_start *event) {
    mx_layer_row row;
    int count = 0;
    while (mx_net_layer_row(net, count, &row))
        count++;
    mx_event_layer *layers = mx_arena_alloc(arena, (size_t)count * sizeof *layers);
    if (!layers) return false;
    for (int i = 0; mx_net_layer_row(net, i, &row); i++)
        layers[i] = layer_of(&row);
    event->layers = layers;
    event->n_layers = (size_t)count;
    return true;
}

/* Sections that name a run and say where and how it is computed and shown, and paths, are none. */
static bool is_setting(const mx_key *key) {
    static const char *const others[] = {"device", "conv", "log"};
    if (strcmp(key->section, "run") == 0) return strcmp(key->name, "seed") == 0;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(key->section, others[i]) == 0) return false;
    return key->type != MX_KEY_PATH;
}

static mx_event_setting setting_of(const mx_config *config, int i) {
    const mx_key *key = &mx_config_keys[i];
    const void *field = (const char *)config + key->offset;
    mx_event_setting setting = {.type = MX_SETTING_TEXT,
                                .text = config->values[i].text,
                                .varied = config->values[i].kind == MX_FROM_SET};
    snprintf(setting.name, sizeof setting.name, "%s.%s", key->section, key->name);
    if (key->type == MX_KEY_BOOL) {
        setting.type = MX_SETTING_BOOL;
        setting.number = *(const bool *)field;
    } else if (key->type == MX_KEY_INT || key->type == MX_KEY_REAL) {
        setting.type = MX_SETTING_NUMBER;
        setting.number =
            key->type == MX_KEY_INT ? (double)*(const int64_t *)field : *(const double *)field;
    }
    return setting;
}

static bool describe_settings(const mx_config *config, mx_arena *arena, mx_event_start *event) {
    mx_event_setting *settings = mx_arena_alloc(arena, MX_N_KEYS * sizeof *settings);
    if (!settings) return false;
    for (int i = 0; i < MX_N_KEYS; i++)
        if (is_setting(&mx_config_keys[i])) settings[event->n_settings++] = setting_of(config, i);
    event->settings = settings;
    return true;
}

mx_status mx_session_describe(const mx_session *session, mx_arena *arena, mx_event_start *event) {
    const mx_value input = mx_net_input(session->net);
    event->height = input.h;
    event->width = input.w;
    event->channels = input.c;
    if (describe_layers(session->net, arena, event) &&
        describe_settings(session->config, arena, event))
        return MX_OK;
    return mx_fail(MX_MEMORY, "cannot hold the description of the run");
}
