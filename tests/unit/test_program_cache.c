/* The envelope around cached programs, and the hash that it rests on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/sha256.h"
#include "ocl/cache.h"

static void assert_digest(const char *text, size_t repeats, const char *expected) {
    unsigned char digest[MX_SHA256_BYTES];
    char hex[2 * MX_SHA256_BYTES + 1];
    mx_sha256 hash;
    mx_sha256_init(&hash);
    for (size_t i = 0; i < repeats; i++)
        mx_sha256_add(&hash, text, strlen(text));
    mx_sha256_finish(&hash, digest);
    for (int i = 0; i < MX_SHA256_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(hex, expected);
}

static void sha256_gives_the_standards_digests(void **state) {
    (void)state;
    assert_digest("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_digest("a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static const unsigned char binary[] = "a program of some bytes";

static mx_program_key key_of(const char *options) {
    const mx_device_info info = {.name = "device", .driver = "1"};
    const mx_buf source = {0};
    return mx_program_key_of(&info, options, &source);
}

static void a_sealed_program_opens_with_its_key_only(void **state) {
    (void)state;
    const mx_program_key key = key_of("-DV=4"), other = key_of("-DV=8");
    mx_buf file = {0};
    size_t bytes = 0;
    mx_envelope_seal(&file, &key, binary, sizeof binary);
    const unsigned char *opened = mx_envelope_open(&file, &key, &bytes);
    assert_non_null(opened);
    assert_int_equal(bytes, sizeof binary);
    assert_memory_equal(opened, binary, sizeof binary);
    assert_null(mx_envelope_open(&file, &other, &bytes));
    mx_buf_release(&file);
}

static void every_truncation_and_every_flipped_byte_is_refused(void **state) {
    (void)state;
    const mx_program_key key = key_of("");
    mx_buf file = {0};
    size_t bytes = 0;
    mx_envelope_seal(&file, &key, binary, sizeof binary);
    for (size_t i = 0; i < file.length; i++) {
        mx_buf damaged = {0};
        mx_buf_append(&damaged, file.data, i);
        assert_null(mx_envelope_open(&damaged, &key, &bytes));
        mx_buf_clear(&damaged);
        mx_buf_append(&damaged, file.data, file.length);
        damaged.data[i] = (char)(damaged.data[i] ^ 0x10);
        assert_null(mx_envelope_open(&damaged, &key, &bytes));
        mx_buf_release(&damaged);
    }
    mx_buf_append(&file, "x", 1);
    assert_null(mx_envelope_open(&file, &key, &bytes));
    mx_buf_release(&file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_standards_digests),
        cmocka_unit_test(a_sealed_program_opens_with_its_key_only),
        cmocka_unit_test(every_truncation_and_every_flipped_byte_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
