#include "data/source.h"

#include <stdlib.h>

mx_status mx_pictures_add(mx_pictures *list, mx_picture picture) {
    MX_TRY(mx_grow(&list->items, &list->capacity, list->count + 1, sizeof *list->items));
    list->items[list->count++] = picture;
    return MX_OK;
}

void mx_pictures_release(mx_pictures *list) {
    for (size_t i = 0; i < list->n_tables; i++)
        mx_idx_release(&list->tables[i]);
    free(list->tables);
    free(list->items);
    mx_arena_release(&list->names);
    *list = (mx_pictures){0};
}
