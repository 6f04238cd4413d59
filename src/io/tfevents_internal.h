/* What the files of the event writer share. */
#ifndef MX_IO_TFEVENTS_INTERNAL_H
#define MX_IO_TFEVENTS_INTERNAL_H

#include "base/buf.h"
#include "io/tfevents.h"
#include "tfevents.pb-c.h"

/* Seconds since 1970. */
double mx_tfevents_now(void);

/* Appends a message's bytes. */
void mx_tfevents_pack(mx_buf *out, const ProtobufCMessage *message);
/* Writes `event` at the present time. */
mx_status mx_tfevents_write(mx_tfevents *file, Tb__Event *event);
/* Writes one value of a summary. */
mx_status mx_tfevents_write_value(mx_tfevents *file, uint64_t step, Tb__Summary__Value *value);

#endif
