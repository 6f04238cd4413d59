/* How good the guessed labels of MixMatch are, gathered on the device. */
#ifndef MX_OPS_GUESS_H
#define MX_OPS_GUESS_H

#include "ops/tensor.h"

/* Adds the guesses targets[n][c] of a step to tally[c + 3 x most], n <= most: the sum of each
 * class, then for each row i the sums of its largest probability, of 1 where that is labels[i]
 * (ints; -1: not known), and of 1 where the label is known. */
mx_status mx_guess_tally(mx_device *device, mx_tensor targets, mx_tensor labels, mx_tensor tally);

#endif
