/* Writes look-alikes of the collections that configs/ are for, a few small pictures each, as one
 * downloads them: of those that this build can read. Usage: miniatures FOLDER */
#include "unit/zip_fixture.h"

#ifdef MIXCL_WITH_MAT
#include <matio.h>
#endif

#ifdef MIXCL_WITH_ZIP
enum { HAS_ZIP = true };
#else
enum { HAS_ZIP = false };
#endif
#ifdef MIXCL_WITH_CSV
enum { HAS_CSV = true };
#else
enum { HAS_CSV = false };
#endif
#ifdef MIXCL_WITH_XLSX
enum { HAS_XLSX = true };
#else
enum { HAS_XLSX = false };
#endif

enum { SIDE = 24, CIFAR_RECORD = 1 + 3 * 32 * 32, MAFA_TEST_COLUMNS = 18, MAFA_TRAIN_COLUMNS = 21 };

/* Appends a picture whose texture depends on `number`; an even one is dark above, an odd below. */
static void draw(mx_buf *out, int number, bool png) {
    uint8_t pixels[SIDE * SIDE * 3];
    for (int i = 0; i < SIDE * SIDE * 3; i++) {
        const bool dark = (i < SIDE * SIDE * 3 / 2) == (number % 2 == 0);
        pixels[i] = (uint8_t)((dark ? 20 : 180) + (i * (number + 3)) % 50);
    }
    if (png) {
        fixture_encode_plain_png(out, pixels, SIDE, SIDE, 3);
        return;
    }
    const fixture_jpeg in = {.width = SIDE,
                             .height = SIDE,
                             .given = JCS_RGB,
                             .stored = JCS_YCbCr,
                             .channels = 3,
                             .pixels = pixels};
    fixture_encode_jpeg(out, &in);
}

static void write_picture(const char *root, const char *name, int number) {
    mx_buf file = {0};
    draw(&file, number, strstr(name, ".png") != NULL);
    fixture_write(root, name, file.data, file.length);
    mx_buf_release(&file);
}

static void zip_picture(fixture_zip *zip, const char *name, int number) {
    mx_buf file = {0};
    draw(&file, number, false);
    fixture_zip_add(zip, name, file.data, file.length,
                    number % 3 ? FIXTURE_DEFLATE : FIXTURE_STORED);
    mx_buf_release(&file);
}

static void write_text(const char *root, const char *name, mx_buf *text) {
    fixture_write(root, name, mx_buf_text(text), text->length);
    mx_buf_release(text);
}

/* A workbook of the columns Image, Age and Gender, text in the cells and numbers. */
static void write_workbook(const char *root, const char *name, int first, int count) {
    static const char types[] =
        "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'>"
        "<Default Extension='xml' ContentType='application/xml'/></Types>";
    static const char relations[] = "<Relationships><Relationship Id='a' "
                                    "Type='http://schemas.openxmlformats.org/officeDocument/"
                                    "2006/relationships/%s' Target='%s'/></Relationships>";
    fixture_zip zip = {0};
    mx_buf part = {0};
    fixture_zip_text(&zip, "[Content_Types].xml", types);
    mx_buf_printf(&part, relations, "officeDocument", "xl/workbook.xml");
    fixture_zip_text(&zip, "_rels/.rels", mx_buf_text(&part));
    mx_buf_clear(&part);
    mx_buf_printf(&part, relations, "worksheet", "worksheets/sheet1.xml");
    fixture_zip_text(&zip, "xl/_rels/workbook.xml.rels", mx_buf_text(&part));
    fixture_zip_text(&zip, "xl/workbook.xml",
                     "<workbook xmlns:r='r'><sheets><sheet name='Sheet1' sheetId='1' r:id='a'/>"
                     "</sheets></workbook>");
    mx_buf_clear(&part);
    mx_buf_puts(&part, "<worksheet><sheetData><row>");
    for (int c = 0; c < 3; c++) {
        static const char *const columns[] = {"Image", "Age", "Gender"};
        mx_buf_printf(&part, "<c t='inlineStr'><is><t>%s</t></is></c>", columns[c]);
    }
    mx_buf_puts(&part, "</row>");
    for (int i = first; i < first + count; i++)
        mx_buf_printf(&part,
                      "<row><c t='inlineStr'><is><t>%05dA%02d.jpg</t></is></c><c><v>%d</v></c>"
                      "<c><v>%d</v></c></row>",
                      i, 20 + i, 20 + i, i % 2);
    mx_buf_puts(&part, "</sheetData></worksheet>");
    fixture_zip_text(&zip, "xl/worksheets/sheet1.xml", mx_buf_text(&part));
    mx_buf_release(&part);
    fixture_zip_write(&zip, root, name);
}

static void write_aaf(const char *root) {
    fixture_zip zip = {0};
    write_workbook(root, "aaf/AAF_train.xlsx", 0, 16);
    write_workbook(root, "aaf/AAF_test.xlsx", 16, 4);
    fixture_zip_text(&zip, "All-Age-Faces/readme.txt", "made up");
    for (int i = 0; i < 20; i++) {
        char name[64];
        snprintf(name, sizeof name, "All-Age-Faces/images/%05dA%02d.jpg", i, 20 + i);
        zip_picture(&zip, name, i);
    }
    fixture_zip_write(&zip, root, "aaf/AAF.zip");
}

/* Five folds of six faces; one of each has no gender. */
static void write_adience(const char *root) {
    for (int fold = 0; fold < 5; fold++) {
        mx_buf rows = {0};
        char name[128];
        mx_buf_puts(&rows, "user_id\toriginal_image\tface_id\tage\tgender\tx\ty\tdx\tdy\ttilt_ang"
                           "\tfiducial_yaw_angle\tfiducial_score\n");
        for (int i = 0; i < 6; i++) {
            const char *gender = i == 5 ? "u" : i % 2 ? "f" : "m";
            mx_buf_printf(&rows, "user%d@N0%d\t%d_o.jpg\t%d\t(25, 32)\t%s\t0\t0\t9\t9\t0\t0\t1\n",
                          fold, i % 3, 100 + i, i, gender);
            snprintf(name, sizeof name,
                     "adience/faces/user%d@N0%d/coarse_tilt_aligned_face.%d.%d_o.jpg", fold, i % 3,
                     i, 100 + i);
            write_picture(root, name, i);
        }
        snprintf(name, sizeof name, "adience/fold_%d_data.txt", fold);
        write_text(root, name, &rows);
    }
}

/* Two folder trees of the same people in one archive. */
static void write_rmfd(const char *root) {
    static const char *const trees[] = {"AFDB_face_dataset", "AFDB_masked_face_dataset"};
    fixture_zip zip = {0};
    for (int tree = 0; tree < 2; tree++)
        for (int i = 0; i < 15; i++) {
            char name[128];
            snprintf(name, sizeof name,
                     "self-built-masked-face-recognition-dataset/%s/person%d/0_0_%d.jpg",
                     trees[tree], i % 5, i);
            zip_picture(&zip, name, 2 * i + tree);
        }
    fixture_zip_write(&zip, root, "rmfd/self-built-masked-face-recognition-dataset.zip");
}

static void write_cifar10(const char *root) {
    for (int batch = 1; batch <= 6; batch++) {
        mx_buf file = {0};
        char name[64];
        for (int i = 0; i < 20; i++)
            for (int byte = 0; byte < CIFAR_RECORD; byte++) {
                const int value = byte == 0 ? i % 10 : (byte * (i % 10 + 1) + batch) % 256;
                mx_buf_append(&file, &(const char){(char)value}, 1);
            }
        snprintf(name, sizeof name, "cifar-10-batches-bin/data_batch_%d.bin", batch);
        write_text(root, batch == 6 ? "cifar-10-batches-bin/test_batch.bin" : name, &file);
    }
}

/* NAME-images and NAME-labels as Fashion-MNIST has them, ten classes. */
static void write_idx(const char *root, const char *name, int count) {
    mx_buf images = {0}, labels = {0};
    char file[64];
    mx_buf_append(&images,
                  (const char[]){0, 0, 8, 3, 0, 0, 0, (char)count, 0, 0, 0, 28, 0, 0, 0, 28}, 16);
    mx_buf_append(&labels, (const char[]){0, 0, 8, 1, 0, 0, 0, (char)count}, 8);
    for (int i = 0; i < count; i++) {
        mx_buf_append(&labels, &(const char){(char)(i % 10)}, 1);
        for (int p = 0; p < 28 * 28; p++)
            mx_buf_append(&images, &(const char){(char)(p * (i % 10 + 1))}, 1);
    }
    snprintf(file, sizeof file, "fashion-mnist/%s-images", name);
    write_text(root, file, &images);
    snprintf(file, sizeof file, "fashion-mnist/%s-labels", name);
    write_text(root, file, &labels);
}

static void write_folders(const char *root) {
    for (int i = 0; i < 24; i++) {
        char name[64];
        snprintf(name, sizeof name, "pictures/%s/%d.%s", i % 2 ? "scratched" : "whole", i,
                 i % 4 ? "png" : "JPG");
        write_picture(root, name, i);
    }
}

/* What scripts/fetch_faces makes: four pictures, two of them masked, of ten people. */
static void write_orl(const char *root) {
    mx_buf rows = {0};
    mx_buf_puts(&rows, "file,label,person\n");
    for (int i = 0; i < 40; i++) {
        char name[64], file[80];
        const char *label = i % 2 ? "masked" : "unmasked";
        snprintf(name, sizeof name, "%s/s%02d-%02d.png", label, i / 4 + 1, i % 4 + 1);
        mx_buf_printf(&rows, "%s,%s,s%02d\n", name, label, i / 4 + 1);
        snprintf(file, sizeof file, "orl-mask/%s", name);
        write_picture(root, file, i);
    }
    write_text(root, "orl-mask/labels.csv", &rows);
}

#ifdef MIXCL_WITH_MAT
static matvar_t *make_matrix(double *values, size_t rows, size_t columns) {
    size_t sizes[] = {rows, columns};
    return Mat_VarCreate(NULL, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, sizes, values, 0);
}

static matvar_t *make_text(char *text) {
    size_t sizes[] = {1, strlen(text)};
    return Mat_VarCreate(NULL, MAT_C_CHAR, MAT_T_UINT8, 2, sizes, text, 0);
}

/* A struct array of `count` pictures with two faces each: boxes, and in the test set a masked one
 * and one that is not, or that is invalid. */
static void write_labels(const char *path, bool train, int count) {
    const char *fields[] = {train ? "imgName" : "name", "label"};
    const char *variable = train ? "label_train" : "LabelTest";
    const size_t columns = train ? MAFA_TRAIN_COLUMNS : MAFA_TEST_COLUMNS;
    size_t sizes[] = {1, (size_t)count};
    mat_t *file = Mat_CreateVer(path, NULL, MAT_FT_MAT5);
    assert_non_null(file);
    matvar_t *pictures = Mat_VarCreateStruct(variable, 2, sizes, fields, 2);
    for (int i = 0; i < count; i++) {
        double values[2 * MAFA_TRAIN_COLUMNS] = {0};
        char name[32];
        for (int face = 0; face < 2; face++) {
            const double box[] = {face ? 12 : -2, 2, 11, 20};
            for (int c = 0; c < 4; c++)
                values[2 * c + face] = box[c];
            if (!train) values[2 * 4 + face] = face ? (i % 4 == 3 ? 3 : 2) : 1;
        }
        snprintf(name, sizeof name, "%s_%08d.jpg", train ? "train" : "test", i + 1);
        Mat_VarSetStructFieldByName(pictures, fields[0], (size_t)i, make_text(name));
        Mat_VarSetStructFieldByName(pictures, fields[1], (size_t)i,
                                    make_matrix(values, 2, columns));
    }
    assert_int_equal(Mat_VarWrite(file, pictures, MAT_COMPRESSION_NONE), 0);
    Mat_VarFree(pictures);
    Mat_Close(file);
}

static void write_mafa(const char *root) {
    fixture_zip zip = {0};
    char path[FIXTURE_PATH];
    for (int i = 0; i < 8; i++) {
        char name[64];
        snprintf(name, sizeof name, "train-images/images/train_%08d.jpg", i + 1);
        zip_picture(&zip, name, i);
        snprintf(name, sizeof name, "mafa/test-images/images/test_%08d.jpg", i + 1);
        write_picture(root, name, i);
    }
    fixture_zip_write(&zip, root, "mafa/train-images.zip");
    write_labels(fixture_path(path, root, "mafa/LabelTrainAll.mat"), true, 8);
    write_labels(fixture_path(path, root, "mafa/LabelTestAll.mat"), false, 8);
}
#else
static void write_mafa(const char *root) {
    (void)root;
}
#endif

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: miniatures FOLDER\n");
        return 2;
    }
    if (HAS_ZIP && HAS_XLSX) write_aaf(argv[1]);
    if (HAS_CSV) write_adience(argv[1]);
    if (HAS_ZIP) write_mafa(argv[1]);
    if (HAS_ZIP) write_rmfd(argv[1]);
    write_cifar10(argv[1]);
    write_idx(argv[1], "train", 60);
    write_idx(argv[1], "test", 20);
    write_folders(argv[1]);
    if (HAS_CSV) write_orl(argv[1]);
    return 0;
}
