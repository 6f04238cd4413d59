/* Pictures of a step, as they are on the device. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "train/interleave.h"
#include "train/trainer.h"

mx_status mx_trainer_pictures(const mx_trainer *trainer, mx_tensor tensor, mx_i32 first,
                              mx_i32 count, uint8_t *out) {
    const mx_scaling *scaling = &trainer->spec.scaling;
    const size_t channels = (size_t)tensor.c;
    const size_t plane = (size_t)tensor.h * (size_t)tensor.w * channels;
    const size_t n_values = plane * (size_t)count;
    float *values = NULL;
    mx_status status;
    MX_GO(mx_alloc(&values, n_values, sizeof *values));
    MX_GO(mx_buffer_read(tensor.buffer, (tensor.offset + plane * (size_t)first) * sizeof(float),
                         values, n_values * sizeof(float)));
    for (size_t i = 0; i < n_values; i++) {
        const size_t c = i % channels;
        const float byte = (values[i] - scaling->add[c]) / scaling->mul[c];
        out[i] = (uint8_t)(byte <= 0 ? 0 : byte >= 255 ? 255 : lrintf(byte));
    }
done:
    free(values);
    return status;
}

mx_i32 mx_trainer_mixed_row(const mx_trainer *trainer, mx_i32 row, mx_i32 n) {
    const mx_trainer_spec *spec = &trainer->spec;
    return spec->interleave ? mx_interleave(row, n, mx_trainer_groups(spec)) : row;
}
