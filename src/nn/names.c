#include "nn/names.h"

/* A parameter as matrices: torch has [rows][columns][matrices], the arenas
 * [matrices][columns][rows]. */
typedef struct matrices {
    size_t rows, columns, count;
} matrices;

static matrices matrices_of(const mx_param *param) {
    const size_t d0 = (size_t)param->dims[0], d1 = (size_t)param->dims[1];
    if (param->role == MX_PARAM_LINEAR_WEIGHT) return (matrices){d0, d1, 1};
    if (param->role != MX_PARAM_CONV_WEIGHT) return (matrices){1, param->count, 1};
    return (matrices){d0, d1, (size_t)param->dims[2] * (size_t)param->dims[3]};
}

enum { TILE = 16 }; /* rows and columns that a cache holds of both orders */

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Copies one tile of every matrix, to the arena or from it. */
static void copy_tile(const matrices *m, size_t row, size_t column, float *torch, float *arena,
                      bool to_torch) {
    const size_t rows = smaller(row + TILE, m->rows), columns = smaller(column + TILE, m->columns);
    for (size_t z = 0; z < m->count; z++)
        for (size_t j = column; j < columns; j++)
            for (size_t i = row; i < rows; i++) {
                float *outside = torch + (i * m->columns + j) * m->count + z;
                float *inside = arena + (z * m->columns + j) * m->rows + i;
                *(to_torch ? outside : inside) = *(to_torch ? inside : outside);
            }
}

static void copy(const mx_param *param, float *torch, float *arena, bool to_torch) {
    const matrices m = matrices_of(param);
    for (size_t row = 0; row < m.rows; row += TILE)
        for (size_t column = 0; column < m.columns; column += TILE)
            copy_tile(&m, row, column, torch, arena, to_torch);
}

/* Each only reads what its caller cannot change. */
void mx_param_to_torch(const mx_param *param, const float *arena, float *to) {
    copy(param, to, (float *)arena + param->offset, true);
}

void mx_param_from_torch(const mx_param *param, const float *from, float *arena) {
    copy(param, (float *)from, arena + param->offset, false);
}

int mx_param_rank(const mx_param *param) {
    int rank = 0;
    while (rank < 4 && param->dims[rank] > 0)
        rank++;
    return rank;
}
