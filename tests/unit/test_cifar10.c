#include "unit/fixture.h"

#include "io/cifar10.h"

enum { PLANE = 1024, PIXELS = 3 * PLANE, N_RECORDS = 3, LIMIT = 1000 };

static char path[FIXTURE_PATH];
static uint8_t records[N_RECORDS * (2 + PIXELS)];

/* Byte `i` of the pixels of record `r`. */
static uint8_t stored(size_t r, size_t i) {
    return (uint8_t)((i * 7 + i / PLANE * 50 + r * 11) % 256);
}

/* N_RECORDS of `n_labels` labels, which are 1, 2, ... in turn; returns the count of bytes. */
static size_t fill(size_t n_labels) {
    uint8_t *next = records, label = 1;
    for (size_t r = 0; r < N_RECORDS; r++) {
        for (size_t i = 0; i < n_labels; i++)
            *next++ = label++;
        for (size_t i = 0; i < PIXELS; i++)
            *next++ = stored(r, i);
    }
    return (size_t)(next - records);
}

static void assert_fails(const char *folder, size_t count, mx_cifar_kind kind, size_t limit,
                         const char *reason) {
    mx_cifar cifar;
    fixture_write(folder, "bad.bin", records, count);
    fixture_path(path, folder, "bad.bin");
    assert_int_equal(mx_cifar_read(&cifar, path, kind, limit), MX_DATA);
    assert_null(cifar.pixels);
    assert_int_equal(cifar.n_images, 0);
    assert_non_null(strstr(mx_error(), path));
    if (!strstr(mx_error(), reason)) fail_msg("'%s' lacks '%s'", mx_error(), reason);
}

static void planes_become_pixels_and_labels_are_those_asked_for(void **state) {
    static const struct {
        mx_cifar_kind kind;
        size_t n_labels;
        uint8_t labels[N_RECORDS];
    } cases[] = {{MX_CIFAR_10, 1, {1, 2, 3}},
                 {MX_CIFAR_100_COARSE, 2, {1, 3, 5}},
                 {MX_CIFAR_100_FINE, 2, {2, 4, 6}}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        mx_cifar cifar;
        fixture_write(*state, "good.bin", records, fill(cases[k].n_labels));
        fixture_path(path, *state, "good.bin");
        assert_int_equal(mx_cifar_read(&cifar, path, cases[k].kind, N_RECORDS), MX_OK);
        assert_int_equal(cifar.n_images, N_RECORDS);
        assert_memory_equal(cifar.labels, cases[k].labels, N_RECORDS);
        for (size_t r = 0; r < N_RECORDS; r++)
            for (size_t i = 0; i < PIXELS; i++)
                assert_int_equal(cifar.pixels[r * PIXELS + i], stored(r, i % 3 * PLANE + i / 3));
        mx_cifar_release(&cifar);
    }
}

static void a_file_of_broken_records_names_its_bytes(void **state) {
    const size_t bytes = fill(1);
    char reason[64];
    for (size_t count = 0; count < bytes; count += count % (1 + PIXELS) < 3 ? 1 : 500) {
        if (count > 0 && count % (1 + PIXELS) == 0) continue;
        snprintf(reason, sizeof reason, "%zu bytes are no whole number", count);
        assert_fails(*state, count, MX_CIFAR_10, LIMIT, reason);
    }
    assert_fails(*state, bytes, MX_CIFAR_100_FINE, LIMIT, "CIFAR-100's records of 3074 bytes");
}

static void labels_out_of_range_name_their_record(void **state) {
    const size_t bytes = fill(1);
    records[1 + PIXELS] = 10;
    assert_fails(*state, bytes, MX_CIFAR_10, LIMIT, "label 10 in record 2, CIFAR-10 has 0 to 9");
    const size_t more = fill(2);
    records[2 * (2 + PIXELS)] = 20;
    records[2 * (2 + PIXELS) + 1] = 100;
    assert_fails(*state, more, MX_CIFAR_100_COARSE, LIMIT, "label 20 in record 3");
    assert_fails(*state, more, MX_CIFAR_100_FINE, LIMIT, "label 100 in record 3");
}

static void more_pictures_than_allowed_are_refused(void **state) {
    assert_fails(*state, fill(1), MX_CIFAR_10, N_RECORDS - 1, "more than 6146 bytes");
}

static void folders_and_missing_files_are_errors(void **state) {
    mx_cifar cifar;
    assert_int_equal(mx_cifar_read(&cifar, *state, MX_CIFAR_10, LIMIT), MX_DATA);
    fixture_path(path, *state, "absent.bin");
    assert_int_equal(mx_cifar_read(&cifar, path, MX_CIFAR_10, SIZE_MAX), MX_DATA);
    assert_non_null(strstr(mx_error(), "No such file"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planes_become_pixels_and_labels_are_those_asked_for),
        cmocka_unit_test(a_file_of_broken_records_names_its_bytes),
        cmocka_unit_test(labels_out_of_range_name_their_record),
        cmocka_unit_test(more_pictures_than_allowed_are_refused),
        cmocka_unit_test(folders_and_missing_files_are_errors),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
