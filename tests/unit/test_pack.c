/* Packed files: what is in them, what they notice, and what they survive. */
#include "unit/fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/log.h"
#include "data/pack_internal.h"

enum { PICTURES = 200 }; /* several chunks */

/* One folder source, and where its packed file goes. */
typedef struct bench {
    const char *root;
    char images[FIXTURE_PATH], cache[FIXTURE_PATH];
    mx_source_spec source;
    mx_data_spec spec;
} bench;

static void bench_init(bench *b, const char *root, const char *name) {
    char cache[64];
    snprintf(cache, sizeof cache, "%s-cache", name);
    *b = (bench){.root = root};
    fixture_path(b->images, root, name);
    fixture_path(b->cache, root, cache);
    b->source = (mx_source_spec){.name = name,
                                 .kind = MX_SOURCE_FOLDER,
                                 .split = MX_SPLIT_TRAIN,
                                 .images = b->images,
                                 .labels = "",
                                 .label = ""};
    b->spec = (mx_data_spec){.height = 2,
                             .width = 3,
                             .channels = 3,
                             .seed = 1,
                             .skip_bad = true,
                             .bad_limit = 0.5,
                             .pack = {.mode = MX_PACK_FILE, .folder = b->cache}};
}

/* A grey PNG of 4 x 4. */
static void write_picture(const bench *b, const char *name, int value) {
    mx_buf file = {0};
    uint8_t pixels[16];
    char path[FIXTURE_PATH];
    for (int i = 0; i < 16; i++)
        pixels[i] = (uint8_t)(value + i);
    fixture_encode_plain_png(&file, pixels, 4, 4, 1);
    fixture_path(path, b->images, name);
    fixture_write("", path, file.data, file.length);
    mx_buf_release(&file);
}

static void write_pictures(const bench *b) {
    char name[64];
    for (int i = 0; i < PICTURES; i++) {
        snprintf(name, sizeof name, "%c/%03d.png", i % 2 ? 'a' : 'b', i);
        write_picture(b, name, i);
    }
}

/* Overwrites a picture with what is none. */
static void write_junk(const bench *b, const char *name) {
    char path[FIXTURE_PATH];
    fixture_path(path, b->images, name);
    fixture_write("", path, "junk", 4);
}

static void load(const bench *b, mx_dataset *out) {
    if (mx_dataset_load(out, &b->spec, &b->source, 1) != MX_OK) fail_msg("%s", mx_error());
}

static void assert_equals_memory(const bench *b, const mx_dataset *data) {
    bench memory = *b;
    mx_dataset expected;
    memory.spec.pack = (mx_pack_spec){.mode = MX_PACK_MEMORY};
    load(&memory, &expected);
    assert_int_equal(data->n_pictures, expected.n_pictures);
    assert_int_equal(data->n_bad, expected.n_bad);
    assert_memory_equal(data->pixels, expected.pixels, mx_dataset_bytes(&expected));
    assert_memory_equal(data->labels, expected.labels,
                        expected.n_pictures * sizeof *expected.labels);
    mx_dataset_release(&expected);
}

/* Loads, holds the result to that without a file, and returns how many pictures were decoded. */
static size_t load_and_compare(const bench *b) {
    mx_dataset data;
    load(b, &data);
    assert_equals_memory(b, &data);
    const size_t n_decoded = data.pack.n_decoded;
    mx_dataset_release(&data);
    return n_decoded;
}

/* The path of the packed file. */
static void name_file(const bench *b, char out[FIXTURE_PATH]) {
    mx_dataset data;
    load(b, &data);
    assert_non_null(data.pack.file);
    snprintf(out, FIXTURE_PATH, "%s", data.pack.file);
    mx_dataset_release(&data);
}

static void read_whole(mx_buf *out, const char *path) {
    assert_int_equal(mx_read_file(out, path, SIZE_MAX), MX_OK);
}

/* The only entry of the cache folder that ends so, or NULL; `out` holds it. */
static const char *find_ending(const bench *b, const char *ending, char out[FIXTURE_PATH]) {
    struct dirent *entry;
    DIR *folder = opendir(b->cache);
    const char *found = NULL;
    while (folder && (entry = readdir(folder)) != NULL)
        if (strstr(entry->d_name, ending)) found = fixture_path(out, b->cache, entry->d_name);
    if (folder) closedir(folder);
    return found;
}

static void the_file_holds_what_memory_would(void **state) {
    bench b;
    bench_init(&b, *state, "same");
    write_pictures(&b);
    write_junk(&b, "a/001.png");
    write_junk(&b, "b/050.png");
    write_junk(&b, "b/198.png");
    assert_int_equal(load_and_compare(&b), PICTURES);
    assert_int_equal(load_and_compare(&b), 0);
    b.spec.pack.verify = true;
    assert_int_equal(load_and_compare(&b), 0);
}

static void a_changed_source_is_noticed(void **state) {
    bench b;
    char path[FIXTURE_PATH];
    const struct timespec times[2] = {{1, 5}, {1, 5}};
    bench_init(&b, *state, "changed");
    write_pictures(&b);
    assert_int_equal(load_and_compare(&b), PICTURES);
    write_picture(&b, "a/001.png", 99);
    assert_int_equal(load_and_compare(&b), PICTURES);
    assert_int_equal(utimensat(AT_FDCWD, fixture_path(path, b.images, "a/003.png"), times, 0), 0);
    assert_int_equal(load_and_compare(&b), PICTURES);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(load_and_compare(&b), PICTURES);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(load_and_compare(&b), PICTURES - 1);
    write_picture(&b, "a/new.png", 1);
    assert_int_equal(load_and_compare(&b), PICTURES);
    assert_int_equal(load_and_compare(&b), 0);
}

static void only_what_decides_pixels_asks_for_another_file(void **state) {
    bench b, other;
    const char *classes[] = {"b", "a"};
    bench_init(&b, *state, "options");
    write_pictures(&b);
    assert_int_equal(load_and_compare(&b), PICTURES);
    other = b;
    other.spec.seed = 7;
    other.spec.labelled = 20;
    other.spec.classes = classes;
    other.spec.n_classes = 2;
    assert_int_equal(load_and_compare(&other), 0);
    other = b;
    other.spec.height = 3;
    other.spec.width = 2;
    assert_int_equal(load_and_compare(&other), PICTURES);
    other = b;
    other.spec.channels = 1;
    assert_int_equal(load_and_compare(&other), PICTURES);
    other = b;
    other.spec.exif = true;
    assert_int_equal(load_and_compare(&other), PICTURES);
    other = b;
    other.spec.fast_decode = true;
    assert_int_equal(load_and_compare(&other), PICTURES);
    assert_int_equal(load_and_compare(&b), 0);
}

static void bad_pictures_of_a_file_are_remembered(void **state) {
    bench b;
    mx_dataset data;
    bench_init(&b, *state, "remembered");
    write_pictures(&b);
    write_junk(&b, "a/001.png");
    assert_int_equal(load_and_compare(&b), PICTURES);
    b.spec.bad_limit = 0.001;
    assert_int_equal(mx_dataset_load(&data, &b.spec, &b.source, 1), MX_DATA);
    assert_non_null(strstr(mx_error(), "1 of 200 pictures cannot be used"));
    assert_non_null(strstr(mx_error(), "all are listed in '"));
    assert_non_null(strstr(mx_error(), ".report.csv'"));
    b.spec.skip_bad = false;
    assert_int_equal(mx_dataset_load(&data, &b.spec, &b.source, 1), MX_DATA);
    assert_non_null(strstr(mx_error(), "a/001.png': neither a JPEG nor a PNG"));
}

static void a_short_or_damaged_file_is_made_anew(void **state) {
    bench b;
    char path[FIXTURE_PATH];
    mx_buf whole = {0};
    bench_init(&b, *state, "damaged");
    write_pictures(&b);
    write_junk(&b, "a/001.png");
    name_file(&b, path);
    read_whole(&whole, path);
    const size_t tail = 4096 + (PICTURES - 1) * 18;
    const size_t lengths[] = {0, 1, 100, 4095, 4096, 5000, tail, whole.length - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        assert_int_equal(truncate(path, (off_t)lengths[i]), 0);
        assert_int_equal(load_and_compare(&b), PICTURES);
    }
    const size_t flips[] = {0, 8, 12, 16, 80, 100, 120, 140, 180, 199, tail, whole.length - 1};
    for (size_t i = 0; i < sizeof flips / sizeof *flips; i++) {
        whole.data[flips[i]] ^= 1;
        fixture_write("", path, whole.data, whole.length);
        whole.data[flips[i]] ^= 1;
        assert_int_equal(load_and_compare(&b), PICTURES);
    }
    mx_buf_append(&whole, "x", 1);
    fixture_write("", path, whole.data, whole.length);
    assert_int_equal(load_and_compare(&b), PICTURES);
    mx_buf_release(&whole);
}

static void a_damaged_pixel_is_found_when_verifying(void **state) {
    bench b;
    char path[FIXTURE_PATH];
    mx_buf whole = {0};
    bench_init(&b, *state, "pixel");
    write_pictures(&b);
    name_file(&b, path);
    read_whole(&whole, path);
    whole.data[4096 + 777] ^= 1;
    fixture_write("", path, whole.data, whole.length);
    b.spec.pack.verify = true;
    assert_int_equal(load_and_compare(&b), PICTURES);
    assert_int_equal(load_and_compare(&b), 0);
    mx_buf_release(&whole);
}

/* A listener that ends the process when so many pictures are done. */
static void kill_at(void *context, const mx_pack_progress *progress) {
    if (progress->done >= *(size_t *)context) kill(getpid(), SIGKILL);
}

/* Leaves what a process leaves that is killed after `done` pictures. */
static void prepare_and_kill(const bench *b, size_t done) {
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bench killed = *b;
        mx_dataset data;
        killed.spec.pack.listener = kill_at;
        killed.spec.pack.context = &done;
        (void)mx_dataset_load(&data, &killed.spec, &killed.source, 1);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void assert_same_file(const bench *b, const mx_buf *expected) {
    char path[FIXTURE_PATH];
    mx_buf found = {0};
    assert_non_null(find_ending(b, ".pack", path));
    read_whole(&found, path);
    assert_int_equal(found.length, expected->length);
    assert_memory_equal(found.data, expected->data, expected->length);
    mx_buf_release(&found);
    assert_null(find_ending(b, ".partial", path));
}

/* Prepared pictures with a few bad ones, their file's bytes, and an empty cache. */
static void prepare_once(bench *b, const char *root, const char *name, mx_buf *file) {
    char path[FIXTURE_PATH];
    bench_init(b, root, name);
    write_pictures(b);
    write_junk(b, "a/001.png");
    write_junk(b, "b/100.png");
    write_junk(b, "a/199.png");
    name_file(b, path);
    read_whole(file, path);
    fixture_remove(b->cache);
}

static void what_a_kill_leaves_is_taken_up(void **state) {
    bench b;
    mx_buf whole = {0};
    char path[FIXTURE_PATH];
    prepare_once(&b, *state, "killed", &whole);
    for (size_t done = 1; done < PICTURES; done += 60) {
        prepare_and_kill(&b, done);
        assert_null(find_ending(&b, ".pack", path));
        assert_non_null(find_ending(&b, ".partial", path));
        load_and_compare(&b);
        assert_same_file(&b, &whole);
        fixture_remove(b.cache);
    }
    mx_buf_release(&whole);
}

/* What is left of a process that has finished the chunks 2 and 6 of 0..6: its bytes, and where they
 * were. The cache is empty. */
static void leave_partial(bench *b, mx_buf *partial, char path[FIXTURE_PATH]) {
    mx_dataset data;
    mx_pack_writer *writer = NULL;
    mx_fault faults[PICTURES] = {{0}};
    char key[65];
    name_file(b, path);
    snprintf(key, sizeof key, "%.64s", mx_path_name(path));
    fixture_remove(b->cache);
    assert_int_equal(mx_make_folders(b->cache), MX_OK);
    const mx_pack_id id = {.key = key, .height = 2, .width = 3, .channels = 3, .count = PICTURES};
    b->spec.pack.mode = MX_PACK_MEMORY;
    load(b, &data);
    b->spec.pack.mode = MX_PACK_FILE;
    assert_int_equal(mx_pack_writer_open(&writer, b->cache, &id), MX_OK);
    assert_int_equal(mx_pack_writer_begin(writer, faults), MX_OK);
    assert_int_equal(mx_pack_writer_put(writer, 2, data.pixels + 64 * 18, faults + 64), MX_OK);
    assert_int_equal(mx_pack_writer_put(writer, 6, data.pixels + 192 * 18, faults + 192), MX_OK);
    read_whole(partial, find_ending(b, ".partial", path));
    mx_pack_writer_close(writer);
    mx_dataset_release(&data);
}

static void finished_chunks_are_not_decoded_again(void **state) {
    bench b;
    mx_buf whole = {0}, partial = {0};
    char path[FIXTURE_PATH];
    bench_init(&b, *state, "chunks");
    write_pictures(&b);
    name_file(&b, path);
    read_whole(&whole, path);
    leave_partial(&b, &partial, path);
    assert_null(find_ending(&b, ".partial", (char[FIXTURE_PATH]){""}));
    fixture_write("", path, partial.data, partial.length);
    assert_int_equal(load_and_compare(&b), PICTURES - 32 - 8);
    assert_same_file(&b, &whole);
    mx_buf_release(&whole);
    mx_buf_release(&partial);
}

static void what_a_kill_leaves_is_not_trusted(void **state) {
    bench b;
    mx_buf whole = {0}, partial = {0};
    char path[FIXTURE_PATH];
    bench_init(&b, *state, "untrusted");
    write_pictures(&b);
    name_file(&b, path);
    read_whole(&whole, path);
    leave_partial(&b, &partial, path);
    const size_t records = 4096 + PICTURES * 18, length = partial.length;
    const size_t flips[] = {
        0,           100,          4096,         4096 + 18 * 70, records,      records + 4,
        records + 8, records + 12, records + 16, records + 20,   records + 99, length - 1};
    for (size_t i = 0; i < sizeof flips / sizeof *flips; i++) {
        partial.data[flips[i]] ^= 1;
        fixture_remove(b.cache);
        fixture_write("", path, partial.data, length);
        partial.data[flips[i]] ^= 1;
        load_and_compare(&b);
        assert_same_file(&b, &whole);
    }
    const size_t lengths[] = {0, 50, 4096, records - 1, records, records + 10, length - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        fixture_remove(b.cache);
        fixture_write("", path, partial.data, lengths[i]);
        load_and_compare(&b);
        assert_same_file(&b, &whole);
    }
    mx_buf_release(&whole);
    mx_buf_release(&partial);
}

/* Says through the pipe at `context` that preparing has begun, and gives the other process time to
 * find it so. */
static void dawdle(void *context, const mx_pack_progress *progress) {
    const struct timespec pause = {.tv_nsec = 50000000};
    if (progress->done != 1) return;
    (void)!write(*(int *)context, "x", 1);
    nanosleep(&pause, NULL);
}

/* Does so too, and dies in the middle. */
static void dawdle_and_die(void *context, const mx_pack_progress *progress) {
    dawdle(context, progress);
    if (progress->done == PICTURES / 2) kill(getpid(), SIGKILL);
}

static void a_second_process_waits_for_the_first(void **state) {
    bench b;
    int ends[2];
    char byte;
    bench_init(&b, *state, "two");
    write_pictures(&b);
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        mx_dataset data;
        b.spec.pack.listener = dawdle;
        b.spec.pack.context = &ends[1];
        const mx_status status = mx_dataset_load(&data, &b.spec, &b.source, 1);
        _exit(status == MX_OK && data.pack.n_decoded == PICTURES ? 0 : 1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(load_and_compare(&b), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(ends[0]);
}

static void the_first_killed_leaves_the_rest_to_the_second(void **state) {
    bench b;
    int ends[2];
    char byte, path[FIXTURE_PATH];
    bench_init(&b, *state, "heir");
    write_pictures(&b);
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        mx_dataset data;
        b.spec.pack.listener = dawdle_and_die;
        b.spec.pack.context = &ends[1];
        (void)mx_dataset_load(&data, &b.spec, &b.source, 1);
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_true(load_and_compare(&b) > 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_null(find_ending(&b, ".partial", path));
    close(ends[0]);
}

static void without_a_folder_auto_stays_in_memory(void **state) {
    bench b;
    mx_dataset data;
    bench_init(&b, *state, "unwritable");
    write_pictures(&b);
    fixture_write(*state, "unwritable-cache", "a file", 6);
    assert_int_equal(mx_dataset_load(&data, &b.spec, &b.source, 1), MX_WRITE);
    assert_null(data.pixels);
    b.spec.pack.mode = MX_PACK_AUTO;
    load(&b, &data);
    assert_null(data.pack.file);
    assert_int_equal(data.pack.n_decoded, PICTURES);
    assert_equals_memory(&b, &data);
    mx_dataset_release(&data);
}

/* In a process that may write no file larger than `bytes`. */
static void load_with_limit(const bench *b, rlim_t bytes) {
    const struct rlimit limit = {bytes, bytes};
    bench limited = *b;
    mx_dataset data;
    char path[FIXTURE_PATH];
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(1);
    if (mx_dataset_load(&data, &limited.spec, &limited.source, 1) != MX_WRITE) _exit(2);
    if (find_ending(b, ".pa", path)) _exit(3);
    limited.spec.pack.mode = MX_PACK_AUTO;
    if (mx_dataset_load(&data, &limited.spec, &limited.source, 1) != MX_OK) _exit(4);
    if (data.pack.file || find_ending(b, ".pa", path)) _exit(5);
    _exit(data.n_pictures == PICTURES ? 0 : 6);
}

static void a_full_disk_leaves_nothing_behind(void **state) {
    bench b;
    bench_init(&b, *state, "full");
    write_pictures(&b);
    /* None of the pixels, some of them, and all of them but not the records. */
    const rlim_t limits[] = {0, 6000, 4096 + PICTURES * 18 + 10};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) load_with_limit(&b, limits[i]);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

static void the_report_quotes_every_field(void **state) {
    bench b;
    mx_dataset data;
    mx_buf text = {0}, expected = {0};
    char path[FIXTURE_PATH];
    bench_init(&b, *state, "report");
    write_picture(&b, "a/good.png", 1);
    write_picture(&b, "b/good.png", 2);
    write_picture(&b, "b/more.png", 3);
    write_junk(&b, "a/a \"b\", c.png");
    fixture_write(*state, "report/b/empty.jpg", "", 0);
    b.spec.pack.report = fixture_path(path, *state, "own.csv");
    load(&b, &data);
    assert_string_equal(data.pack.report, path);
    mx_dataset_release(&data);
    read_whole(&text, path);
    mx_buf_puts(&expected, "source,path,reason\n"
                           "\"report\",\"a/a \"\"b\"\", c.png\",\"neither a JPEG nor a PNG file\"\n"
                           "\"report\",\"b/empty.jpg\",\"the file is empty\"\n");
    assert_string_equal(text.data, expected.data);
    b.spec.pack.report = fixture_path(path, *state, "absent/own.csv");
    assert_int_equal(mx_dataset_load(&data, &b.spec, &b.source, 1), MX_WRITE);
    mx_buf_release(&text);
    mx_buf_release(&expected);
}

static void checking_keeps_nothing_but_the_report(void **state) {
    bench b;
    mx_dataset data;
    char path[FIXTURE_PATH];
    bench_init(&b, *state, "check");
    write_pictures(&b);
    write_junk(&b, "a/001.png");
    b.spec.pack.mode = MX_PACK_CHECK;
    load(&b, &data);
    assert_null(data.pixels);
    assert_int_equal(data.pack.n_decoded, PICTURES);
    assert_int_equal(data.n_pictures, PICTURES - 1);
    assert_int_equal(data.labelled.count, PICTURES - 1);
    mx_dataset_release(&data);
    assert_null(find_ending(&b, ".pa", path));
    assert_non_null(find_ending(&b, ".report.csv", path));
}

static void idx_pictures_need_no_file(void **state) {
    bench b;
    mx_dataset data;
    char labels[FIXTURE_PATH], path[FIXTURE_PATH];
    const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5, 6};
    const uint8_t of_images[] = {0, 0, 8, 1, 0, 0, 0, 2, 0, 1};
    bench_init(&b, *state, "digits");
    fixture_write(*state, "digits", images, sizeof images);
    fixture_write(*state, "digit-labels", of_images, sizeof of_images);
    b.source.kind = MX_SOURCE_IDX;
    b.source.labels = fixture_path(labels, *state, "digit-labels");
    load(&b, &data);
    assert_null(data.pack.file);
    assert_int_equal(data.pixels[18], 6);
    assert_null(find_ending(&b, "", path));
    mx_dataset_release(&data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_holds_what_memory_would),
        cmocka_unit_test(a_changed_source_is_noticed),
        cmocka_unit_test(only_what_decides_pixels_asks_for_another_file),
        cmocka_unit_test(bad_pictures_of_a_file_are_remembered),
        cmocka_unit_test(a_short_or_damaged_file_is_made_anew),
        cmocka_unit_test(a_damaged_pixel_is_found_when_verifying),
        cmocka_unit_test(what_a_kill_leaves_is_taken_up),
        cmocka_unit_test(finished_chunks_are_not_decoded_again),
        cmocka_unit_test(what_a_kill_leaves_is_not_trusted),
        cmocka_unit_test(a_second_process_waits_for_the_first),
        cmocka_unit_test(the_first_killed_leaves_the_rest_to_the_second),
        cmocka_unit_test(without_a_folder_auto_stays_in_memory),
        cmocka_unit_test(a_full_disk_leaves_nothing_behind),
        cmocka_unit_test(the_report_quotes_every_field),
        cmocka_unit_test(checking_keeps_nothing_but_the_report),
        cmocka_unit_test(idx_pictures_need_no_file),
    };
    mx_log_set_level(MX_LOG_QUIET);
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
