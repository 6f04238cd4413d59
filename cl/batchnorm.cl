/* Batch norm (Ioffe and Szegedy 2015) over x[groups][rows][c], statistics per group, with leaky ReLU
 * after it. V divides c. partial[groups][chunks][2][c]; saved[groups][4][c] = mean, 1 / deviation, and what
 * x is to be multiplied by and have added: scale = gamma / deviation, shift = beta - mean scale.
 * Sums run in a fixed order, so that equal inputs give equal bits. */

/* Mean and squared deviation of a chunk: work-items (channel / V, chunk, group). One pass: sums are of the
 * difference to the chunk's first row, so that a mean far from zero does not cancel; two rows at a time,
 * so that additions do not wait for each other. */
__kernel void batchnorm_partial(__global const float *x, __global float *partial,
                                const mx_batchnorm_args a) {
    const int c = (int)get_global_id(0) * V, chunk = (int)get_global_id(1), g = (int)get_global_id(2);
    if (c >= a.c) return;
    const int first = chunk * a.chunk_rows, rows = min(a.chunk_rows, a.rows - first);
    x += a.x + ((size_t)g * a.rows + first) * a.c + c;
    const vfloat shift = VLOAD(x);
    vfloat sum = (vfloat)(0.0f), square = sum, sum2 = sum, square2 = sum;
    int i = 0;
    for (; i + 1 < rows; i += 2) {
        const vfloat d = VLOAD(x + (size_t)i * a.c) - shift, d2 = VLOAD(x + (size_t)(i + 1) * a.c) - shift;
        sum += d;
        sum2 += d2;
        square = fma(d, d, square);
        square2 = fma(d2, d2, square2);
    }
    if (i < rows) {
        const vfloat d = VLOAD(x + (size_t)i * a.c) - shift;
        sum += d;
        square = fma(d, d, square);
    }
    sum += sum2;
    partial += a.partial + ((size_t)g * a.chunks + chunk) * 2 * a.c + c;
    VSTORE(shift + sum / (float)rows, partial);
    VSTORE(square + square2 - sum * sum / (float)rows, partial + a.c);
}

/* saved[4][c] from a mean and variance. */
static inline void save(__global float *saved, __global const float *weights, vfloat mean, vfloat variance, int c,
                        const mx_batchnorm_args a) {
    const vfloat inverse = (vfloat)(1.0f) / sqrt(variance + a.epsilon);
    const vfloat scale = VLOAD(weights + a.gamma + c) * inverse;
    saved += c;
    VSTORE(mean, saved);
    VSTORE(inverse, saved + a.c);
    VSTORE(scale, saved + 2 * a.c);
    VSTORE(VLOAD(weights + a.beta + c) - mean * scale, saved + 3 * a.c);
}

/* Joins the chunks (Chan, Golub, LeVeque 1979) and updates the running statistics from group 0 when
 * momentum > 0, torch's way: unbiased variance. Work-items: (channel / V, group). */
__kernel void batchnorm_statistics(__global const float *partial, __global const float *weights,
                                   __global float *saved, __global float *running, const mx_batchnorm_args a) {
    const int c = (int)get_global_id(0) * V, g = (int)get_global_id(1);
    if (c >= a.c) return;
    partial += a.partial + (size_t)g * a.chunks * 2 * a.c + c;
    vfloat mean = VLOAD(partial), square = VLOAD(partial + a.c);
    float count = (float)min(a.chunk_rows, a.rows);
    for (int i = 1; i < a.chunks; i++) {
        const float more = (float)min(a.chunk_rows, a.rows - i * a.chunk_rows), total = count + more;
        const vfloat delta = VLOAD(partial + (size_t)i * 2 * a.c) - mean;
        mean += delta * (more / total);
        square += VLOAD(partial + ((size_t)i * 2 + 1) * a.c) + delta * delta * (count * more / total);
        count = total;
    }
    /* Rounding may leave a variance of nothing just below zero. */
    square = select(square, (vfloat)(0.0f), square < (vfloat)(0.0f));
    save(saved + a.saved + (size_t)g * 4 * a.c, weights, mean, square / count, c, a);
    if (g > 0 || a.momentum <= 0.0f) return;
    __global float *run_mean = running + a.running_mean + c, *run_var = running + a.running_var + c;
    const vfloat variance = square / fmax(count - 1.0f, 1.0f);
    VSTORE(VLOAD(run_mean) + a.momentum * (mean - VLOAD(run_mean)), run_mean);
    VSTORE(VLOAD(run_var) + a.momentum * (variance - VLOAD(run_var)), run_var);
}

/* saved[0] from the running statistics: evaluation. Work-items: (channel / V). */
__kernel void batchnorm_running(__global const float *running, __global const float *weights, __global float *saved,
                                const mx_batchnorm_args a) {
    const int c = (int)get_global_id(0) * V;
    if (c >= a.c) return;
    save(saved + a.saved, weights, VLOAD(running + a.running_mean + c), VLOAD(running + a.running_var + c), c, a);
}

/* y = leaky(gamma (x - mean) / deviation + beta). Work-items: (channel / V, chunk, group). */
__kernel void batchnorm_apply(__global const float *x, __global const float *saved, __global float *y,
                              const mx_batchnorm_args a) {
    const int c = (int)get_global_id(0) * V, chunk = (int)get_global_id(1), g = (int)get_global_id(2);
    if (c >= a.c) return;
    const int first = chunk * a.chunk_rows, rows = min(a.chunk_rows, a.rows - first);
    const size_t at = ((size_t)g * a.rows + first) * a.c + c;
    saved += a.saved + (size_t)g * 4 * a.c + c;
    const vfloat scale = VLOAD(saved + 2 * a.c), shift = VLOAD(saved + 3 * a.c);
    x += a.x + at;
    y += a.y + at;
    for (int i = 0; i < rows; i++) {
        const size_t row = (size_t)i * a.c;
        VSTORE(leaky(fma(VLOAD(x + row), scale, shift), a.slope), y + row);
    }
}

/* Sums of dz and dz xhat, where dz = dy leaky'(z) and z is what the activation saw.
 * Work-items: (channel / V, chunk, group). */
__kernel void batchnorm_backward_partial(__global const float *x, __global const float *saved,
                                         __global const float *dy, __global float *partial,
                                         const mx_batchnorm_args a) {
    const int c = (int)get_global_id(0) * V, chunk = (int)get_global_id(1), g = (int)get_global_id(2);
    if (c >= a.c) return;
    const int first = chunk * a.chunk_rows, rows = min(a.chunk_rows, a.rows - first);
    const size_t at = ((size_t)g * a.rows + first) * a.c + c;
    saved += a.saved + (size_t)g * 4 * a.c + c;
    const vfloat mean = VLOAD(saved), inverse = VLOAD(saved + a.c);
    const vfloat scale = VLOAD(saved + 2 * a.c), shift = VLOAD(saved + 3 * a.c);
    vfloat sum = (vfloat)(0.0f), dot = (vfloat)(0.0f);
    x += a.x + at;
    dy += a.dy + at;
    for (int i = 0; i < rows; i++) {
        const size_t row = (size_t)i * a.c;
        const vfloat v = VLOAD(x + row);
        const vfloat dz = VLOAD(dy + row) * leaky_gradient(fma(v, scale, shift), a.slope);
        sum += dz;
        dot = fma(dz, (v - mean) * inverse, dot);
    }
    partial += a.partial + ((size_t)g * a.chunks + chunk) * 2 * a.c + c;
    VSTORE(sum, partial);
    VSTORE(dot, partial + a.c);
}

/* Per group the sums over chunks, left in chunk 0 of partial; dbeta and dgamma are the sums over
 * groups. Work-items: (channel / V). */
__kernel void batchnorm_backward_sums(__global float *partial, __global float *gradients,
                                      const mx_batchnorm_args a) {
    const int c = (int)get_global_id(0) * V;
    if (c >= a.c) return;
    vfloat dbeta = (vfloat)(0.0f), dgamma = (vfloat)(0.0f);
    for (int g = 0; g < a.groups; g++) {
        __global float *part = partial + a.partial + (size_t)g * a.chunks * 2 * a.c + c;
        vfloat sum = VLOAD(part), dot = VLOAD(part + a.c);
        for (int i = 1; i < a.chunks; i++) {
            sum += VLOAD(part + (size_t)i * 2 * a.c);
            dot += VLOAD(part + ((size_t)i * 2 + 1) * a.c);
        }
        VSTORE(sum, part);
        VSTORE(dot, part + a.c);
        dbeta += sum;
        dgamma += dot;
    }
    VSTORE(dbeta, gradients + a.dbeta + c);
    VSTORE(dgamma, gradients + a.dgamma + c);
}

/* dx (+)= gamma / deviation (dz - (sum dz + xhat sum dz xhat) / rows); with slope 1, dy is dz.
 * Work-items: (channel / V, chunk, group). */
__kernel void batchnorm_backward_apply(__global const float *x, __global const float *saved,
                                       __global const float *dy, __global const float *partial, __global float *dx,
                                       const mx_batchnorm_args a) {
    const int c = (int)get_global_id(0) * V, chunk = (int)get_global_id(1), g = (int)get_global_id(2);
    if (c >= a.c) return;
    const int first = chunk * a.chunk_rows, rows = min(a.chunk_rows, a.rows - first);
    const size_t at = ((size_t)g * a.rows + first) * a.c + c;
    saved += a.saved + (size_t)g * 4 * a.c + c;
    partial += a.partial + (size_t)g * a.chunks * 2 * a.c + c;
    const vfloat mean = VLOAD(saved), inverse = VLOAD(saved + a.c);
    const vfloat scale = VLOAD(saved + 2 * a.c), shift = VLOAD(saved + 3 * a.c);
    const vfloat mean_dz = VLOAD(partial) / (float)a.rows;
    const vfloat slant = VLOAD(partial + a.c) / (float)a.rows * inverse;
    x += a.x + at;
    dy += a.dy + at;
    dx += a.dx + at;
    for (int i = 0; i < rows; i++) {
        const size_t row = (size_t)i * a.c;
        const vfloat v = VLOAD(x + row);
        const vfloat dz = VLOAD(dy + row) * leaky_gradient(fma(v, scale, shift), a.slope);
        const vfloat d = scale * (dz - mean_dz - (v - mean) * slant);
        VSTORE(a.accumulate ? VLOAD(dx + row) + d : d, dx + row);
    }
}
