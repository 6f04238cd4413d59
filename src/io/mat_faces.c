#include "io/mat_faces.h"

#include <math.h>
#include <string.h>

#include <matio.h>

#include "io/printable.h"

enum { MAX_FACES = 10000000, MAX_PIXELS = 1000000, NAME_BYTES = 256, LISTED_VARIABLES = 20 };

/* How the columns of a label matrix are used, from 0; face_type -1: all faces are masked. */
typedef struct layout {
    const char *variable, *name;
    size_t n_columns;
    int face_type, occ_type, occ_degree;
} layout;

static const layout layouts[] = {{"label_train", "imgName", 21, -1, 12, 13},
                                 {"LabelTest", "name", 18, 4, 9, 10}};

static mx_status damaged(size_t row, const char *why) {
    return mx_fail(MX_DATA, "row %zu %s", row, why);
}

static mx_status add_name(mx_mat_faces *out, const matvar_t *name, size_t row) {
    if (!name || name->class_type != MAT_C_CHAR || !name->data || name->rank != 2 ||
        name->dims[0] != 1 || (name->data_size != 1 && name->data_size != 2))
        return damaged(row, "has no text as the picture's name");
    const size_t length = name->nbytes / (size_t)name->data_size;
    if (length == 0 || length >= NAME_BYTES || length != name->dims[1])
        return damaged(row, "has an empty or too long name");
    for (size_t i = 0; i < length; i++) {
        uint16_t code = ((const uint8_t *)name->data)[i];
        if (name->data_size == 2) code = ((const uint16_t *)name->data)[i];
        if (code < ' ' || code > '~') return damaged(row, "has a name that is not ASCII");
        mx_buf_append(&out->names, &(const char){(char)code}, 1);
    }
    mx_buf_append(&out->names, "", 1);
    return mx_buf_check(&out->names);
}

/* Element `i` as a whole number; false when it is none. */
static bool whole_number(const matvar_t *matrix, size_t i, int *out) {
    double value = NAN;
    switch (matrix->class_type) {
    case MAT_C_DOUBLE:
        value = ((const double *)matrix->data)[i];
        break;
    case MAT_C_SINGLE:
        value = ((const float *)matrix->data)[i];
        break;
    case MAT_C_INT16:
        value = ((const int16_t *)matrix->data)[i];
        break;
    case MAT_C_INT32:
        value = ((const int32_t *)matrix->data)[i];
        break;
    default:
        break;
    }
    if (!(fabs(value) <= MAX_PIXELS)) return false;
    *out = (int)lround(value);
    return true;
}

/* Face `r` of a matrix, which is stored column after column. */
static mx_status read_face(mx_mafa_face *out, const layout *columns, const matvar_t *matrix,
                           size_t r, size_t row) {
    int values[21];
    for (size_t c = 0; c < columns->n_columns; c++)
        if (!whole_number(matrix, c * matrix->dims[0] + r, &values[c]))
            return damaged(row, "has a label that is no number of pixels");
    *out = (mx_mafa_face){.row = (int)row,
                          .x = values[0],
                          .y = values[1],
                          .width = values[2],
                          .height = values[3],
                          .face_type = MX_MAFA_MASKED,
                          .occ_type = values[columns->occ_type],
                          .occ_degree = values[columns->occ_degree]};
    if (columns->face_type >= 0) out->face_type = values[columns->face_type];
    if (out->face_type < MX_MAFA_MASKED || out->face_type > MX_MAFA_INVALID)
        return damaged(row, "has a face that is neither masked (1), unmasked (2) nor invalid (3)");
    return MX_OK;
}

static mx_status check_matrix(const layout *columns, const matvar_t *matrix, size_t row) {
    if (matrix->rank != 2 || matrix->dims[1] != columns->n_columns)
        return mx_fail(MX_DATA, "row %zu has labels of %zu columns, '%s' has %zu", row,
                       matrix->rank == 2 ? matrix->dims[1] : 0, columns->variable,
                       columns->n_columns);
    if (matrix->dims[0] > MAX_FACES) return damaged(row, "has too many faces");
    if (!matrix->data || matrix->isComplex ||
        matrix->data_size != (int)Mat_SizeOfClass((int)matrix->class_type) ||
        matrix->nbytes != matrix->dims[0] * matrix->dims[1] * (size_t)matrix->data_size)
        return damaged(row, "has labels that are no plain numbers, or damaged");
    return MX_OK;
}

/* A picture without faces has a matrix without rows or columns; what libmatio could not read has no
 * sizes at all. */
static bool is_empty(const matvar_t *matrix) {
    for (int d = 0; d < matrix->rank; d++)
        if (matrix->dims[d] == 0) return true;
    return false;
}

/* Where the array has the field `name`. libmatio's own search does not expect damaged names. */
static mx_status find_field(const matvar_t *pictures, const char *name, size_t *out) {
    const size_t count = Mat_VarGetNumberOfFields((matvar_t *)(uintptr_t)pictures);
    char *const *names = Mat_VarGetStructFieldnames(pictures);
    for (*out = 0; names && *out < count; ++*out)
        if (names[*out] && strcmp(names[*out], name) == 0) return MX_OK;
    return mx_fail(MX_DATA, "'%s' has no field '%s', or is damaged", pictures->name, name);
}

static mx_status add_picture(mx_mat_faces *out, const layout *columns, const matvar_t *name,
                             const matvar_t *label, size_t row) {
    if (!label) return damaged(row, "has no labels");
    if (is_empty(label)) return MX_OK;
    MX_TRY(check_matrix(columns, label, row));
    for (size_t r = 0; r < label->dims[0]; r++) {
        mx_mafa_face face;
        MX_TRY(read_face(&face, columns, label, r, row));
        MX_TRY(add_name(out, name, row));
        mx_buf_append(&out->faces, &face, sizeof face);
        if (out->faces.length > MAX_FACES * sizeof face)
            return mx_fail(MX_DATA, "more than %d faces", MAX_FACES);
    }
    return mx_buf_check(&out->faces);
}

static mx_status read_pictures(mx_mat_faces *out, const layout *columns, matvar_t *pictures) {
    size_t count = 1, name = 0, label = 0;
    if (!pictures || pictures->class_type != MAT_C_STRUCT || !pictures->data)
        return mx_fail(MX_DATA, "'%s' is no struct array, empty, or damaged", columns->variable);
    for (int d = 0; d < pictures->rank; d++)
        if (pictures->dims[d] > MAX_FACES || (count *= pictures->dims[d]) > MAX_FACES)
            return mx_fail(MX_DATA, "'%s' has too many pictures", columns->variable);
    MX_TRY(find_field(pictures, columns->name, &name));
    MX_TRY(find_field(pictures, "label", &label));
    for (size_t i = 0; i < count; i++)
        MX_TRY(add_picture(out, columns, Mat_VarGetStructFieldByIndex(pictures, name, i),
                           Mat_VarGetStructFieldByIndex(pictures, label, i), i + 1));
    return MX_OK;
}

static mx_status no_labels(char *const *names, size_t count) {
    mx_buf list = {0};
    for (size_t i = 0; i < count && i < LISTED_VARIABLES; i++)
        mx_buf_printf(&list, "%s%s", i ? ", " : "", mx_printable_text(names[i]).text);
    if (count > LISTED_VARIABLES) mx_buf_printf(&list, ", and %zu more", count - LISTED_VARIABLES);
    const mx_status status = mx_fail(
        MX_DATA, "no labels of MAFA (the variable 'label_train' or 'LabelTest'); there %s: %s",
        count == 1 ? "is" : "are", count ? mx_buf_text(&list) : "no variables, or damaged ones");
    mx_buf_release(&list);
    return status;
}

static mx_status read_variables(mx_mat_faces *out, mat_t *file) {
    size_t count = 0;
    char *const *names = Mat_GetDir(file, &count);
    if (!names) count = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++) {
            if (!names[i] || strcmp(names[i], layouts[l].variable) != 0) continue;
            matvar_t *pictures = Mat_VarRead(file, names[i]);
            const mx_status status = read_pictures(out, &layouts[l], pictures);
            Mat_VarFree(pictures);
            out->train = layouts[l].face_type < 0;
            return status;
        }
    return no_labels(names, count);
}

mx_status mx_mat_read_faces(mx_mat_faces *out, const char *path) {
    mat_t *file = Mat_Open(path, MAT_ACC_RDONLY);
    if (!file) return mx_fail(MX_DATA, "no MAT file, damaged, or of a version that libmatio lacks");
    const mx_status status = read_variables(out, file);
    Mat_Close(file);
    return status;
}
