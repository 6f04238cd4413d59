/* Shared by the config*.c files only. */
#ifndef MX_TRAIN_CONFIG_INTERNAL_H
#define MX_TRAIN_CONFIG_INTERNAL_H

#include "train/config.h"

/* The longest line that every version of inih takes, and so the longest that is ever written. */
enum { MX_INI_LINE_BYTES = 198 };

/* A key being set: `text` as written, without white space around it; "" asks for the default. */
typedef struct mx_setting {
    const char *section, *name, *text;
    const char *where; /* prefix of messages, as in mx_key_value */
    mx_origin_kind kind;
} mx_setting;

/* Where a key lives: its section's full name ("source.NAME"), its row, the struct that holds its
 * field, and its origin. */
typedef struct mx_key_slot {
    const char *section;
    const mx_key *key;
    void *fields; /* the mx_config or mx_config_source */
    mx_key_value *value;
} mx_key_slot;

/* Sets one key. Fails with MX_USAGE: unknown section or key, set twice in the file, or not a value
 * of the key's type and range. */
mx_status mx_config_set(mx_config *config, const mx_setting *setting);

/* Makes [section] known when it is a source, else checks that it exists. */
mx_status mx_config_enter_section(mx_config *config, const char *section, const char *where);

/* Reads the INI file at config->path through mx_config_set. */
mx_status mx_config_read(mx_config *config);

/* Parses `text` into the field of `slot`; TEXT and PATH keep the pointer, lists go into `arena`.
 * Fails with MX_USAGE, the message beginning with `where`, or MX_MEMORY. */
mx_status mx_key_parse(const mx_key_slot *slot, const char *text, const char *where,
                       mx_arena *arena);

/* A whole decimal number that fits int64_t and nothing else. */
bool mx_parse_int(const char *text, int64_t *out);

/* Steps through "|a|b|c": true with the next word in *word and *length. *cursor starts as the text.
 */
bool mx_next_choice(const char **cursor, const char **word, size_t *length);

/* True when `text` is one of the words of "|a|b|c". */
bool mx_is_choice(const char *choices, const char *text);

/* Fills the derived fields and checks keys against each other. */
mx_status mx_config_check(mx_config *config);

/* Checks that a source has what its kind needs, and nothing that is for other kinds. */
mx_status mx_config_check_source(const mx_config *config, const mx_config_source *source);

/* Fills the programs of [augment]. */
mx_status mx_config_check_augment(mx_config *config);

/* A finite decimal number and nothing else. */
bool mx_parse_real(const char *text, double *out);

/* What a message about `value` begins with: where it was set, or the file. */
const char *mx_config_blame(const mx_config *config, const mx_key_value *value);

/* Index of the first byte that is a control character (tab excepted) or not UTF-8; `length` when
 * there is none. */
size_t mx_text_bad_byte(const char *text, size_t length);

/* The length of `line` before its comment and the white space there. A comment begins with ';' or
 * '#', at the start or after white space. */
size_t mx_ini_without_comment(const char *line, size_t length);

/* Calls `visit` for every key of `config`, rows of config.def first, then each source's. Stops at
 * the first failure and returns it. */
typedef mx_status mx_key_visitor(void *user, const mx_key_slot *slot);
mx_status mx_config_each_key(const mx_config *config, mx_key_visitor *visit, void *user);

/* Appends the origin for people: "default", "FILE:LINE", "environment VARIABLE" or "--set". */
void mx_describe_origin(mx_buf *out, const mx_key_value *value);

/* A copy in the config's arena. */
mx_status mx_config_keep(mx_config *config, const char **out, const char *text);

#endif
