/* Register tiles of the convolutions for CPUs. SCRATCH is the address space of what is copied or transformed
 * before, __global where nothing is. Build options: V, KB, and P or CB where a file has the tile. */
#ifndef SCRATCH
#define SCRATCH __global
#endif

#ifdef P
/* acc[p] += from[p][0 .. depth) w[depth][KB V]. */
static inline void add_rows(SCRATCH const float *const *from, __global const float *w, int depth,
                            vfloat acc[P][KB]) {
    for (int c = 0; c < depth; c++, w += KB * V) {
        vfloat b[KB];
#pragma unroll
        for (int k = 0; k < KB; k++)
            b[k] = VLOAD(w + k * V);
#pragma unroll
        for (int p = 0; p < P; p++) {
            const vfloat v = (vfloat)(from[p][c]);
#pragma unroll
            for (int k = 0; k < KB; k++)
                acc[p][k] = fma(v, b[k], acc[p][k]);
        }
    }
}
#endif

#ifdef CB
/* acc[i] += v[.][i] z[.][KB V], over `rows` rows of v and z. */
static inline void add_outer(SCRATCH const float *v, size_t v_stride, SCRATCH const float *z, size_t z_stride, int rows,
                             vfloat acc[CB][KB]) {
    for (int t = 0; t < rows; t++, v += v_stride, z += z_stride) {
        vfloat b[KB];
#pragma unroll
        for (int k = 0; k < KB; k++)
            b[k] = VLOAD(z + k * V);
#pragma unroll
        for (int i = 0; i < CB; i++) {
            const vfloat s = (vfloat)(v[i]);
#pragma unroll
            for (int k = 0; k < KB; k++)
                acc[i][k] = fma(s, b[k], acc[i][k]);
        }
    }
}
#endif
