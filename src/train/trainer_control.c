#include "train/trainer_internal.h"

static mx_u32 offset_of(const mx_trainer *trainer, mx_control_part part) {
    static const mx_u32 units[] = {[MX_CONTROL_ROWS] = 0,
                                   [MX_CONTROL_LABELS] = 1,
                                   [MX_CONTROL_PAIR] = 2,
                                   [MX_CONTROL_LIST] = 4,
                                   [MX_CONTROL_SCRATCH] = 5};
    return units[part] * (mx_u32)trainer->most_rows;
}

size_t mx_control_size(const mx_trainer *trainer) {
    return 6 * (size_t)trainer->most_rows;
}

mx_i32 *mx_control_host(mx_trainer *trainer, mx_control_part part) {
    return trainer->host + offset_of(trainer, part);
}

mx_tensor mx_control_tensor(const mx_trainer *trainer, mx_control_part part) {
    return mx_matrix(trainer->control, offset_of(trainer, part), trainer->most_rows, 1);
}

mx_status mx_control_send(mx_trainer *trainer, mx_control_part part, mx_i32 count) {
    return mx_buffer_stage(trainer->control, offset_of(trainer, part) * sizeof(mx_i32),
                           mx_control_host(trainer, part), (size_t)count * sizeof(mx_i32));
}
