/* Packed pictures on their way to a device that may be too small for them. */
#include "fixture.h"

#include "base/log.h"
#include "base/mem.h"
#include "ocl/limits.h"
#include "train/feed.h"

enum { SIDE = 256, PLANE = SIDE * SIDE * 3, PICTURES = 350, BATCH = 4 };

static mx_device *opened(const char *limits) {
    mx_device *device = NULL;
    mx_log_set_level(MX_LOG_QUIET);
    assert_int_equal(mx_device_open_limited(&device, getenv("MIXCL_DEVICE"), limits, false), MX_OK);
    return device;
}

/* More than the 64 MiB that gpu-tiny allows in one piece. */
static mx_dataset made_up_pictures(void) {
    uint8_t *pixels = NULL;
    assert_int_equal(mx_alloc(&pixels, PICTURES, PLANE), MX_OK);
    for (size_t i = 0; i < (size_t)PICTURES * PLANE; i++)
        pixels[i] = (uint8_t)(i * 2654435761u >> 24);
    return (mx_dataset){
        .height = SIDE, .width = SIDE, .channels = 3, .n_pictures = PICTURES, .pixels = pixels};
}

/* Two batches under way, as in training; each must bring the pictures that were asked for. */
static void assert_brings_pictures(mx_feed *feed, const mx_dataset *data) {
    uint8_t *back = NULL;
    assert_int_equal(mx_alloc(&back, PLANE, 1), MX_OK);
    for (uint32_t batch = 0; batch < 3; batch++) {
        const uint32_t rows[BATCH] = {batch, PICTURES - 1, 7 * batch, PICTURES / 2};
        uint32_t place[BATCH];
        mx_buffer *pixels = NULL;
        assert_int_equal(mx_feed_begin(feed), MX_OK);
        mx_feed_add(feed, rows, BATCH, place);
        assert_int_equal(mx_feed_send(feed, &pixels), MX_OK);
        for (int i = 0; i < BATCH; i++) {
            assert_int_equal(mx_buffer_read(pixels, (size_t)place[i] * PLANE, back, PLANE), MX_OK);
            assert_memory_equal(back, data->pixels + (size_t)rows[i] * PLANE, PLANE);
        }
    }
    free(back);
}

static void a_set_that_does_not_fit_streams_the_same_bytes(void **state) {
    (void)state;
    static const char *const limits[] = {"gpu-tiny", "gpu-small"};
    mx_dataset data = made_up_pictures();
    for (int whole = 0; whole < 2; whole++) {
        mx_device *device = opened(limits[whole]);
        const uint64_t most = mx_device_get_info(device)->global_memory / 4;
        mx_feed feed;
        assert_int_equal(mx_feed_init(&feed, device, &data, most, BATCH), MX_OK);
        assert_int_equal(feed.all != NULL, whole);
        assert_true(mx_device_allocated(device) >= (whole ? (size_t)PICTURES : 2 * BATCH) * PLANE);
        assert_true(whole || mx_device_allocated(device) < (size_t)16 << 20);
        assert_brings_pictures(&feed, &data);
        mx_feed_release(&feed);
        mx_device_close(device);
    }
    free((void *)data.pixels);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_that_does_not_fit_streams_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
