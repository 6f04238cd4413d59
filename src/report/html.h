/* The report of one run, or of several side by side, as one HTML page that needs nothing else:
 * style and pictures are part of it, there are no scripts, and nothing is fetched. Texts from
 * outside are escaped. */
#ifndef MX_REPORT_HTML_H
#define MX_REPORT_HTML_H

#include "base/buf.h"
#include "report/report.h"

/* Appends the page of one run. Without Cairo it has no plots and says so. Fails with MX_MEMORY. */
mx_status mx_report_html(const mx_report *report, mx_buf *out);

/* Appends the page that compares `count` runs, at least 1. Fails with MX_MEMORY. */
mx_status mx_report_compare_html(const mx_report *const *reports, int count, mx_buf *out);

#endif
