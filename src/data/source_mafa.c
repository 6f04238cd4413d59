/* MAFA: faces in pictures, by the boxes and types of its label files. */
#include "base/log.h"
#include "data/source.h"
#include "data/source_images.h"
#include "io/mat.h"

static mx_status add_face(mx_source_images *images, const mx_mafa_face *face) {
    mx_picture picture = {.source = images->source,
                          .class_name = face->face_type == MX_MAFA_MASKED ? "masked" : "unmasked",
                          .label = -1,
                          .row = (size_t)face->row,
                          .has_box = true,
                          .box = {face->x, face->y, face->width, face->height}};
    MX_TRY(mx_source_images_find(images, &picture, face->image));
    return mx_pictures_add(images->list, picture);
}

mx_status mx_source_list_mafa(mx_pictures *list, const mx_source_spec *source) {
    mx_source_images images = {0};
    mx_mafa mafa;
    size_t n_invalid = 0;
    mx_status status;
    MX_TRY(mx_mafa_read(&mafa, source->labels));
    MX_GO(mx_source_images_open(&images, list, source));
    for (size_t i = 0; i < mafa.n_faces; i++) {
        const int type = mafa.faces[i].face_type;
        if (type != MX_MAFA_MASKED && type != MX_MAFA_UNMASKED)
            n_invalid++;
        else
            MX_GO(add_face(&images, &mafa.faces[i]));
    }
    if (n_invalid > 0)
        mx_info("source '%s': left out %zu of %zu faces that '%s' calls invalid", source->name,
                n_invalid, mafa.n_faces, source->labels);
    if (n_invalid == mafa.n_faces)
        status = mx_fail(MX_DATA, "'%s' has no valid faces", source->labels);
done:
    mx_source_images_release(&images);
    mx_mafa_release(&mafa);
    return status;
}
