/* The runs of a sweep as processes, several at a time. */
#ifndef MX_CLI_SWEEP_JOBS_H
#define MX_CLI_SWEEP_JOBS_H

#include "train/sweep.h"

enum { MX_SWEEP_JOBS = 64, MX_SWEEP_MESSAGE_BYTES = 512 };

/* What became of a run. */
typedef struct mx_sweep_outcome {
    mx_status status; /* MX_OK: it is finished, or was not begun */
    char message[MX_SWEEP_MESSAGE_BYTES];
} mx_sweep_outcome;

typedef struct mx_sweep_jobs {
    const mx_sweep *sweep;
    const char *folder;                 /* that holds the run folders */
    int n_jobs;                         /* processes at a time, 1..MX_SWEEP_JOBS */
    const char *devices[MX_SWEEP_JOBS]; /* of each of them; NULL: as the configuration says */
    /* Begins or takes up a run, in a process of its own. */
    mx_status (*train)(void *user, int run, const char *device);
    void *user;
} mx_sweep_jobs;

/* Trains every run that is not finished; outcomes has one for each. What a run says goes to
 * console.log in its folder, a line for each that ends to standard error. A run that fails leaves
 * the others alone. SIGINT and SIGTERM end the runs at hand, saved, and the call, with MX_SIGINT or
 * MX_SIGTERM; so does the end of this process, where the system can tell them. Also fails with
 * MX_WRITE, MX_DATA or MX_MEMORY, no run being left behind. No other thread may be there, and
 * OpenCL must not have been used. */
mx_status mx_sweep_jobs_run(const mx_sweep_jobs *jobs, mx_sweep_outcome *outcomes);

#endif
