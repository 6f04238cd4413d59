/* The steps of reading MAFA's labels. Inner header of mat.c. */
#ifndef MX_IO_MAT_FACES_H
#define MX_IO_MAT_FACES_H

#include <stddef.h>

#include "base/buf.h"
#include "io/mat.h"

/* Checks what libmatio would not: that this is a regular file of version 5 or 7.3, that the
 * variables of version 5 end where the file does, and the checksums of compressed ones. Fails with
 * MX_DATA (file in the message) or MX_MEMORY. */
mx_status mx_mat_check(const char *path);

/* What passes from the child process that runs libmatio to its parent. */
typedef struct mx_mat_faces {
    bool train;
    mx_buf faces; /* of mx_mafa_face without `image` */
    mx_buf names; /* one NUL-terminated name for each face, in their order */
} mx_mat_faces;

/* Reads a label file by libmatio, which may crash or never come back. Fails as mx_mafa_read,
 * without the file in the message. */
mx_status mx_mat_read_faces(mx_mat_faces *out, const char *path);

#endif
