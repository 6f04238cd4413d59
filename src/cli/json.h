/* JSON on standard output. */
#ifndef MX_CLI_JSON_H
#define MX_CLI_JSON_H

#include <jansson.h>

#include "base/status.h"

/* Prints and releases `json`, or fails with MX_MEMORY when it is NULL: the builder's failure. */
mx_status mx_print_json(json_t *json);

#endif
