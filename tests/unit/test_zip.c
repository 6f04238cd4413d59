#include "unit/zip_fixture.h"

#include <pthread.h>

#include "io/zip.h"

static char path[FIXTURE_PATH];

#ifdef MIXCL_WITH_ZIP

/* Bytes of a field in a header of the directory. */
enum { FLAGS = 8, METHOD = 10, CRC = 16, PACKED = 20, SIZE = 24, OFFSET = 42 };

static const char poem[] = "the same line again, the same line again, the same line again";

static void put(char *bytes, uint64_t value, int count) {
    for (int i = 0; i < count; i++)
        bytes[i] = (char)(value >> 8 * i);
}

/* The directory's header of entry `n` in a finished archive of entries without zip64 fields. */
static char *central_header(fixture_zip *zip, int n) {
    char *header = zip->file.data + zip->file.length - 22 - zip->directory.length;
    for (; n > 0; n--)
        header += 46 + (unsigned char)header[28];
    assert_memory_equal(header, "PK\1\2", 4);
    return header;
}

static void write_changed(fixture_zip *zip, const char *folder, const char *name) {
    fixture_write(folder, name, zip->file.data, zip->file.length);
    fixture_path(path, folder, name);
}

static void release(fixture_zip *zip) {
    mx_buf_release(&zip->file);
    mx_buf_release(&zip->directory);
}

/* Two entries: "a/stored.txt" of 11 bytes and "b/packed.txt" of the poem. */
static fixture_zip two_entries(bool zip64) {
    fixture_zip zip = {.zip64 = zip64};
    fixture_zip_add(&zip, "a/stored.txt", "hello world", 11, FIXTURE_STORED);
    fixture_zip_add(&zip, "b/packed.txt", poem, sizeof poem, FIXTURE_DEFLATE);
    fixture_zip_finish(&zip);
    return zip;
}

static void assert_open_fails(const char *reason) {
    mx_zip *zip;
    assert_int_equal(mx_zip_open(&zip, path), MX_DATA);
    assert_null(zip);
    assert_non_null(strstr(mx_error(), "cannot open '"));
    if (!strstr(mx_error(), reason)) fail_msg("'%s' lacks '%s'", mx_error(), reason);
}

/* Opens `path`, reads entry `name`, expects a failure that leaves the buffer as it was. */
static void assert_read_fails(const char *name, uint64_t limit, const char *reason) {
    mx_zip *zip;
    mx_buf out = {0};
    mx_buf_puts(&out, "before");
    assert_int_equal(mx_zip_open(&zip, path), MX_OK);
    assert_int_equal(mx_zip_read(zip, mx_zip_find(zip, name), &out, limit), MX_DATA);
    assert_string_equal(mx_buf_text(&out), "before");
    assert_non_null(strstr(mx_error(), "cannot read '"));
    assert_non_null(strstr(mx_error(), name));
    assert_non_null(strstr(mx_error(), path));
    if (!strstr(mx_error(), reason)) fail_msg("'%s' lacks '%s'", mx_error(), reason);
    mx_buf_release(&out);
    mx_zip_close(zip);
}

static void assert_reads(mx_zip *zip, const char *name, const void *bytes, size_t count) {
    mx_buf out = {0};
    const size_t entry = mx_zip_find(zip, name);
    assert_true(entry < mx_zip_count(zip));
    assert_string_equal(mx_zip_name(zip, entry), name);
    assert_int_equal(mx_zip_size(zip, entry), count);
    mx_buf_puts(&out, "then:");
    assert_int_equal(mx_zip_read(zip, entry, &out, count), MX_OK);
    assert_int_equal(out.length, 5 + count);
    assert_memory_equal(out.data, "then:", 5);
    assert_memory_equal(out.data + 5, bytes, count);
    assert_int_equal(out.data[out.length], 0);
    mx_buf_release(&out);
}

static void assert_two_entries_read(void) {
    mx_zip *zip;
    assert_int_equal(mx_zip_open(&zip, path), MX_OK);
    assert_int_equal(mx_zip_count(zip), 2);
    assert_reads(zip, "b/packed.txt", poem, sizeof poem);
    assert_reads(zip, "a/stored.txt", "hello world", 11);
    assert_reads(zip, "b/packed.txt", poem, sizeof poem);
    mx_zip_close(zip);
}

static void stored_and_deflated_entries_are_read(void **state) {
    fixture_zip zip = two_entries(false);
    write_changed(&zip, *state, "plain.zip");
    assert_true(mx_zip_sniff(path));
    assert_two_entries_read();
    release(&zip);
}

static void zip64_entries_are_read(void **state) {
    fixture_zip zip = two_entries(true);
    write_changed(&zip, *state, "zip64.zip");
    assert_two_entries_read();
    release(&zip);
}

static void archives_of_another_program_are_read(void **state) {
    (void)state;
    mx_zip *zip;
    fixture_path(path, MX_TEST_DATA, "tables/zip64.zip");
    assert_int_equal(mx_zip_open(&zip, path), MX_OK);
    assert_int_equal(mx_zip_count(zip), 3);
    assert_reads(zip, "top/stored.txt", "stored\n", 7);
    assert_reads(zip, "top/inner/packed.txt", "packed packed packed packed packed\n", 35);
    assert_reads(zip, "top/inner/\xc3\xa9t\xc3\xa9.txt", "", 0);
    mx_zip_close(zip);
}

static void an_entry_larger_than_every_buffer_is_read(void **state) {
    enum { COUNT = 3000000 };
    fixture_zip zip = {0};
    mx_zip *opened;
    uint8_t *bytes = malloc(COUNT);
    assert_non_null(bytes);
    for (size_t i = 0; i < COUNT; i++)
        bytes[i] = (uint8_t)(i * i >> 7);
    fixture_zip_add(&zip, "stored", bytes, COUNT, FIXTURE_STORED);
    fixture_zip_add(&zip, "packed", bytes, COUNT, FIXTURE_DEFLATE);
    fixture_zip_write(&zip, *state, "large.zip");
    assert_int_equal(mx_zip_open(&opened, fixture_path(path, *state, "large.zip")), MX_OK);
    assert_reads(opened, "stored", bytes, COUNT);
    assert_reads(opened, "packed", bytes, COUNT);
    mx_zip_close(opened);
    free(bytes);
}

static void folders_are_left_out_and_names_are_found(void **state) {
    static const char *const names[] = {"top/",        "top/b/",      "top/b/2.txt",
                                        "top/a/1.txt", "top/B/2.txt", "x"};
    static const char *const files[] = {"top/b/2.txt", "top/a/1.txt", "top/B/2.txt", "x"};
    fixture_zip zip = {0};
    mx_zip *opened;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        fixture_zip_add(&zip, names[i], "", 0, FIXTURE_STORED);
    fixture_zip_write(&zip, *state, "folders.zip");
    assert_int_equal(mx_zip_open(&opened, fixture_path(path, *state, "folders.zip")), MX_OK);
    assert_int_equal(mx_zip_count(opened), 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(mx_zip_name(opened, i), files[i]);
        assert_int_equal(mx_zip_find(opened, files[i]), i);
        assert_reads(opened, files[i], "", 0);
    }
    assert_int_equal(mx_zip_find(opened, "top/"), 4);
    assert_int_equal(mx_zip_find(opened, ""), 4);
    assert_int_equal(mx_zip_find(opened, "X"), 4);
    mx_zip_close(opened);
}

static void an_archive_of_nothing_has_no_entries(void **state) {
    fixture_zip zip = {0};
    mx_zip *opened;
    fixture_zip_write(&zip, *state, "nothing.zip");
    fixture_path(path, *state, "nothing.zip");
    assert_true(mx_zip_sniff(path));
    assert_int_equal(mx_zip_open(&opened, path), MX_OK);
    assert_int_equal(mx_zip_count(opened), 0);
    assert_int_equal(mx_zip_find(opened, "a"), 0);
    mx_zip_close(opened);
}

static void backslashes_part_names_and_control_characters_do_not_reach_messages(void **state) {
    fixture_zip zip = {0};
    mx_zip *opened;
    fixture_zip_text(&zip, "top\\inner\\1.txt", "one");
    fixture_zip_text(&zip, "top\\empty\\", "");
    fixture_zip_text(&zip, "line\nbreak\x1b", "two");
    fixture_zip_write(&zip, *state, "names.zip");
    assert_int_equal(mx_zip_open(&opened, fixture_path(path, *state, "names.zip")), MX_OK);
    assert_int_equal(mx_zip_count(opened), 2);
    assert_reads(opened, "top/inner/1.txt", "one", 3);
    assert_null(strpbrk(mx_zip_name(opened, 1), "\n\x1b"));
    mx_zip_close(opened);
}

static void names_that_point_outside_are_refused(void **state) {
    static const char *const names[] = {"../a",  "a/../../b", "a/..",     "..",       "/etc/passwd",
                                        "..\\a", "a\\..\\b",  "\\server", "C:\\boot", "c:/boot"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        fixture_zip zip = {0};
        fixture_zip_text(&zip, names[i], "x");
        fixture_zip_write(&zip, *state, "outside.zip");
        fixture_path(path, *state, "outside.zip");
        assert_open_fails("points outside the archive");
    }
}

static void dots_inside_names_are_allowed(void **state) {
    static const char *const names[] = {"..a", "a..", "a/...", "a/..b/c", ".hidden", "ab:/c"};
    fixture_zip zip = {0};
    mx_zip *opened;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        fixture_zip_text(&zip, names[i], "x");
    fixture_zip_write(&zip, *state, "dots.zip");
    assert_int_equal(mx_zip_open(&opened, fixture_path(path, *state, "dots.zip")), MX_OK);
    assert_int_equal(mx_zip_count(opened), 6);
    mx_zip_close(opened);
}

static void two_entries_of_one_name_are_refused(void **state) {
    static const char *const seconds[] = {"a/1.png", "a\\1.png"};
    for (int i = 0; i < 2; i++) {
        fixture_zip zip = {0};
        fixture_zip_text(&zip, "a/1.png", "x");
        fixture_zip_text(&zip, "a/2.png", "x");
        fixture_zip_text(&zip, seconds[i], "y");
        fixture_zip_write(&zip, *state, "twice.zip");
        fixture_path(path, *state, "twice.zip");
        assert_open_fails("two entries are called 'a/1.png'");
    }
}

static void a_name_of_nothing_is_refused(void **state) {
    fixture_zip zip = {0};
    fixture_zip_text(&zip, "a", "x");
    fixture_zip_text(&zip, "", "x");
    fixture_zip_write(&zip, *state, "unnamed.zip");
    fixture_path(path, *state, "unnamed.zip");
    assert_open_fails("entry 2 of the directory is damaged");
}

static void damaged_data_differs_from_its_checksum(void **state) {
    fixture_zip zip = two_entries(false);
    char *stored = zip.file.data + 30 + 12;
    assert_memory_equal(stored, "hello", 5);
    stored[4] ^= 1;
    write_changed(&zip, *state, "damaged.zip");
    assert_read_fails("a/stored.txt", 100, "damaged: the checksum differs");
    stored[4] ^= 1;
    memset(stored + 11 + 30 + 12, 0xFF, 8);
    write_changed(&zip, *state, "damaged.zip");
    assert_read_fails("b/packed.txt", 100, "damaged");
    release(&zip);
}

static void a_directory_that_lies_about_sizes_is_caught(void **state) {
    fixture_zip zip = two_entries(false);
    char *stored = central_header(&zip, 0), *packed = central_header(&zip, 1);
    put(stored + SIZE, 10, 4);
    write_changed(&zip, *state, "lie.zip");
    assert_open_fails("'a/stored.txt' is stored as it is, but has 11 bytes packed and 10 unpacked");
    put(stored + SIZE, 4000000000, 4);
    put(stored + PACKED, 4000000000, 4);
    write_changed(&zip, *state, "lie.zip");
    assert_open_fails("'a/stored.txt' overlaps other entries or ends after the file");
    put(stored + SIZE, 11, 4);
    put(stored + PACKED, 11, 4);
    put(packed + PACKED, zip.file.length - 10, 4);
    write_changed(&zip, *state, "lie.zip");
    assert_open_fails("'b/packed.txt' overlaps other entries or ends after the file");
    release(&zip);
}

static void unpacked_sizes_that_lie_are_caught_when_read(void **state) {
    fixture_zip zip = two_entries(false);
    char *packed = central_header(&zip, 1);
    put(packed + SIZE, sizeof poem - 1, 4);
    write_changed(&zip, *state, "lie.zip");
    assert_read_fails("b/packed.txt", 1000, "longer than the 61 bytes that the directory says");
    put(packed + SIZE, sizeof poem + 1, 4);
    write_changed(&zip, *state, "lie.zip");
    assert_read_fails("b/packed.txt", 1000, "cut short at byte 62 of 63");
    release(&zip);
}

/* As D. Fifield's bombs have it: one packed block that many entries share. */
static void entries_that_share_their_data_are_refused(void **state) {
    enum { N_ENTRIES = 40, BYTES = 1000 };
    fixture_zip zip = {0};
    char *zeros = calloc(1, BYTES), name[16];
    assert_non_null(zeros);
    for (size_t i = 0; i < N_ENTRIES; i++) {
        snprintf(name, sizeof name, "%zu", i);
        fixture_zip_add(&zip, name, zeros, BYTES, FIXTURE_STORED);
        if (i > 0) {
            zip.file.length -= 30 + strlen(name) + BYTES;
            put(zip.directory.data + zip.directory.length - strlen(name) - 4, 0, 4);
        }
    }
    fixture_zip_write(&zip, *state, "shared.zip");
    fixture_path(path, *state, "shared.zip");
    assert_open_fails("overlaps other entries");
    free(zeros);
}

static void zip_bombs_are_refused_by_their_ratio(void **state) {
    enum { COUNT = 4 << 20 };
    fixture_zip zip = {0};
    mx_zip *opened;
    char *zeros = calloc(1, COUNT);
    assert_non_null(zeros);
    fixture_zip_add(&zip, "bomb", zeros, COUNT, FIXTURE_DEFLATE);
    fixture_zip_add(&zip, "small", zeros, 1 << 20, FIXTURE_DEFLATE);
    fixture_zip_write(&zip, *state, "bomb.zip");
    fixture_path(path, *state, "bomb.zip");
    assert_read_fails("bomb", UINT64_MAX, "4194304 bytes packed in 4");
    assert_read_fails("bomb", UINT64_MAX, "taken for a zip bomb");
    assert_int_equal(mx_zip_open(&opened, path), MX_OK);
    assert_reads(opened, "small", zeros, 1 << 20);
    mx_zip_close(opened);
    free(zeros);
}

static void an_entry_over_the_limit_is_refused(void **state) {
    fixture_zip zip = two_entries(false);
    write_changed(&zip, *state, "limit.zip");
    assert_read_fails("a/stored.txt", 10, "11 bytes unpacked, allowed are 10");
    release(&zip);
}

static void encrypted_entries_are_refused(void **state) {
    fixture_zip zip = two_entries(false);
    central_header(&zip, 1)[FLAGS] = 1;
    zip.file.data[30 + 12 + 11 + 6] = 1;
    write_changed(&zip, *state, "encrypted.zip");
    assert_read_fails("b/packed.txt", 100, "it is encrypted; unpack the archive with its password");
    release(&zip);
}

static void other_methods_are_refused_by_number(void **state) {
    static const uint8_t methods[] = {1, 6, 9, 12, 14, 93, 95, 98};
    for (size_t i = 0; i < sizeof methods; i++) {
        char reason[64];
        fixture_zip zip = two_entries(false);
        central_header(&zip, 1)[METHOD] = (char)methods[i];
        zip.file.data[30 + 12 + 11 + 8] = (char)methods[i];
        write_changed(&zip, *state, "method.zip");
        snprintf(reason, sizeof reason, "packed by method %d, only stored and deflate", methods[i]);
        assert_read_fails("b/packed.txt", 100, reason);
        release(&zip);
    }
}

static void an_archive_cut_anywhere_is_refused(void **state) {
    for (int zip64 = 0; zip64 < 2; zip64++) {
        fixture_zip zip = two_entries(zip64);
        fixture_path(path, *state, "cut.zip");
        for (size_t length = 0; length < zip.file.length; length++) {
            fixture_write(*state, "cut.zip", zip.file.data, length);
            assert_open_fails(length == 0  ? "the file is empty"
                              : length < 4 ? "not a zip archive"
                                           : "");
        }
        release(&zip);
    }
}

/* Entries of a damaged archive may read well, never as anything but what was packed. */
static void read_everything(void) {
    mx_zip *zip;
    mx_buf out = {0};
    const mx_status status = mx_zip_open(&zip, path);
    assert_true(status == MX_OK || status == MX_DATA);
    for (size_t i = 0; zip && i < mx_zip_count(zip); i++) {
        mx_buf_clear(&out);
        const mx_status read = mx_zip_read(zip, i, &out, 1000);
        assert_true(read == MX_OK || read == MX_DATA);
        if (read == MX_OK)
            assert_true(strcmp(out.data, "hello world") == 0 || strcmp(out.data, poem) == 0);
    }
    mx_zip_close(zip);
    mx_buf_release(&out);
}

static void a_damaged_byte_never_brings_the_reader_down(void **state) {
    static const char damages[] = {0, 1, '\x7f', '\xff'};
    for (int zip64 = 0; zip64 < 2; zip64++) {
        fixture_zip zip = two_entries(zip64);
        for (size_t at = 0; at < zip.file.length; at++)
            for (size_t i = 0; i < sizeof damages; i++) {
                const char kept = zip.file.data[at];
                zip.file.data[at] = damages[i];
                write_changed(&zip, *state, "damaged.zip");
                zip.file.data[at] = kept;
                read_everything();
            }
        release(&zip);
    }
}

static void a_directory_that_counts_wrongly_is_refused(void **state) {
    static const uint16_t counts[] = {0, 1, 3, 65534};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        fixture_zip zip = two_entries(false);
        char *end = zip.file.data + zip.file.length - 22;
        put(end + 8, counts[i], 2);
        put(end + 10, counts[i], 2);
        write_changed(&zip, *state, "count.zip");
        assert_open_fails("");
        release(&zip);
    }
}

static void what_is_no_archive_is_refused(void **state) {
    mx_buf text = {0};
    fixture_write(*state, "empty", "", 0);
    fixture_path(path, *state, "empty");
    assert_false(mx_zip_sniff(path));
    assert_open_fails("the file is empty");
    for (int i = 0; i < 40000; i++)
        mx_buf_puts(&text, "PK, but no archive\n");
    fixture_write(*state, "text", text.data, text.length);
    fixture_path(path, *state, "text");
    assert_false(mx_zip_sniff(path));
    assert_open_fails("not a zip archive");
    mx_buf_release(&text);
}

static void only_readable_files_are_opened(void **state) {
    snprintf(path, sizeof path, "%s", (const char *)*state);
    assert_false(mx_zip_sniff(path));
    assert_open_fails("not a regular file");
    fixture_path(path, *state, "absent.zip");
    assert_false(mx_zip_sniff(path));
    assert_open_fails("No such file");
    fixture_path(path, *state, "fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(mx_zip_sniff(path));
    assert_open_fails("not a regular file");
    fixture_write(*state, "locked.zip", "PK\5\6", 4);
    fixture_path(path, *state, "locked.zip");
    assert_int_equal(chmod(path, 0), 0);
    /* root reads everything. */
    assert_open_fails(geteuid() == 0 ? "cut short" : "Permission denied");
}

static void *read_both_entries(void *archive) {
    mx_zip *zip;
    mx_buf out = {0};
    if (mx_zip_open(&zip, archive) != MX_OK) return NULL;
    bool good = true;
    for (int i = 0; good && i < 200; i++)
        good = mx_zip_read(zip, (size_t)i % 2, &out, 100) == MX_OK;
    good = good && out.length == 100 * (11 + sizeof poem);
    mx_buf_release(&out);
    mx_zip_close(zip);
    return good ? archive : NULL;
}

static void threads_read_one_file_each_through_its_own(void **state) {
    pthread_t threads[4];
    fixture_zip zip = two_entries(false);
    write_changed(&zip, *state, "threads.zip");
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_both_entries, path), 0);
    for (int i = 0; i < 4; i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_non_null(result);
    }
    release(&zip);
}

#else

static void without_libzip_the_message_names_the_remedy(void **state) {
    mx_zip *opened;
    fixture_zip zip = {0};
    fixture_zip_text(&zip, "a", "x");
    fixture_zip_write(&zip, *state, "a.zip");
    fixture_path(path, *state, "a.zip");
    assert_true(mx_zip_sniff(path));
    assert_int_equal(mx_zip_open(&opened, path), MX_USAGE);
    assert_null(opened);
    assert_non_null(strstr(mx_error(), "built without libzip; unpack the archive, or build with "));
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef MIXCL_WITH_ZIP
        cmocka_unit_test(stored_and_deflated_entries_are_read),
        cmocka_unit_test(zip64_entries_are_read),
        cmocka_unit_test(archives_of_another_program_are_read),
        cmocka_unit_test(an_entry_larger_than_every_buffer_is_read),
        cmocka_unit_test(folders_are_left_out_and_names_are_found),
        cmocka_unit_test(an_archive_of_nothing_has_no_entries),
        cmocka_unit_test(backslashes_part_names_and_control_characters_do_not_reach_messages),
        cmocka_unit_test(names_that_point_outside_are_refused),
        cmocka_unit_test(dots_inside_names_are_allowed),
        cmocka_unit_test(two_entries_of_one_name_are_refused),
        cmocka_unit_test(a_name_of_nothing_is_refused),
        cmocka_unit_test(damaged_data_differs_from_its_checksum),
        cmocka_unit_test(a_directory_that_lies_about_sizes_is_caught),
        cmocka_unit_test(unpacked_sizes_that_lie_are_caught_when_read),
        cmocka_unit_test(entries_that_share_their_data_are_refused),
        cmocka_unit_test(zip_bombs_are_refused_by_their_ratio),
        cmocka_unit_test(an_entry_over_the_limit_is_refused),
        cmocka_unit_test(encrypted_entries_are_refused),
        cmocka_unit_test(other_methods_are_refused_by_number),
        cmocka_unit_test(an_archive_cut_anywhere_is_refused),
        cmocka_unit_test(a_damaged_byte_never_brings_the_reader_down),
        cmocka_unit_test(a_directory_that_counts_wrongly_is_refused),
        cmocka_unit_test(what_is_no_archive_is_refused),
        cmocka_unit_test(only_readable_files_are_opened),
        cmocka_unit_test(threads_read_one_file_each_through_its_own),
#else
        cmocka_unit_test(without_libzip_the_message_names_the_remedy),
#endif
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
