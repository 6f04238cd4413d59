#include "data/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"

static const size_t MAX_FILE_BYTES = (size_t)1 << 28;

void mx_picture_reader_init(mx_picture_reader *reader, const mx_pictures *list) {
    *reader = (mx_picture_reader){.list = list};
}

void mx_picture_reader_release(mx_picture_reader *reader) {
    for (size_t i = 0; reader->zips && i < reader->list->n_archives; i++)
        mx_zip_close(reader->zips[i]);
    free(reader->zips);
    mx_buf_release(&reader->bytes);
    *reader = (mx_picture_reader){0};
}

static mx_status open_archive(mx_picture_reader *reader, const mx_archive *archive, mx_zip **out) {
    if (!reader->zips)
        MX_TRY(mx_alloc(&reader->zips, reader->list->n_archives, sizeof *reader->zips));
    mx_zip **zip = &reader->zips[archive->index];
    if (!*zip) MX_TRY(mx_zip_open(zip, archive->path));
    *out = *zip;
    return MX_OK;
}

static mx_status read_entry(mx_picture_reader *reader, const mx_picture *picture) {
    mx_zip *zip = NULL;
    MX_TRY(open_archive(reader, picture->archive, &zip));
    if (picture->entry >= mx_zip_count(zip) ||
        strcmp(mx_zip_name(zip, picture->entry), picture->path) != 0)
        return mx_fail(MX_DATA, "'%s' has changed while it was read", picture->archive->path);
    return mx_zip_read(zip, picture->entry, &reader->bytes, MAX_FILE_BYTES);
}

static mx_status decode(mx_image *out, mx_picture_reader *reader, const mx_picture *picture,
                        const mx_data_spec *spec) {
    const bool small = spec->fast_decode && !picture->has_box;
    const mx_archive *archive = picture->archive;
    mx_buf_clear(&reader->bytes);
    MX_TRY(archive ? read_entry(reader, picture)
                   : mx_read_file(&reader->bytes, picture->path, MAX_FILE_BYTES));
    const mx_image_input in = {.name = picture->path,
                               .bytes = reader->bytes.data,
                               .count = reader->bytes.length,
                               .least_height = small ? 2 * spec->height : 0,
                               .least_width = small ? 2 * spec->width : 0,
                               .exif = spec->exif};
    const mx_status status = mx_image_decode(out, &in, spec->channels);
    return archive ? mx_context(status, "'%s'", archive->path) : status;
}

static mx_status copy_raw(mx_image *out, const mx_image *raw, int channels) {
    const size_t n_pixels = (size_t)raw->height * (size_t)raw->width;
    *out = (mx_image){.height = raw->height, .width = raw->width, .channels = channels};
    MX_TRY(mx_alloc(&out->pixels, n_pixels, (size_t)channels));
    if (channels == raw->channels)
        memcpy(out->pixels, raw->pixels, n_pixels * (size_t)channels);
    else
        mx_image_convert(out->pixels, channels, raw->pixels, raw->channels, n_pixels);
    return MX_OK;
}

/* `at` rounded and held within 0 and `size`. */
static int clip(double at, int size) {
    return at <= 0 ? 0 : at >= size ? size : (int)lround(at);
}

/* Keeps the part of `image` that is in the box, widened by `margin` of its size on each side. */
static mx_status crop(mx_image *image, const mx_box *box, double margin) {
    if (!(box->width > 0 && box->height > 0))
        return mx_fail(MX_DATA, "its box of %g x %g pixels is empty", box->width, box->height);
    const double wide = margin * box->width, high = margin * box->height;
    const int left = clip(box->x - wide, image->width);
    const int right = clip(box->x + box->width + wide, image->width);
    const int top = clip(box->y - high, image->height);
    const int bottom = clip(box->y + box->height + high, image->height);
    if (left >= right || top >= bottom)
        return mx_fail(MX_DATA, "its box of %g x %g pixels at (%g, %g) is outside of its %d x %d",
                       box->width, box->height, box->x, box->y, image->width, image->height);
    const size_t channels = (size_t)image->channels;
    const size_t from = (size_t)image->width * channels, to = (size_t)(right - left) * channels;
    const uint8_t *source = image->pixels + (size_t)top * from + (size_t)left * channels;
    for (size_t y = 0; y < (size_t)(bottom - top); y++)
        memmove(image->pixels + y * to, source + y * from, to);
    image->width = right - left;
    image->height = bottom - top;
    return MX_OK;
}

static mx_status crop_picture(mx_image *image, const mx_picture *picture) {
    if (!picture->has_box) return MX_OK;
    const mx_status status = crop(image, &picture->box, picture->source->margin);
    if (status != MX_OK) mx_image_release(image);
    return mx_context(status, "'%s'", picture->path ? picture->path : "picture");
}

static mx_status read_somewhere(mx_image *out, mx_picture_reader *reader, const mx_picture *picture,
                                const mx_data_spec *spec) {
    if (picture->problem) return mx_fail(MX_DATA, "%s", picture->problem);
    if (picture->path)
        MX_TRY(decode(out, reader, picture, spec));
    else
        MX_TRY(copy_raw(out, &picture->raw, spec->channels));
    return crop_picture(out, picture);
}

mx_status mx_picture_read(mx_image *out, mx_picture_reader *reader, const mx_picture *picture,
                          const mx_data_spec *spec) {
    *out = (mx_image){0};
    const mx_status status = read_somewhere(out, reader, picture, spec);
    if (picture->row == 0 || !mx_source_has(picture->source->labels)) return status;
    return mx_context(status, "%s:%zu", picture->source->labels, picture->row);
}

const char *mx_picture_name(const mx_picture *picture) {
    const char *root = picture->source->images, *path = picture->path;
    const size_t length = root ? strlen(root) : 0;
    if (!path) return "";
    if (picture->archive || length == 0 || strncmp(path, root, length) != 0) return path;
    if (path[length] == '/') return path + length + 1;
    return root[length - 1] == '/' ? path + length : path;
}

static void add_text(mx_sha256 *hash, const char *text) {
    mx_sha256_add(hash, text, strlen(text) + 1);
}

/* A file that cannot be looked at has none of these numbers; it will be another when it can. The
 * mode is among them since what could not be read may be readable now. */
static void add_file(mx_sha256 *hash, const char *path) {
    struct stat info;
    add_text(hash, path);
    if (stat(path, &info) != 0) {
        add_text(hash, "absent");
        return;
    }
    const int64_t numbers[4] = {info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                                (int64_t)info.st_mode};
    mx_sha256_add(hash, numbers, sizeof numbers);
}

bool mx_picture_add_identity(mx_sha256 *hash, const mx_picture *picture, const mx_picture *last) {
    const mx_archive *archive = picture->archive;
    if (picture->problem) {
        add_text(hash, "unusable");
        add_text(hash, picture->problem);
    }
    if (!picture->path) return picture->problem != NULL;
    if (archive) {
        const uint64_t entry = picture->entry;
        if (!last || last->archive != archive) add_file(hash, archive->path);
        add_text(hash, picture->path);
        mx_sha256_add(hash, &entry, sizeof entry);
    } else {
        add_file(hash, picture->path);
    }
    if (picture->has_box) {
        const double numbers[5] = {picture->box.x, picture->box.y, picture->box.width,
                                   picture->box.height, picture->source->margin};
        add_text(hash, "box");
        mx_sha256_add(hash, numbers, sizeof numbers);
    }
    return true;
}
