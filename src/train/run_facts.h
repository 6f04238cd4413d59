/* run.json of a run folder. */
#ifndef MX_TRAIN_RUN_FACTS_H
#define MX_TRAIN_RUN_FACTS_H

#include <jansson.h>

#include "base/status.h"

/* Reads the object in run.json of the folder `run`; released with json_decref(). Fails with MX_DATA
 * or MX_MEMORY. */
mx_status mx_run_facts_read(const char *run, json_t **out);

#endif
