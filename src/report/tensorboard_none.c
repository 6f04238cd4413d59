/* TensorBoard's sink of a build without protobuf-c. */
#include "report/sinks.h"

mx_status mx_tensorboard_check(void) {
    return mx_fail(MX_USAGE, "cannot write TensorBoard's event files: this mixcl was built without "
                             "protobuf-c; set log.tensorboard = false or build with "
                             "-DMIXCL_TENSORBOARD=ON");
}

mx_status mx_tensorboard_sink_open(mx_sink *sink, const char *run_folder) {
    (void)sink, (void)run_folder;
    return mx_tensorboard_check();
}

mx_status mx_tensorboard_sink_reopen(mx_sink *sink, const char *run_folder, uint64_t step) {
    (void)step;
    return mx_tensorboard_sink_open(sink, run_folder);
}
