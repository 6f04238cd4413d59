/* Pictures that a command line names, and rows about them. */
#ifndef MX_CLI_PICTURES_H
#define MX_CLI_PICTURES_H

#include <stdio.h>

#include "cli/args.h"
#include "cli/workbench.h"
#include "data/source.h"

typedef struct mx_path_pictures {
    mx_pictures list;
    mx_source_spec *sources; /* one for each path */
    char **folders;          /* of the tables among them */
    int count;
} mx_path_pictures;

/* Lists the pictures of the positionals from the second on: folders, .zip archives, tables (.csv,
 * .tsv, .txt or .xlsx with a column `file`, names within the table's folder) and pictures. With
 * `classes` each has one: its sub-folder or the table's column `class`; single pictures have none
 * and are refused with MX_USAGE. Else fails as mx_source_list_folder. Release it in either case. */
mx_status mx_path_pictures_list(mx_path_pictures *out, const mx_args *args, bool classes);
void mx_path_pictures_release(mx_path_pictures *pictures);

/* Appends a picture's path, that of an archive's entry after the archive's. */
void mx_put_picture_path(mx_buf *out, const mx_picture *picture);

/* CSV: file,class,p_0,p_1,... or, with `truth`, file,truth,class,p_0,... */
void mx_put_prediction_header(FILE *stream, const mx_class_names *names, bool truth);
/* `truth` is a class or NULL; `best` the class with the largest of the probabilities. Fails with
 * MX_MEMORY. */
mx_status mx_put_prediction(FILE *stream, const mx_class_names *names, const char *file,
                            const char *truth, int best, const float *probabilities);

#endif
