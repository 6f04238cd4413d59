/* mixcl: MixMatch training on any OpenCL device. The one public header.
 *
 * Threads: calls on different objects may run at the same time; calls on one object may not.
 * Ownership: what an `open` call returns belongs to the caller until the matching `close`. */
#ifndef MIXCL_H
#define MIXCL_H

#ifdef __cplusplus
extern "C" {
#endif

/* What a call came to. The values are the exit codes of the program. */
typedef enum mx_status {
    MX_OK = 0,
    MX_INTERNAL = 1, /* a bug in mixcl */
    MX_USAGE = 2,    /* command line or configuration */
    MX_DATA = 3,     /* input data: missing, damaged, inconsistent */
    MX_WRITE = 4,    /* a file or folder cannot be written */
    MX_OPENCL = 5,   /* no device, or the driver refused a call */
    MX_MEMORY = 6,   /* host or device memory does not suffice */
    MX_DIVERGED = 7, /* a loss or weight is not finite */
    MX_BUSY = 8,     /* the run folder belongs to a living process */
    MX_SIGINT = 130, /* stopped by SIGINT, state saved */
    MX_SIGTERM = 143 /* stopped by SIGTERM, state saved */
} mx_status;

/* An OpenCL device with its context, queue and compiled kernels. */
typedef struct mx_device mx_device;
/* A network built for one device: layers, parameters, activations. */
typedef struct mx_net mx_net;
/* A training run: data, network, optimiser state, run folder. */
typedef struct mx_session mx_session;
/* A merged configuration: defaults < INI file < environment < flags. */
typedef struct mx_config mx_config;

/* Version as "MAJOR.MINOR.PATCH"; static storage. */
const char *mx_version(void);

/* The message of this thread's latest failure, one line without a full stop; "" when there was
 * none. Valid until the next failing call of the thread. */
const char *mx_error(void);

/* Reads an INI file. `sets` holds `n_sets` strings "section.key=value" that override it.
 * Fails with MX_USAGE (file, line and the nearest valid key in the message) or MX_DATA. */
mx_status mx_config_open(mx_config **out, const char *path, const char *const *sets, int n_sets);
void mx_config_close(mx_config *config);

/* Builds data set, network and run folder as `config` says, which must outlive the session.
 * Fails with MX_DATA, MX_WRITE, MX_OPENCL, MX_MEMORY or MX_BUSY. */
mx_status mx_session_open(mx_session **out, const mx_config *config);
/* Takes up the run in folder `run`, or that of the checkpoint `run` in its folder: what follows is,
 * bit for bit, what would have followed without the stop (same program, device and driver). A run
 * that came to no checkpoint begins anew. `config` may differ from the run's in what does not
 * change its course. Fails as mx_session_open, with MX_USAGE naming what differs, and with MX_DATA
 * when there is no such run. */
mx_status mx_session_resume(mx_session **out, const mx_config *config, const char *run);
/* Trains to the end. Fails with MX_DIVERGED, MX_OPENCL or MX_WRITE, and with MX_SIGINT or
 * MX_SIGTERM after mx_session_stop, when the state is saved. */
mx_status mx_session_train(mx_session *session);
/* Asks mx_session_train to save and return after the step at hand; `signal` is SIGINT or SIGTERM.
 * May be called by a signal handler or another thread. */
void mx_session_stop(mx_session *session, int signal);
void mx_session_close(mx_session *session);

#ifdef __cplusplus
}
#endif
#endif
