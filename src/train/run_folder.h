/* The folder of a run: OUT/NAME, locked while the run lives. */
#ifndef MX_TRAIN_RUN_FOLDER_H
#define MX_TRAIN_RUN_FOLDER_H

#include "train/config.h"

typedef struct mx_run_folder {
    char *path;
    int lock; /* file descriptor, -1 when not held */
} mx_run_folder;

/* Makes and locks the folder, and writes config.ini to it. Fails with MX_BUSY when a living process
 * has it, MX_WRITE when it holds a run already (nothing is overwritten) or cannot be written. */
mx_status mx_run_folder_open(mx_run_folder *folder, const mx_config *config);
/* Locks the folder of a run that is there. Fails with MX_BUSY, or MX_DATA when it is no folder. */
mx_status mx_run_folder_reopen(mx_run_folder *folder, const char *path);
void mx_run_folder_release(mx_run_folder *folder);

/* The path of a file in the folder, released with free(). */
mx_status mx_run_folder_file(const mx_run_folder *folder, const char *name, char **out);

#endif
