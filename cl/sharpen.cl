/* Targets of MixMatch. */

/* targets[i] = one-hot of labels[i]: work-items (class, row). */
__kernel void one_hot(__global const int *labels, __global float *targets, const mx_one_hot_args a) {
    const int c = (int)get_global_id(0), i = (int)get_global_id(1);
    if (c >= a.c || i >= a.rows) return;
    targets[a.targets + (size_t)i * a.c + c] = labels[a.labels + i] == c ? 1.0f : 0.0f;
}

/* q = p^(1/T) / sum p^(1/T) of p = the mean of K guesses (eq. 6 and 7), in log space relative to the
 * largest, so that T -> 0 tends to argmax without overflow. Written K times. A work-item takes a row. */
__kernel void sharpen(__global const float *guesses, __global float *targets, const mx_sharpen_args a) {
    const int i = (int)get_global_id(0);
    if (i >= a.rows) return;
    const size_t view = (size_t)a.rows * a.c;
    guesses += a.guesses + (size_t)i * a.c;
    targets += a.targets + (size_t)i * a.c;
    float most = 0.0f, sum = 0.0f;
    for (int c = 0; c < a.c; c++) {
        float p = 0.0f;
        for (int k = 0; k < a.k; k++)
            p += guesses[k * view + c];
        targets[c] = p / (float)a.k;
        most = fmax(most, targets[c]);
    }
    const float log_most = log(most);
    for (int c = 0; c < a.c; c++) {
        targets[c] = targets[c] > 0.0f ? exp((log(targets[c]) - log_most) / a.temperature) : 0.0f;
        sum += targets[c];
    }
    for (int c = 0; c < a.c; c++) {
        const float q = targets[c] / sum;
        for (int k = 0; k < a.k; k++)
            targets[k * view + c] = q;
    }
}
