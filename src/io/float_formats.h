/* The element types of weights files, and their conversion to float32. Elements are little-endian,
 * as on every host that the project supports. */
#ifndef MX_IO_FLOAT_FORMATS_H
#define MX_IO_FLOAT_FORMATS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mx_element_type {
    const char *dtype;   /* the name in a .safetensors header */
    const char *storage; /* torch's storage class; NULL where there is none */
    size_t bytes;        /* of one element */
    bool is_float32;
    /* Writes `count` floats from elements at in, in + stride, ... (bytes, any alignment). Numbers
     * beyond float32 become infinite. NULL for whole numbers and booleans. */
    void (*to_float32)(float *out, const char *in, size_t stride, size_t count);
} mx_element_type;

/* The type that a header or a storage class names, or NULL. */
const mx_element_type *mx_element_type_of_dtype(const char *dtype);
const mx_element_type *mx_element_type_of_storage(const char *storage);

#endif
