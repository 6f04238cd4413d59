/* What every kernel starts from: V, the width of its float vectors (a build option), and names for
 * vectors of that width. Loads and stores need the alignment of one float only. */
#ifndef V
#define V 1
#endif

#if V == 1
typedef float vfloat;
typedef int vint;
#define AS_VINT as_int
#define AS_VFLOAT as_float
#define ANY(truth) (truth)
#define VLOAD(p) (*(p))
#define VSTORE(v, p) (*(p) = (v))
#else
#define MX_JOIN_(a, b) a##b
#define MX_JOIN(a, b) MX_JOIN_(a, b)
typedef MX_JOIN(float, V) vfloat;
typedef MX_JOIN(int, V) vint;
#define AS_VINT MX_JOIN(as_int, V)
#define AS_VFLOAT MX_JOIN(as_float, V)
#define ANY(truth) any(truth)
#define VLOAD(p) MX_JOIN(vload, V)(0, (p))
#if V >= 8 && defined(__clang__)
/* PoCL's vstore16 stores four lanes, four times; a vector type of an element's alignment is stored at once. */
typedef vfloat loose_vfloat __attribute__((aligned(4)));
typedef vint loose_vint __attribute__((aligned(4)));
#define MX_STORE(space, vector, element)                                                                               \
    static inline void __attribute__((overloadable)) store(vector v, space element *p) {                              \
        *(space loose_##vector *)p = v;                                                                                \
    }
MX_STORE(__private, vfloat, float)
MX_STORE(__local, vfloat, float)
MX_STORE(__global, vfloat, float)
MX_STORE(__global, vint, int)
#define VSTORE(v, p) store((v), (p))
#else
#define VSTORE(v, p) MX_JOIN(vstore, V)((v), 0, (p))
#endif
#endif

/* Leaky ReLU of a vector for slopes from 0 to 1; slope 1 is the identity, slope 0 is ReLU. NaN stays NaN: a
 * run that diverged must not look healthy. */
static inline vfloat leaky(vfloat x, float slope) {
    const vfloat low = slope * x;
    return select(low, x, (vint)(x > low));
}

/* Its derivative, 1 where x > 0 and slope elsewhere. */
static inline vfloat leaky_gradient(vfloat x, float slope) {
    return select((vfloat)(slope), (vfloat)(1.0f), (vint)(x > (vfloat)(0.0f)));
}

/* x where `bits` is -1, 0 where it is 0. */
static inline vfloat keep_bits(vfloat x, int bits) {
    return AS_VFLOAT(AS_VINT(x) & (vint)(bits));
}

/* The first `left` lanes of a vector at p, zeros in the others. */
static inline vfloat load_part(__global const float *p, int left) {
    if (left >= V) return VLOAD(p);
    float lanes[V];
    for (int i = 0; i < V; i++)
        lanes[i] = i < left ? p[i] : 0.0f;
    return VLOAD(lanes);
}

/* Stores a vector, or its first `left` lanes; with `accumulate`, adds it to what is there. */
static inline void store_part(vfloat v, __global float *p, int left, int accumulate) {
    if (left >= V) {
        VSTORE(accumulate ? VLOAD(p) + v : v, p);
        return;
    }
    float lanes[V];
    VSTORE(v, lanes);
    for (int i = 0; i < left; i++)
        p[i] = accumulate ? p[i] + lanes[i] : lanes[i];
}

/* Asks for the cache lines of `count` floats at p, which are needed soon: where tiles are taken from here and
 * there, a CPU does not see by itself what comes next. p may lie past the end of its buffer. */
static inline void fetch(__global const float *p, int count) {
#ifdef __has_builtin
#if __has_builtin(__builtin_prefetch)
    enum { LINE = 16 };
    for (int i = 0; i < count; i += LINE)
        __builtin_prefetch((const void *)((size_t)p + (size_t)i * sizeof(float)));
#endif
#endif
}
