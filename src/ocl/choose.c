#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "ocl/platform.h"

static bool contains(const char *text, const char *part) {
    const size_t length = strlen(part);
    for (; *text; text++)
        if (strncasecmp(text, part, length) == 0) return true;
    return false;
}

/* Reads "N" or "N:M"; returns how many numbers there were, 0 when it is something else. */
static int parse_indices(const char *text, long *first, long *second) {
    char *end = NULL;
    if (!isdigit((unsigned char)text[0])) return 0;
    errno = 0;
    *first = strtol(text, &end, 10);
    if (errno || end == text) return 0;
    if (*end == '\0') return 1;
    if (*end != ':' || !isdigit((unsigned char)end[1])) return 0;
    *second = strtol(end + 1, &end, 10);
    return errno || *end != '\0' ? 0 : 2;
}

static bool matches(const mx_device_info *info, const char *selector) {
    long first = 0, second = 0;
    switch (parse_indices(selector, &first, &second)) {
    case 1:
        return info->index == first;
    case 2:
        return info->platform_index == first && info->platform_device == second;
    default:
        break;
    }
    if (strcasecmp(selector, "cpu") == 0) return info->type == MX_DEVICE_CPU;
    if (strcasecmp(selector, "gpu") == 0) return info->type == MX_DEVICE_GPU;
    return contains(info->name, selector) || contains(info->platform_name, selector);
}

static double score(const mx_device_info *info) {
    static const double rank[] = {[MX_DEVICE_CPU] = 1,
                                  [MX_DEVICE_GPU] = 3,
                                  [MX_DEVICE_ACCELERATOR] = 2,
                                  [MX_DEVICE_OTHER] = 0};
    const double size = (double)info->compute_units * ((double)info->global_memory / 1e9);
    return rank[info->type] + size / (size + 1e6);
}

static mx_status best(const mx_device_list *list, size_t *chosen) {
    double most = -1;
    for (size_t i = 0; i < list->count; i++)
        if (list->devices[i].usable && score(&list->devices[i]) > most) {
            most = score(&list->devices[i]);
            *chosen = i;
        }
    if (most < 0)
        return mx_fail(MX_OPENCL,
                       "no usable OpenCL device: '%s' %s; 'mixcl devices' lists them all",
                       list->devices[0].name, list->devices[0].unusable_why);
    return MX_OK;
}

static mx_status several(const mx_device_list *list, const char *selector, const bool *matched) {
    mx_buf names = {0};
    for (size_t i = 0; i < list->count; i++)
        if (!matched || matched[i])
            mx_buf_printf(&names, "%s%zu '%s'", names.length ? ", " : "", i, list->devices[i].name);
    const mx_status status =
        matched ? mx_fail(MX_USAGE, "device '%s' matches several: %s; use an index", selector,
                          mx_buf_text(&names))
                : mx_fail(MX_USAGE, "no device matches '%s'; there are: %s", selector,
                          mx_buf_text(&names));
    mx_buf_release(&names);
    return status;
}

/* "cpu" and "gpu" mean the best of their kind; anything else must match once. */
static bool names_a_kind(const char *selector) {
    return strcasecmp(selector, "cpu") == 0 || strcasecmp(selector, "gpu") == 0;
}

static mx_status by_selector(const mx_device_list *list, const char *selector, size_t *chosen) {
    bool *matched = calloc(list->count, sizeof *matched);
    if (!matched) return mx_fail(MX_MEMORY, "cannot allocate %zu bytes", list->count);
    size_t count = 0, found = 0;
    for (size_t i = 0; i < list->count; i++) {
        matched[i] = matches(&list->devices[i], selector);
        if (!matched[i]) continue;
        const bool better = count == 0 || (names_a_kind(selector) &&
                                           score(&list->devices[i]) > score(&list->devices[found]));
        if (better) found = i;
        count++;
    }
    mx_status status = MX_OK;
    if (count == 0)
        status = several(list, selector, NULL);
    else if (count > 1 && !names_a_kind(selector))
        status = several(list, selector, matched);
    else if (!list->devices[found].usable)
        status = mx_fail(MX_OPENCL, "device '%s' cannot be used: %s", list->devices[found].name,
                         list->devices[found].unusable_why);
    *chosen = found;
    free(matched);
    return status;
}

mx_status mx_device_choose(const mx_device_list *list, const char *selector, size_t *chosen,
                           char *why, size_t why_bytes) {
    const bool automatic = !selector || !*selector || strcasecmp(selector, "auto") == 0;
    if (automatic) {
        MX_TRY(best(list, chosen));
        snprintf(why, why_bytes,
                 list->count == 1 ? "the only device" : "best score (GPU before CPU)");
        return MX_OK;
    }
    MX_TRY(by_selector(list, selector, chosen));
    snprintf(why, why_bytes, "selected by '%s'", selector);
    return MX_OK;
}
