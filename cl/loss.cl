/* The two losses of MixMatch (Berthelot et al. 2019, eq. 3 and 4) and their gradients by the logits.
 * A work-item takes one listed row. */
static float log_sum_exp(__global const float *x, int c) {
    float most = x[0], sum = 0.0f;
    for (int j = 1; j < c; j++)
        most = fmax(most, x[j]);
    for (int j = 0; j < c; j++)
        sum += exp(x[j] - most);
    return most + log(sum);
}

/* loss = -sum_j t_j log p_j; gradient p_j sum(t) - t_j. */
__kernel void soft_cross_entropy(__global const float *logits, __global const float *targets,
                                 __global const int *list, __global float *losses,
                                 __global float *dlogits, const mx_loss_args a) {
    const int i = (int)get_global_id(0);
    if (i >= a.count) return;
    const int row = list[a.list + a.first + i] - a.begin;
    if (row < 0 || row >= a.rows) return;
    logits += a.logits + (size_t)row * a.c;
    targets += a.targets + (size_t)(row + a.begin) * a.c;
    dlogits += a.dlogits + (size_t)row * a.c;
    const float norm = log_sum_exp(logits, a.c);
    float loss = 0.0f, mass = 0.0f;
    for (int j = 0; j < a.c; j++) {
        loss -= targets[j] * (logits[j] - norm);
        mass += targets[j];
    }
    for (int j = 0; j < a.c; j++)
        dlogits[j] = a.scale * (exp(logits[j] - norm) * mass - targets[j]);
    losses[a.losses + a.first + i] = loss;
}

/* loss = mean_j (p_j - t_j)^2; gradient 2 / c p_j (d_j - sum_l p_l d_l), d = p - t. */
__kernel void squared_difference(__global const float *logits, __global const float *targets,
                                 __global const int *list, __global float *losses,
                                 __global float *dlogits, const mx_loss_args a) {
    const int i = (int)get_global_id(0);
    if (i >= a.count) return;
    const int row = list[a.list + a.first + i] - a.begin;
    if (row < 0 || row >= a.rows) return;
    logits += a.logits + (size_t)row * a.c;
    targets += a.targets + (size_t)(row + a.begin) * a.c;
    dlogits += a.dlogits + (size_t)row * a.c;
    const float norm = log_sum_exp(logits, a.c);
    float loss = 0.0f, dot = 0.0f;
    for (int j = 0; j < a.c; j++) {
        const float p = exp(logits[j] - norm), d = p - targets[j];
        loss += d * d;
        dot += p * d;
    }
    for (int j = 0; j < a.c; j++) {
        const float p = exp(logits[j] - norm);
        dlogits[j] = a.scale * (2.0f / (float)a.c) * p * (p - targets[j] - dot);
    }
    losses[a.losses + a.first + i] = loss / (float)a.c;
}

/* sums[slot] = scale sum(losses), one work-item, in order. */
__kernel void loss_sum(__global const float *losses, __global float *sums, const mx_loss_sum_args a) {
    float sum = 0.0f;
    for (int i = 0; i < a.count; i++)
        sum += losses[a.losses + a.first + i];
    sums[a.sums + a.slot] = sum * a.scale;
}
