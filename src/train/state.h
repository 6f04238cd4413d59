/* What a run needs to go on as if it had never stopped: checkpoint.safetensors in its folder. The
 * arenas are kept whole, in this program's order: weights and average with running statistics, both
 * moments, sums over the guesses of the epoch; the counters are in the metadata, numbers as
 * hexadecimal floats. */
#ifndef MX_TRAIN_STATE_H
#define MX_TRAIN_STATE_H

#include "train/session_internal.h"

/* Writes the state after session->step steps, all of them settled. Fails with MX_WRITE, MX_OPENCL
 * or MX_MEMORY; the checkpoint before it is then untouched. */
mx_status mx_state_save(const mx_session *session);

/* Takes it back into a session that has just been opened. Fails with MX_DATA when the file is
 * damaged or of another network. */
mx_status mx_state_load(mx_session *session, const char *path);

#endif
