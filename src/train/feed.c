#include "train/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

bool mx_feed_keeps_all(const mx_device *device, uint64_t bytes, uint64_t limit) {
    return bytes <= limit && bytes <= mx_device_get_info(device)->max_allocation;
}

uint64_t mx_feed_bytes(const mx_device *device, uint64_t bytes, uint64_t limit, size_t capacity,
                       size_t plane) {
    return mx_feed_keeps_all(device, bytes, limit) ? bytes
                                                   : (uint64_t)MX_FEED_SLOTS * capacity * plane;
}

static mx_status open_slots(mx_feed *feed, mx_device *device) {
    for (int i = 0; i < MX_FEED_SLOTS; i++) {
        MX_TRY(mx_alloc(&feed->slots[i].host, feed->capacity, feed->plane));
        MX_TRY(mx_buffer_create(&feed->slots[i].pixels, device, feed->capacity * feed->plane));
    }
    return MX_OK;
}

mx_status mx_feed_init(mx_feed *feed, mx_device *device, const mx_dataset *data, uint64_t limit,
                       size_t capacity) {
    *feed = (mx_feed){.data = data, .capacity = capacity};
    feed->plane = (size_t)data->height * (size_t)data->width * (size_t)data->channels;
    const mx_status status =
        mx_feed_keeps_all(device, mx_dataset_bytes(data), limit)
            ? mx_buffer_create_from(&feed->all, device, data->pixels, mx_dataset_bytes(data))
            : open_slots(feed, device);
    if (status != MX_OK) mx_feed_release(feed);
    return mx_context(status, "packed pictures");
}

void mx_feed_release(mx_feed *feed) {
    for (int i = 0; i < MX_FEED_SLOTS; i++) {
        (void)mx_ticket_wait(&feed->slots[i].sent);
        mx_buffer_release(feed->slots[i].pixels);
        free(feed->slots[i].host);
    }
    mx_buffer_release(feed->all);
    *feed = (mx_feed){0};
}

mx_status mx_feed_begin(mx_feed *feed) {
    feed->slot = (feed->slot + 1) % MX_FEED_SLOTS;
    feed->count = 0;
    return mx_ticket_wait(&feed->slots[feed->slot].sent);
}

void mx_feed_add(mx_feed *feed, const uint32_t *rows, size_t count, uint32_t *place) {
    if (feed->all) {
        memmove(place, rows, count * sizeof *rows);
        return;
    }
    uint8_t *to = feed->slots[feed->slot].host + feed->count * feed->plane;
    for (size_t i = 0; i < count; i++, to += feed->plane) {
        memcpy(to, feed->data->pixels + rows[i] * feed->plane, feed->plane);
        place[i] = (uint32_t)feed->count++;
    }
}

mx_status mx_feed_send(mx_feed *feed, mx_buffer **pixels) {
    *pixels = feed->all ? feed->all : feed->slots[feed->slot].pixels;
    if (feed->all) return MX_OK;
    return mx_buffer_write_start(*pixels, 0, feed->slots[feed->slot].host,
                                 feed->count * feed->plane, &feed->slots[feed->slot].sent);
}
