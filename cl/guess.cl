/* How good guessed labels are, summed over the steps of an epoch: tally[0 .. c) the guesses, then for
 * each row its largest probabilities, how often that was the true class, and how often one is known.
 * Work-item i owns class i and row i, so that the sums need no order but that of the steps. */
__kernel void guess_tally(__global const float *targets, __global const int *labels,
                          __global float *tally, const mx_guess_args a) {
    const int i = (int)get_global_id(0);
    targets += a.targets;
    tally += a.tally;
    if (i < a.c) {
        float sum = 0.0f;
        for (int row = 0; row < a.rows; row++)
            sum += targets[(size_t)row * a.c + i];
        tally[i] += sum;
    }
    if (i >= a.rows) return;
    targets += (size_t)i * a.c;
    tally += a.c + i;
    int best = 0;
    for (int c = 1; c < a.c; c++)
        if (targets[c] > targets[best]) best = c;
    const int label = labels[a.labels + i];
    tally[0] += targets[best];
    tally[a.most_rows] += label == best ? 1.0f : 0.0f;
    tally[2 * a.most_rows] += label >= 0 ? 1.0f : 0.0f;
}
