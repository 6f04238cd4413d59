/* A configuration as INI text. */
#include <string.h>

#include "train/config_internal.h"

enum { COMMENT_COLUMN = 40 };

typedef struct printer {
    mx_buf *out;
    bool with_origin;
    const char *section; /* the one last begun */
} printer;

void mx_describe_origin(mx_buf *out, const mx_key_value *value) {
    switch (value->kind) {
    case MX_FROM_DEFAULT:
    case MX_FROM_FILE:
        mx_buf_puts(out, value->where);
        break;
    case MX_FROM_ENVIRONMENT:
        mx_buf_printf(out, "environment %s", value->where);
        break;
    case MX_FROM_SET:
        mx_buf_puts(out, "--set");
        break;
    }
}

static void begin_section(printer *p, const char *section) {
    if (strcmp(section, p->section) == 0) return;
    mx_buf_printf(p->out, "%s[%s]\n", *p->section ? "\n" : "", section);
    p->section = section;
}

/* "NAME = TEXT", and what stands before the origin where there is to be one. */
static void print_line(const printer *p, const char *name, const char *text) {
    const size_t start = p->out->length;
    mx_buf_printf(p->out, "%s =%s%s", name, *text ? " " : "", text);
    if (!p->with_origin) return;
    const int width = (int)(p->out->length - start);
    mx_buf_printf(p->out, "%*s; ", width < COMMENT_COLUMN ? COMMENT_COLUMN - width : 1, "");
}

static mx_status print_key(void *user, const mx_key_slot *slot) {
    printer *p = user;
    begin_section(p, slot->section);
    print_line(p, slot->key->name, slot->value->text);
    if (p->with_origin) mx_describe_origin(p->out, slot->value);
    mx_buf_puts(p->out, "\n");
    return mx_buf_check(p->out);
}

mx_status mx_config_print(const mx_config *config, mx_buf *out) {
    printer p = {out, true, ""};
    MX_TRY(mx_config_each_key(config, print_key, &p));
    for (int i = 0; i < config->n_varied; i++) {
        const mx_config_vary *line = &config->varied[i];
        begin_section(&p, "sweep");
        print_line(&p, line->name, line->text);
        mx_buf_printf(out, "%s\n", line->where);
    }
    return mx_buf_check(out);
}

mx_status mx_config_write_resolved(const mx_config *config, mx_buf *out) {
    printer p = {out, false, ""};
    return mx_config_each_key(config, print_key, &p);
}
