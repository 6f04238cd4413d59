/* CIFAR-10 and CIFAR-100, binary version (A. Krizhevsky, "Learning Multiple Layers of Features from
 * Tiny Images", 2009): records of one label (CIFAR-100: coarse, then fine), then 1,024 bytes each
 * of red, green and blue, rows from the top. */
#ifndef MX_IO_CIFAR10_H
#define MX_IO_CIFAR10_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { MX_CIFAR_SIZE = 32, MX_CIFAR_CHANNELS = 3 };

typedef enum mx_cifar_kind {
    MX_CIFAR_10,         /* labels 0 to 9 */
    MX_CIFAR_100_COARSE, /* 0 to 19 */
    MX_CIFAR_100_FINE    /* 0 to 99 */
} mx_cifar_kind;

typedef struct mx_cifar {
    size_t n_images;
    uint8_t *labels; /* n_images */
    uint8_t *pixels; /* n_images x 32 x 32 x 3 */
} mx_cifar;

/* Reads a .bin file of at most `limit` pictures; released with mx_cifar_release. Fails with MX_DATA
 * (file and record in the message) when it cannot be read, holds no whole number of records, none
 * or too many, or a label that is out of range, and with MX_MEMORY; *out is then empty. */
mx_status mx_cifar_read(mx_cifar *out, const char *path, mx_cifar_kind kind, size_t limit);
void mx_cifar_release(mx_cifar *cifar);

#endif
