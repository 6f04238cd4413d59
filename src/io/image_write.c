#include "io/image_write.h"

#include <stdlib.h>

#include <png.h>

#include "base/mem.h"

mx_status mx_image_encode_png(mx_buf *out, const mx_image *image) {
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)image->width,
                     .height = (png_uint_32)image->height,
                     .format = image->channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB};
    png_alloc_size_t count = PNG_IMAGE_PNG_SIZE_MAX(png);
    uint8_t *bytes = NULL;
    MX_TRY(mx_alloc(&bytes, count, 1));
    mx_status status = MX_OK;
    if (png_image_write_to_memory(&png, bytes, &count, 0, image->pixels, 0, NULL)) {
        mx_buf_append(out, bytes, count);
        status = mx_buf_check(out);
    } else {
        status = mx_fail(MX_MEMORY, "cannot encode a picture of %d x %d: %s", image->width,
                         image->height, png.message);
    }
    free(bytes);
    return status;
}
