#include "ops/conv_bench.h"

#include <stdlib.h>
#include <string.h>

#include "ops/conv_tune.h"

enum { LARGEST = 1 << 20 };

typedef struct field {
    const char *name;
    mx_i32 *value;
    mx_i32 least;
    bool read;
} field;

/* One "NAMEnumber" at *at, and moves past it. */
static bool read_field(const char **at, field *fields, size_t count) {
    const size_t letters = strcspn(*at, "0123456789,");
    for (size_t i = 0; i < count; i++) {
        if (strlen(fields[i].name) != letters || strncmp(fields[i].name, *at, letters) != 0)
            continue;
        char *end;
        const long value = strtol(*at + letters, &end, 10);
        const bool right = end > *at + letters && value >= fields[i].least && value <= LARGEST;
        if (fields[i].read || !right) return false;
        *fields[i].value = (mx_i32)value;
        fields[i].read = true;
        *at = end;
        return true;
    }
    return false;
}

mx_status mx_conv_shape_read(const char *text, mx_conv_shape *out) {
    field fields[] = {
        {"n", &out->n, 1, false}, {"c", &out->c, 1, false},           {"k", &out->k, 1, false},
        {"h", &out->h, 1, false}, {"w", &out->w, 1, false},           {"r", &out->r, 1, false},
        {"s", &out->s, 1, false}, {"stride", &out->stride, 1, false}, {"pad", &out->pad, 0, false}};
    const size_t count = sizeof fields / sizeof *fields;
    const char *at = text;
    size_t read = 0;
    while (read_field(&at, fields, count)) {
        read++;
        if (*at != ',') break;
        at++;
    }
    const bool whole = read == count && *at == '\0';
    if (whole && out->h + 2 * out->pad >= out->r && out->w + 2 * out->pad >= out->s) return MX_OK;
    return mx_fail(MX_USAGE,
                   "shape '%s': not nine sizes like n64,c32,k32,h16,w16,r3,s3,stride1,pad1", text);
}

mx_status mx_conv_plan_tuned(mx_device *device, const mx_conv_shape *shape, mx_conv_plan *plan) {
    const mx_conv_tuning tuning = {
        .wanted = "auto", .rows = shape->n, .needed = {true, true, true}};
    mx_conv_tuner *tuner = NULL;
    size_t measured;
    mx_status status;
    MX_TRY(mx_conv_plan_init(plan, device, shape, "auto"));
    MX_TRY(mx_conv_tuner_open(&tuner, device, MX_TUNE_AUTO));
    MX_GO(mx_conv_tuner_plan(tuner, plan, &tuning));
    MX_GO(mx_conv_tuner_measure(tuner, &measured));
    MX_GO(mx_conv_tuner_plan(tuner, plan, &tuning));
done:
    mx_conv_tuner_close(tuner);
    return status;
}
