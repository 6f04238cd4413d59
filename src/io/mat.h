/* The labels of MAFA, masked faces (S. Ge et al., "Detecting Masked Faces in the Wild with
 * LLE-CNNs", CVPR 2017), from MATLAB files of version 5 or 7.3 by libmatio: LabelTrainAll.mat with
 * the struct array `label_train` (fields imgName and label, 21 columns) and LabelTestAll.mat with
 * `LabelTest` (name and label, 18 columns), as their readmes say.
 *
 * libmatio reads in a child process, since a damaged file may crash it or keep it busy forever. Its
 * time grows with the square of the pictures in version 7.3: 600 take 5 seconds. MAFA's own files
 * are of version 5, which takes half a second for all of them. */
#ifndef MX_IO_MAT_H
#define MX_IO_MAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { MX_MAFA_MASKED = 1, MX_MAFA_UNMASKED = 2, MX_MAFA_INVALID = 3 };

typedef struct mx_mafa_face {
    const char *image;       /* the picture's file name; several faces may share it */
    int row;                 /* the picture's place in the struct array, from 1 */
    int x, y, width, height; /* pixels, from the left upper corner; may leave the picture or be
                                empty, as in the file */
    int face_type;           /* MX_MAFA_*; all are masked in the training set */
    int occ_type;            /* 1 simple, 2 complex, 3 part of a body; others where not known */
    int occ_degree;          /* covered parts of the face: 1, 2 or 3; others where not known */
} mx_mafa_face;

typedef struct mx_mafa {
    bool train; /* the labels are of the training set */
    mx_mafa_face *faces;
    size_t n_faces;
    char *names; /* what the faces' `image` point into */
} mx_mafa;

/* Reads a label file; released with mx_mafa_release. Fails with MX_DATA (file and row in the
 * message) when it cannot be read, is no such file, is damaged, has neither variable (the message
 * lists those there are) or labels of another size, with MX_MEMORY, and with MX_USAGE when mixcl
 * was built without libmatio; *out is then empty. */
mx_status mx_mafa_read(mx_mafa *out, const char *path);
void mx_mafa_release(mx_mafa *mafa);

#endif
