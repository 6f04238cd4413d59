/* The tuning cache, a JSON file:
 *
 *   {"format": 1, "mixcl": "...", "platform": "...", "device": "...", "version": "...", "driver": "...",
 *    "compute_units": 2, "kernels": "0123456789abcdef",
 *    "entries": {"forward n192 c32 k32 h32 w32 r3 s3 stride1 pad1":
 *        {"algorithm": "winograd", "params": {"tile": 4, "tiles": 32}, "ms": 4.9, "full": false}}}
 *
 * Everything before the entries must be as this program would write it; the name of the file has a hash
 * of that. `full`: every candidate was measured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "ops/conv_tune_internal.h"

enum { FORMAT = 1, FILE_LIMIT = 16 << 20 };

static mx_status out_of_memory(void) {
    return mx_fail(MX_MEMORY, "out of memory for the tuning cache");
}

static json_t *header_of(const mx_conv_tuner *tuner) {
    const mx_device_info *info = mx_device_get_info(tuner->device);
    char kernels[17];
    snprintf(kernels, sizeof kernels, "%016llx", (unsigned long long)tuner->kernels);
    /* Names come from drivers, and need not be UTF-8. */
    return json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:I, s:s}", "format", FORMAT, "mixcl", MIXCL_VERSION, "platform",
                     json_stringn_nocheck(info->platform_name, strlen(info->platform_name)), "device",
                     json_stringn_nocheck(info->name, strlen(info->name)), "version",
                     json_stringn_nocheck(info->version, strlen(info->version)), "driver",
                     json_stringn_nocheck(info->driver, strlen(info->driver)), "compute_units",
                     (json_int_t)info->compute_units, "kernels", kernels);
}
