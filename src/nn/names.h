/* The border to torch: tensors leave and enter under torch's names, in torch's element order. */
#ifndef MX_NN_NAMES_H
#define MX_NN_NAMES_H

#include "nn/net.h"

/* Copies one parameter from an arena (host copy) to torch's order: conv [k][c][r][s], linear
 * [out][in], others as they are. `to` has param->count floats. */
void mx_param_to_torch(const mx_param *param, const float *arena, float *to);
/* The other way. */
void mx_param_from_torch(const mx_param *param, const float *from, float *arena);

/* The number of dims that are used. */
int mx_param_rank(const mx_param *param);

#endif
