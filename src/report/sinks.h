/* The sinks there are. Each `open` fills a sink that the caller releases through sink->release. */
#ifndef MX_REPORT_SINKS_H
#define MX_REPORT_SINKS_H

#include <stdio.h>

#include "report/event.h"

/* metrics.csv: a header, then one line a row, flushed line by line. Columns as docs/design.md names
 * them; empty where a row has no value. Fails with MX_WRITE. */
mx_status mx_csv_sink_open(mx_sink *sink, const char *path);
/* The same for a run that goes on after `step` steps: rows of later ones are dropped first. Fails
 * with MX_DATA too, when there is no such file. */
mx_status mx_csv_sink_reopen(mx_sink *sink, const char *path, uint64_t step);

/* train.log: what a person reads of a run, with the time of day. Fails with MX_WRITE. */
mx_status mx_log_sink_open(mx_sink *sink, const char *path);
/* The same, after the lines that are there. */
mx_status mx_log_sink_reopen(mx_sink *sink, const char *path);

/* TensorBoard's event files in the run folder: rows as scalars, pictures, histograms of weights,
 * the network's graph and the settings. Fails with MX_WRITE or MX_MEMORY, and with MX_USAGE where
 * the program is built without protobuf-c. */
mx_status mx_tensorboard_check(void); /* only the latter */
mx_status mx_tensorboard_sink_open(mx_sink *sink, const char *run_folder);
/* The same for a run that goes on after `step` steps: what earlier files hold of later ones is
 * void.
 */
mx_status mx_tensorboard_sink_reopen(mx_sink *sink, const char *run_folder, uint64_t step);

/* The terminal: a progress line that is redrawn on a terminal, plain lines a row elsewhere; nothing
 * when the log level is quiet. `stream` is not closed. Fails with MX_MEMORY. */
mx_status mx_progress_sink_open(mx_sink *sink, FILE *stream);

#endif
