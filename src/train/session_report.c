/* The report that a finished run ends with. */
#include "base/log.h"
#include "train/report_data.h"
#include "train/session_internal.h"

static mx_status write_report(mx_session *session) {
    const mx_report_bench bench = {&session->data, &session->evaluator, &session->feed};
    mx_report_data *data = NULL;
    mx_status status;
    MX_GO(mx_report_data_open(&data, session->folder.path));
    MX_GO(mx_report_data_evaluate(data, &bench));
    MX_GO(mx_report_data_write(data, NULL));
done:
    mx_report_data_close(data);
    return status;
}

mx_status mx_session_write_report(mx_session *session) {
    if (!session->config->log_report) return MX_OK;
    const mx_status status = write_report(session);
    if (status == MX_OK) return MX_OK;
    if (status == MX_WRITE)
        return mx_context(status, "the run is done and saved, but not its report");
    mx_warn("the run is done, but has no report: %s", mx_error());
    return MX_OK;
}
