/* A configuration, and the table of keys, as JSON. */
#include <string.h>

#include "train/config_internal.h"

static mx_status no_memory(void) {
    return mx_fail(MX_MEMORY, "cannot hold the configuration as JSON");
}

/* The object at `key` of `parent`, made when absent; borrowed. NULL out of memory. */
static json_t *child(json_t *parent, const char *key) {
    json_t *object = json_object_get(parent, key);
    if (!object && json_object_set_new(parent, key, json_object()) == 0)
        object = json_object_get(parent, key);
    return object;
}

/* Puts `value`, whose reference it takes, under the slot's section and name. */
static mx_status put(json_t *root, const mx_key_slot *slot, json_t *value) {
    const char *dot = strchr(slot->section, '.');
    json_t *section = child(root, slot->key->section);
    if (dot) section = child(section, dot + 1);
    return json_object_set_new(section, slot->key->name, value) == 0 ? MX_OK : no_memory();
}

static json_t *list_value(const mx_list *list) {
    json_t *array = json_array();
    for (int i = 0; i < list->count; i++)
        if (json_array_append_new(array, json_string(list->items[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *value_of(const mx_key_slot *slot) {
    const void *field = (const char *)slot->fields + slot->key->offset;
    switch (slot->key->type) {
    case MX_KEY_INT:
        return json_integer(*(const int64_t *)field);
    case MX_KEY_REAL:
        return json_real(*(const double *)field);
    case MX_KEY_BOOL:
        return json_boolean(*(const bool *)field);
    case MX_KEY_LIST:
        return list_value(field);
    case MX_KEY_TEXT:
    case MX_KEY_PATH:
    case MX_KEY_CHOICE:
        break;
    }
    return json_string(slot->value->text);
}

static mx_status put_value(void *user, const mx_key_slot *slot) {
    return put(user, slot, value_of(slot));
}

static mx_status put_origin(void *user, const mx_key_slot *slot) {
    mx_buf text = {0};
    mx_describe_origin(&text, slot->value);
    mx_status status = mx_buf_check(&text);
    if (status == MX_OK) {
        /* A file's name may be any bytes; jansson takes UTF-8 alone. */
        json_t *origin = json_string(mx_buf_text(&text));
        status = put(user, slot, origin ? origin : json_string("file"));
    }
    mx_buf_release(&text);
    return status;
}

static mx_status to_json(const mx_config *config, mx_key_visitor *visit, json_t **out) {
    *out = json_object();
    if (!*out) return no_memory();
    const mx_status status = mx_config_each_key(config, visit, *out);
    if (status != MX_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return status;
}

mx_status mx_config_to_json(const mx_config *config, json_t **out) {
    return to_json(config, put_value, out);
}

mx_status mx_config_origins_to_json(const mx_config *config, json_t **out) {
    return to_json(config, put_origin, out);
}

static json_t *choices_of(const mx_key *key) {
    json_t *array = json_array();
    const char *cursor = key->range, *word;
    size_t length;
    while (mx_next_choice(&cursor, &word, &length))
        if (json_array_append_new(array, json_stringn(word, length)) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *describe_key(const mx_key *key) {
    json_t *row = json_pack("{s:s, s:s, s:s, s:s}", "section", key->section, "key", key->name,
                            "type", mx_key_type_name(key->type), "default", key->fallback);
    int failed = row == NULL;
    if (key->type == MX_KEY_CHOICE)
        failed |= json_object_set_new(row, "choices", choices_of(key));
    else if (*key->range)
        failed |= json_object_set_new(row, "range", json_string(key->range));
    failed |= json_object_set_new(row, "help", json_string(key->help));
    if (!failed) return row;
    json_decref(row);
    return NULL;
}

mx_status mx_config_keys_to_json(json_t **out) {
    *out = json_array();
    for (int i = 0; i < MX_N_KEYS + MX_N_SOURCE_KEYS; i++) {
        const mx_key *key =
            i < MX_N_KEYS ? &mx_config_keys[i] : &mx_config_source_keys[i - MX_N_KEYS];
        if (json_array_append_new(*out, describe_key(key)) != 0) {
            json_decref(*out);
            *out = NULL;
            return no_memory();
        }
    }
    return MX_OK;
}
