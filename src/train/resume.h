/* May a run go on with this configuration? */
#ifndef MX_TRAIN_RESUME_H
#define MX_TRAIN_RESUME_H

#include "train/config.h"

/* Compares `config` with the config.ini in the run folder: what changes the course of a run must be
 * equal. Fails with MX_USAGE, listing what differs and what may, and with MX_DATA when the folder
 * has no config.ini. */
mx_status mx_resume_check(const mx_config *config, const char *run);

/* The same, where how the run begins, evaluates and ends must be equal too: a run that `config`
 * would give as it is. Fails with MX_USAGE, listing what differs, MX_DATA or MX_MEMORY. */
mx_status mx_resume_check_same(const mx_config *config, const char *run);

#endif
