/* Temporary folders, files and pictures for the unit tests. Functions assert, so that a test reads
 * without error handling. */
#ifndef MX_TEST_FIXTURE_H
#define MX_TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jpeglib.h>
#include <png.h>

#include "base/buf.h"
#include "base/fs.h"

enum { FIXTURE_PATH = 512 };

/* A group set-up: *state becomes the path of a new folder. */
static inline int fixture_setup(void **state) {
    const char *base = getenv("TMPDIR");
    char *path = malloc(FIXTURE_PATH);
    assert_non_null(path);
    snprintf(path, FIXTURE_PATH, "%s/mixcl-test-XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(path));
    *state = path;
    return 0;
}

static inline void fixture_remove(const char *path) {
    struct dirent *entry;
    DIR *folder = opendir(path);
    while (folder && (entry = readdir(folder)) != NULL) {
        char *inner = NULL;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        assert_int_equal(mx_path_join(&inner, path, entry->d_name), MX_OK);
        struct stat info;
        if (lstat(inner, &info) == 0 && S_ISDIR(info.st_mode))
            fixture_remove(inner);
        else
            unlink(inner);
        free(inner);
    }
    if (folder) closedir(folder);
    rmdir(path);
}

static inline int fixture_teardown(void **state) {
    fixture_remove(*state);
    free(*state);
    return 0;
}

/* FOLDER/NAME into `out`, FIXTURE_PATH bytes. */
static inline const char *fixture_path(char *out, const char *folder, const char *name) {
    assert_true(snprintf(out, FIXTURE_PATH, "%s/%s", folder, name) < FIXTURE_PATH);
    return out;
}

/* Writes FOLDER/NAME and makes the folders it needs. */
static inline void fixture_write(const char *folder, const char *name, const void *bytes,
                                 size_t count) {
    char path[FIXTURE_PATH];
    char *parent = NULL;
    fixture_path(path, folder, name);
    assert_int_equal(mx_path_folder(&parent, path), MX_OK);
    assert_int_equal(mx_make_folders(parent), MX_OK);
    free(parent);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static inline void fixture_png_write(png_structp png, png_bytep bytes, size_t count) {
    mx_buf_append(png_get_io_ptr(png), bytes, count);
}

static inline void fixture_png_flush(png_structp png) {
    (void)png;
}

typedef struct fixture_png {
    uint32_t width, height;
    int bit_depth, colour; /* as in the file; rows hold packed samples, most significant first */
    bool interlaced;
    const png_color *palette;
    int n_palette;
    const uint8_t *alphas; /* tRNS of a palette */
    int n_alphas;
    const png_color_16 *transparent; /* tRNS of grey or RGB */
    const void *pixels;
    size_t row_bytes;
} fixture_png;

/* Appends a PNG file to `out`. */
static inline void fixture_encode_png(mx_buf *out, const fixture_png *in) {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    assert_non_null(info);
    if (setjmp(png_jmpbuf(png))) fail_msg("libpng cannot write");
    png_set_write_fn(png, out, fixture_png_write, fixture_png_flush);
    png_set_IHDR(png, info, in->width, in->height, in->bit_depth, in->colour,
                 in->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (in->palette) png_set_PLTE(png, info, in->palette, in->n_palette);
    if (in->alphas) png_set_tRNS(png, info, in->alphas, in->n_alphas, NULL);
    if (in->transparent) png_set_tRNS(png, info, NULL, 0, in->transparent);
    png_write_info(png, info);
    const int n_passes = in->interlaced ? png_set_interlace_handling(png) : 1;
    for (int pass = 0; pass < n_passes; pass++)
        for (uint32_t y = 0; y < in->height; y++)
            png_write_row(png, (png_const_bytep)in->pixels + y * in->row_bytes);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    assert_false(out->failed);
}

/* Appends an 8-bit PNG of height x width x channels (1 or 3). */
static inline void fixture_encode_plain_png(mx_buf *out, const void *pixels, uint32_t height,
                                            uint32_t width, uint32_t channels) {
    const fixture_png in = {.width = width,
                            .height = height,
                            .bit_depth = 8,
                            .colour = channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                            .pixels = pixels,
                            .row_bytes = (size_t)width * channels};
    fixture_encode_png(out, &in);
}

typedef struct fixture_jpeg {
    uint32_t width, height;
    J_COLOR_SPACE given, stored; /* of `pixels` and of the file */
    int channels;
    bool progressive;
    const uint8_t *pixels;
} fixture_jpeg;

/* Appends a JPEG file of quality 100 to `out`. */
static inline void fixture_encode_jpeg(mx_buf *out, const fixture_jpeg *in) {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long count = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &bytes, &count);
    jpeg.image_width = in->width;
    jpeg.image_height = in->height;
    jpeg.input_components = in->channels;
    jpeg.in_color_space = in->given;
    jpeg_set_defaults(&jpeg);
    jpeg_set_colorspace(&jpeg, in->stored);
    jpeg_set_quality(&jpeg, 100, TRUE);
    if (in->progressive) jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (uint32_t y = 0; y < in->height; y++) {
        uint8_t row[4096];
        const size_t row_bytes = (size_t)in->width * (size_t)in->channels;
        JSAMPROW rows[1] = {row};
        assert_true(row_bytes <= sizeof row);
        memcpy(row, in->pixels + y * row_bytes, row_bytes);
        jpeg_write_scanlines(&jpeg, rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    mx_buf_append(out, bytes, count);
    free(bytes);
}

#endif
