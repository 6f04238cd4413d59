/* Pictures on their way to the device: the packed set lies there whole where there is room for it
 * (and is the data set's own memory where a device can read that), else each batch is copied from
 * the host's mapping to one of two buffers, a step ahead of its use. What a network sees is the
 * same either way. */
#ifndef MX_TRAIN_FEED_H
#define MX_TRAIN_FEED_H

#include "data/dataset.h"
#include "ocl/buffer.h"

enum { MX_FEED_SLOTS = 2 };

typedef struct mx_feed {
    const mx_dataset *data;
    size_t plane;    /* bytes of a picture */
    mx_buffer *all;  /* the whole set; NULL: batch by batch */
    size_t capacity; /* pictures of a slot */
    struct {
        mx_buffer *pixels;
        uint8_t *host;
        mx_ticket sent;
    } slots[MX_FEED_SLOTS];
    unsigned slot; /* of the batch at hand */
    size_t count;  /* its pictures so far */
} mx_feed;

/* Whether a set of `bytes` is kept on the device whole: within `limit` bytes and one piece. */
bool mx_feed_keeps_all(const mx_device *device, uint64_t bytes, uint64_t limit);
/* Bytes of device memory that mx_feed_init asks for. */
uint64_t mx_feed_bytes(const mx_device *device, uint64_t bytes, uint64_t limit, size_t capacity,
                       size_t plane);

/* `data` outlives the feed, unchanged; `capacity` is the most pictures of a batch. Takes the whole
 * set where mx_feed_keeps_all says so. */
mx_status mx_feed_init(mx_feed *feed, mx_device *device, const mx_dataset *data, uint64_t limit,
                       size_t capacity);
void mx_feed_release(mx_feed *feed);

/* A batch is begun, gets its pictures, and is sent: picture rows[i] is then at place[i] of *pixels,
 * which stays until MX_FEED_SLOTS batches later. `place` may be `rows`. */
mx_status mx_feed_begin(mx_feed *feed);
void mx_feed_add(mx_feed *feed, const uint32_t *rows, size_t count, uint32_t *place);
mx_status mx_feed_send(mx_feed *feed, mx_buffer **pixels);

#endif
