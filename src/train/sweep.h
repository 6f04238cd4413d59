/* The grid of a sweep: what varies, and the runs that come of it.
 *
 * A dimension is written "NAME = VALUES", in [sweep] of the INI file or as --vary NAME=VALUES:
 *
 *   data.labelled = 50, 100, 250                   a key and its values
 *   augment.labelled_ops = flip, blur | rotate     '|' parts values that hold commas
 *   method = plain: train.method=supervised | MixMatch:
 *
 * The last is a name of letters, digits, '-' and '_', whose values set several keys or none: a
 * label, ':' and SECTION.KEY=VALUE, parted by white space.
 *
 * Plain data: nothing here trains. Runs are numbered as odometers count, the last dimension being
 * the fastest. */
#ifndef MX_TRAIN_SWEEP_H
#define MX_TRAIN_SWEEP_H

#include "base/buf.h"
#include "train/config.h"

enum { MX_SWEEP_DIMENSIONS = 8, MX_SWEEP_RUNS = 4096, MX_SWEEP_NAME_BYTES = 128 };

typedef struct mx_sweep_value {
    const char *label;
    const char **sets; /* "section.key=value", n_sets of them */
    int n_sets;
} mx_sweep_value;

typedef struct mx_sweep_dimension {
    const char *name;
    mx_sweep_value *values;
    int n_values; /* at least 1 */
} mx_sweep_dimension;

typedef struct mx_sweep {
    mx_sweep_dimension dimensions[MX_SWEEP_DIMENSIONS];
    int n_dimensions, n_runs;
    mx_arena arena;
} mx_sweep;

/* Reads [sweep] of `config` and `n_vary` texts "NAME=VALUES", which take the place of the lines of
 * the same name. Paths in the file are relative to it. Fails with MX_USAGE: nothing varies, a text
 * that has another form, a value or key twice, too many runs, runs of the same folder; or with
 * MX_MEMORY. Keys and values themselves are for mx_config_open to judge. `config` need not outlive
 * the sweep. Release in either case. */
mx_status mx_sweep_open(mx_sweep *out, const mx_config *config, const char *const *vary,
                        int n_vary);
void mx_sweep_release(mx_sweep *sweep);

/* The value that `run` has of each dimension. */
void mx_sweep_pick(const mx_sweep *sweep, int run, int picks[MX_SWEEP_DIMENSIONS]);
/* The number of the run with these values. */
int mx_sweep_run(const mx_sweep *sweep, const int picks[MX_SWEEP_DIMENSIONS]);

/* "data.labelled=100,method=plain,run.seed=1", such that every file system takes it: other
 * characters than letters, digits and "._+=," become '-', and what is too long ends in a part of
 * its hash. */
void mx_sweep_name(const mx_sweep *sweep, int run, char out[MX_SWEEP_NAME_BYTES]);

/* The dimension that runs are averaged over, run.seed, or -1. */
int mx_sweep_seeds(const mx_sweep *sweep);

#endif
