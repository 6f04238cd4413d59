/* Packed pictures on their way to a device that may be too small for them, or read them where they
 * are. */
#include "fixture.h"

#include <sys/mman.h>

#include "base/log.h"
#include "base/mem.h"
#include "ocl/limits.h"
#include "ops/augment.h"
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

enum { SMALL = 32, SMALL_PLANE = SMALL * SMALL * 3, SMALL_COUNT = 40 };

/* The pictures `rows` of `data` as floats, by a kernel that reads what the feed gives it. True when
 * that is the data set's own memory. */
static bool gather(mx_device *device, const mx_dataset *data, uint32_t rows[BATCH], float *out) {
    const mx_scaling scaling = {.mul = {0.5f, 1.0f, 2.0f}, .add = {-1.0f, 0.0f, 1.0f}};
    mx_tensor y = {.n = BATCH, .h = SMALL, .w = SMALL, .c = 3};
    mx_tensor at = {.n = BATCH, .h = 1, .w = 1, .c = 1};
    mx_buffer *pixels = NULL;
    mx_feed feed;
    assert_int_equal(mx_feed_init(&feed, device, data, UINT64_MAX, BATCH), MX_OK);
    const bool shared = mx_buffer_is_shared(feed.all);
    assert_int_equal(mx_device_allocated(device), shared ? 0 : mx_dataset_bytes(data));
    assert_int_equal(mx_buffer_create(&y.buffer, device, BATCH * SMALL_PLANE * sizeof(float)),
                     MX_OK);
    assert_int_equal(mx_buffer_create(&at.buffer, device, BATCH * sizeof *rows), MX_OK);
    assert_int_equal(mx_feed_begin(&feed), MX_OK);
    mx_feed_add(&feed, rows, BATCH, rows);
    assert_int_equal(mx_feed_send(&feed, &pixels), MX_OK);
    assert_int_equal(mx_buffer_write(at.buffer, 0, rows, BATCH * sizeof *rows), MX_OK);
    assert_int_equal(mx_augment(device, pixels, at, 0, BATCH, scaling, true, 4, (mx_draw){0}, y),
                     MX_OK);
    assert_int_equal(mx_buffer_read(y.buffer, 0, out, BATCH * SMALL_PLANE * sizeof(float)), MX_OK);
    mx_buffer_release(at.buffer);
    mx_buffer_release(y.buffer);
    mx_feed_release(&feed);
    return shared;
}

/* Pages that nobody may write to, as those of a mapped file. An odd address suits no device. */
static void kernels_see_the_same_in_shared_pictures_as_in_copies(void **state) {
    (void)state;
    enum { BYTES = SMALL_COUNT * SMALL_PLANE };
    uint8_t *pages =
        mmap(NULL, BYTES + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    float *results[2];
    mx_device *device = opened("none");
    const mx_device_info *info = mx_device_get_info(device);
    assert_ptr_not_equal(pages, MAP_FAILED);
    for (int odd = 0; odd < 2; odd++) {
        uint32_t rows[BATCH] = {3, SMALL_COUNT - 1, 0, 17};
        mx_dataset data = {
            .height = SMALL, .width = SMALL, .channels = 3, .n_pictures = SMALL_COUNT};
        assert_int_equal(mprotect(pages, BYTES + 1, PROT_READ | PROT_WRITE), 0);
        for (size_t i = 0; i < BYTES; i++)
            pages[i + (size_t)odd] = (uint8_t)(i * 2654435761u >> 24);
        assert_int_equal(mprotect(pages, BYTES + 1, PROT_READ), 0);
        data.pixels = pages + odd;
        assert_int_equal(mx_alloc(&results[odd], BATCH * SMALL_PLANE, sizeof(float)), MX_OK);
        const bool shared = gather(device, &data, rows, results[odd]);
        /* A GPU's driver may refuse such pages. */
        if (odd || info->type == MX_DEVICE_CPU)
            assert_int_equal(shared, !odd && info->host_unified);
    }
    assert_memory_equal(results[0], results[1], BATCH * SMALL_PLANE * sizeof(float));
    mx_device_close(device);
    munmap(pages, BYTES + 1);
    free(results[0]);
    free(results[1]);
}

static void a_simulated_device_copies_whatever_it_could_share(void **state) {
    (void)state;
    const size_t bytes = (size_t)1 << 16;
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mx_device *device = opened("gpu-small");
    mx_buffer *buffer = NULL;
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mx_buffer_create_from(&buffer, device, pages, bytes), MX_OK);
    assert_false(mx_buffer_is_shared(buffer));
    assert_int_equal(mx_device_allocated(device), bytes);
    mx_buffer_release(buffer);
    mx_device_close(device);
    munmap(pages, bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_see_the_same_in_shared_pictures_as_in_copies),
        cmocka_unit_test(a_simulated_device_copies_whatever_it_could_share),
        cmocka_unit_test(a_set_that_does_not_fit_streams_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
