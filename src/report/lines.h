/* Lines that the log and the terminal have in common. */
#ifndef MX_REPORT_LINES_H
#define MX_REPORT_LINES_H

#include "base/buf.h"
#include "report/event.h"

/* What is about to run: several lines. */
void mx_lines_start(mx_buf *out, const mx_event_start *event);
/* A row: "epoch 1 batch 300/936  loss 1.234 ...", one to three lines. */
void mx_lines_row(mx_buf *out, const mx_event_start *start, const mx_event_step *event);
/* How it ended: one or two lines. */
void mx_lines_end(mx_buf *out, const mx_event_end *event);
/* "1:02:03" or "2:03". */
void mx_lines_duration(mx_buf *out, double seconds);

#endif
