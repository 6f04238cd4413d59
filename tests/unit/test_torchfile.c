/* torch.save's files: what PyTorch wrote reads as PyTorch has it
 * (scripts/make_golden_torchfile.py), what is hostile or damaged is refused in one line. */
#include "unit/zip_fixture.h"

#include "io/torchfile.h"

static char path[FIXTURE_PATH];

static const char *golden(const char *name) {
    return fixture_path(path, MX_TEST_DATA "/torchfile", name);
}

#ifdef MIXCL_WITH_ZIP
static const char *const forms[] = {"stream", "zip"};
#else
static const char *const forms[] = {"stream"};
#endif
enum { N_FORMS = sizeof forms / sizeof *forms };

static void load(mx_tensorfile *file, const char *from) {
    if (mx_tensorfile_load(file, from) != MX_OK) fail_msg("%s", mx_error());
}

static void assert_same(const mx_file_tensor *got, const mx_file_tensor *want) {
    assert_non_null(got);
    assert_int_equal(got->rank, want->rank);
    assert_memory_equal(got->dims, want->dims, sizeof got->dims);
    assert_int_equal(got->count, want->count);
    assert_int_equal((uintptr_t)got->data % sizeof(float), 0);
    assert_memory_equal(got->data, want->data, want->count * sizeof *want->data);
}

/* NAME.zip.pth and NAME.stream.pth hold the tensors of NAME.safetensors. */
static void assert_golden(const char *name, size_t n_skipped) {
    mx_tensorfile want, got;
    char file[64];
    snprintf(file, sizeof file, "%s.safetensors", name);
    load(&want, golden(file));
    for (int i = 0; i < N_FORMS; i++) {
        snprintf(file, sizeof file, "%s.%s.pth", name, forms[i]);
        load(&got, golden(file));
        assert_int_equal(got.n_tensors, want.n_tensors);
        assert_int_equal(got.n_skipped, n_skipped);
        for (size_t k = 0; k < want.n_tensors; k++)
            assert_same(mx_tensorfile_find(&got, want.tensors[k].name), &want.tensors[k]);
        mx_tensorfile_release(&got);
    }
    mx_tensorfile_release(&want);
}

static void every_float_type_reads_as_torch_has_it(void **state) {
    (void)state;
    assert_golden("types", 6);
}

static void views_read_as_torch_has_them(void **state) {
    (void)state;
    assert_golden("views", 0);
    assert_golden("protocol4", 0);
}

static void checkpoints_give_their_state_dict_without_module(void **state) {
    (void)state;
    assert_golden("checkpoint", 1);
}

static void tensors_keep_the_order_of_the_state_dict(void **state) {
    static const char *const names[] = {"0.weight",       "0.bias",        "1.weight", "1.bias",
                                        "1.running_mean", "1.running_var", "2.weight", "2.bias"};
    mx_tensorfile file;
    (void)state;
    load(&file, golden("checkpoint.stream.pth"));
    assert_int_equal(file.n_tensors, 8);
    for (int i = 0; i < 8; i++)
        assert_string_equal(file.tensors[i].name, names[i]);
    mx_tensorfile_release(&file);
}

static mx_status load_status(void) {
    mx_tensorfile file;
    const mx_status status = mx_tensorfile_load(&file, path);
    assert_true(status == MX_OK || (!file.tensors && !file.blocks));
    mx_tensorfile_release(&file);
    return status;
}

/* The file at `path` is refused in one line that names it. */
static void assert_refused(const char *reason) {
    assert_int_equal(load_status(), MX_DATA);
    if (!strstr(mx_error(), reason)) fail_msg("'%s' without '%s'", mx_error(), reason);
    assert_non_null(strstr(mx_error(), path));
    for (const char *c = mx_error(); *c; c++)
        assert_true(*c >= ' ' && *c <= '~');
}

#ifdef MIXCL_WITH_ZIP
static void each_place_of_a_state_dict_is_found(void **state) {
    static const char *const places[] = {"state_dict.pth", "model_state_dict.pth", "model.pth",
                                         "ema.pth"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        mx_tensorfile file;
        load(&file, golden(places[i]));
        assert_int_equal(file.n_tensors, 1);
        assert_string_equal(file.tensors[0].name, "a");
        mx_tensorfile_release(&file);
    }
}

static void files_without_a_state_dict_say_what_they_hold(void **state) {
    (void)state;
    golden("module.pth");
    assert_refused("refuses the global 'torch.nn.modules.container.Sequential' of the pickle; save "
                   "the state_dict alone");
    golden("bare.pth");
    assert_refused("holds one bare tensor where a state dict should be");
    golden("elsewhere.pth");
    assert_refused("holds a mapping of 2 entries without tensors");
    golden("whole.pth");
    assert_refused("holds no tensors of floating-point numbers");
    golden("big_endian.pth");
    assert_refused("its byte order is 'big'");
}
#endif

/* A stream by hand. */
#define ADD(buf, literal) mx_buf_append(buf, literal, sizeof literal - 1)

typedef struct tensor_spec {
    const char *name, *storage, *key, *range;
    int64_t elements, offset;
    int rank;
    int64_t sizes[MX_TENSOR_RANK + 1], strides[MX_TENSOR_RANK + 1];
} tensor_spec;

/* Four floats, as they are. */
static const tensor_spec good = {.name = "a",
                                 .storage = "torch\nFloatStorage",
                                 .key = "7",
                                 .elements = 4,
                                 .rank = 1,
                                 .sizes = {4},
                                 .strides = {1}};

static void put_text(mx_buf *out, const char *text) {
    mx_buf_append(out, "U", 1);
    mx_buf_append(out, &(const char){(char)strlen(text)}, 1);
    mx_buf_puts(out, text);
}

static void put_numbers(mx_buf *out, const int64_t *numbers, int count) {
    mx_buf_puts(out, "(");
    for (int i = 0; i < count; i++)
        mx_buf_printf(out, "I%lld\n", (long long)numbers[i]);
    mx_buf_puts(out, "t");
}

static void put_tensor(mx_buf *out, const tensor_spec *spec) {
    put_text(out, spec->name);
    mx_buf_puts(out, "ctorch._utils\n_rebuild_tensor_v2\n((");
    put_text(out, "storage");
    mx_buf_printf(out, "c%s\n", spec->storage);
    put_text(out, spec->key);
    put_text(out, "cpu");
    mx_buf_printf(out, "I%lld\n%stQI%lld\n", (long long)spec->elements,
                  spec->range ? spec->range : "", (long long)spec->offset);
    put_numbers(out, spec->sizes, spec->rank);
    put_numbers(out, spec->strides, spec->rank);
    mx_buf_puts(out, "\x89NtR");
}

static void put_magic(mx_buf *out) {
    ADD(out, "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.");
    ADD(out, "\x80\x02}U\x0dlittle_endian\x88s.");
}

static void put_floats(mx_buf *out, uint64_t count) {
    static const float floats[] = {1, -2, 3, -4};
    mx_buf_append(out, &count, sizeof count);
    mx_buf_append(out, floats, sizeof floats);
}

/* Writes a stream of a mapping of tensors whose key is "7", with a storage of four floats. */
static void write_stream(const char *folder, const tensor_spec *specs, int count) {
    mx_buf bytes = {0};
    put_magic(&bytes);
    mx_buf_puts(&bytes, "}");
    for (int i = 0; i < count; i++) {
        put_tensor(&bytes, &specs[i]);
        mx_buf_puts(&bytes, "s");
    }
    ADD(&bytes, ".]U\x01"
                "7a.");
    put_floats(&bytes, 4);
    assert_int_equal(mx_buf_check(&bytes), MX_OK);
    fixture_write(folder, "stream", bytes.data, bytes.length);
    fixture_path(path, folder, "stream");
    mx_buf_release(&bytes);
}

/* Writes a stream whose object is `pickle`. */
static void write_object(const char *folder, const char *pickle, size_t length) {
    mx_buf bytes = {0};
    put_magic(&bytes);
    mx_buf_append(&bytes, pickle, length);
    ADD(&bytes, "].");
    fixture_write(folder, "object", bytes.data, bytes.length);
    fixture_path(path, folder, "object");
    mx_buf_release(&bytes);
}

#define OBJECT(folder, literal) write_object(folder, literal, sizeof literal - 1)

static void a_stream_by_hand_is_read(void **state) {
    static const float want[] = {1, -2, 3, -4};
    mx_tensorfile file;
    write_stream(*state, &good, 1);
    load(&file, path);
    assert_int_equal(file.n_tensors, 1);
    assert_memory_equal(file.tensors[0].data, want, sizeof want);
    mx_tensorfile_release(&file);
}

static void ranges_of_storages_are_read(void **state) {
    tensor_spec spec = good;
    mx_tensorfile file;
    spec.range = "(U\x01"
                 "8I1\nI3\nt";
    spec.offset = 1;
    spec.sizes[0] = 2;
    write_stream(*state, &spec, 1);
    load(&file, path);
    assert_true(file.tensors[0].data[0] == 3 && file.tensors[0].data[1] == -4);
    mx_tensorfile_release(&file);
    spec.sizes[0] = 3;
    write_stream(*state, &spec, 1);
    assert_refused("tensor 'a' reaches beyond its storage");
    spec.range = "(U\x01"
                 "8I2\nI3\nt";
    write_stream(*state, &spec, 1);
    assert_refused("has a range beyond its end");
    spec.range = "(U\x01"
                 "8I-1\nI3\nt";
    write_stream(*state, &spec, 1);
    assert_refused("has a range that is none");
}

static void nothing_is_executed(void **state) {
    char mark[FIXTURE_PATH];
    mx_buf object = {0};
    fixture_path(mark, *state, "executed");
    mx_buf_puts(&object, "cos\nsystem\n(");
    mx_buf_printf(&object, "X%c%c%c%ctouch '%s'tR.", (int)(strlen(mark) + 8), 0, 0, 0, mark);
    write_object(*state, object.data, object.length);
    assert_refused("refuses the global 'os.system' of the pickle; save the state_dict alone");
    assert_false(mx_file_exists(mark));
    mx_buf_release(&object);
}

static void tensors_beyond_their_storage_are_refused(void **state) {
    static const struct {
        tensor_spec spec;
        const char *reason;
    } cases[] = {
        {{.elements = 4, .rank = 1, .sizes = {5}, .strides = {1}}, "reaches beyond its storage"},
        {{.elements = 4, .offset = 1, .rank = 1, .sizes = {4}, .strides = {1}}, "reaches beyond"},
        {{.elements = 4, .offset = 5, .rank = 1, .sizes = {0}, .strides = {1}}, "reaches beyond"},
        {{.elements = 4, .rank = 2, .sizes = {2, 2}, .strides = {3, 1}}, "reaches beyond"},
        {{.elements = 5, .rank = 1, .sizes = {5}, .strides = {1}}, "needs more elements"},
        {{.elements = INT64_MAX, .rank = 1, .sizes = {INT64_MAX}, .strides = {1}}, "needs more"},
        {{.elements = -4, .rank = 1, .sizes = {4}, .strides = {1}}, "has an unknown form"},
        {{.elements = 4, .offset = -1, .rank = 1, .sizes = {4}, .strides = {1}}, "has no storage"},
        {{.elements = 4, .rank = 1, .sizes = {-4}, .strides = {1}}, "out of range"},
        {{.elements = 4, .offset = 3, .rank = 1, .sizes = {4}, .strides = {-1}}, "out of range"},
        {{.elements = INT64_MAX, /* the last element is number 2^64 - 1 */
          .offset = INT64_MAX,
          .rank = 2,
          .sizes = {2, 2},
          .strides = {INT64_MAX, 1}},
         "reaches beyond"},
        {{.elements = INT64_MAX,
          .offset = INT64_MAX,
          .rank = 2,
          .sizes = {2, 2},
          .strides = {INT64_MAX, INT64_MAX}},
         "out of range"},
        {{.elements = 4, .rank = 2, .sizes = {INT64_MAX, 4}, .strides = {0, 0}}, "out of range"},
        {{.elements = 4, .rank = 1, .sizes = {4}, .strides = {INT64_MAX}}, "out of range"},
        {{.elements = 4, .rank = 9, .sizes = {1, 1, 1, 1, 1, 1, 1, 1, 4}, .strides = {1}},
         "has 9 dimensions; at most 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tensor_spec spec = cases[i].spec;
        spec.name = good.name;
        spec.storage = good.storage;
        spec.key = good.key;
        write_stream(*state, &spec, 1);
        assert_refused(cases[i].reason);
        assert_non_null(strstr(mx_error(), "tensor 'a'"));
    }
}

static void whole_numbers_are_checked_too(void **state) {
    tensor_spec specs[] = {good, good};
    specs[1].name = "n";
    specs[1].storage = "torch\nLongStorage";
    specs[1].sizes[0] = 3;
    write_stream(*state, specs, 2);
    assert_refused("tensor 'n' needs more elements than its storage has");
}

/* A terabyte of one element. */
static void repeated_elements_cost_no_unbounded_memory(void **state) {
    tensor_spec spec = good;
    spec.rank = 2;
    spec.sizes[0] = spec.sizes[1] = 1 << 19;
    spec.strides[0] = spec.strides[1] = 0;
    write_stream(*state, &spec, 1);
    assert_refused("tensor 'a' repeats the elements of its storage too often");
    spec.sizes[0] = spec.sizes[1] = 64;
    write_stream(*state, &spec, 1);
    assert_int_equal(load_status(), MX_OK);
}

static void a_name_that_comes_twice_is_refused(void **state) {
    const tensor_spec twice[] = {good, good};
    write_stream(*state, twice, 2);
    assert_refused("tensor 'a' comes twice");
}

static void names_are_printable_in_messages(void **state) {
    tensor_spec spec = good;
    spec.name = "a\x1b]0;\n\xff";
    spec.sizes[0] = 5;
    write_stream(*state, &spec, 1);
    assert_refused("tensor 'a\\x1b]0;\\x0a\\xff' reaches");
}

static void storages_must_be_there_and_whole(void **state) {
    static const char *const lists[] = {"].",
                                        "]U\x01"
                                        "8a.",
                                        "](U\x01"
                                        "7U\x01"
                                        "7e.",
                                        "N.", "]Na."};
    static const char *const reasons[] = {
        "no storage '7', that of tensor 'a'", "the storage '8' is of no tensor",
        "the storage '7' comes twice", "the list of storages is none",
        "the key of storage 0 is no text"};
    for (int i = 0; i < 5; i++) {
        mx_buf bytes = {0};
        put_magic(&bytes);
        mx_buf_puts(&bytes, "}");
        put_tensor(&bytes, &good);
        mx_buf_puts(&bytes, "s.");
        mx_buf_puts(&bytes, lists[i]);
        put_floats(&bytes, 4);
        put_floats(&bytes, 4);
        fixture_write(*state, "list", bytes.data, bytes.length);
        fixture_path(path, *state, "list");
        assert_refused(reasons[i]);
        mx_buf_release(&bytes);
    }
}

static void a_storage_longer_than_the_file_is_refused(void **state) {
    static const uint64_t counts[] = {5, UINT64_C(1) << 62, UINT64_MAX};
    for (int i = 0; i < 3; i++) {
        mx_buf bytes = {0};
        put_magic(&bytes);
        mx_buf_puts(&bytes, "}");
        put_tensor(&bytes, &good);
        ADD(&bytes, "s.]U\x01"
                    "7a.");
        put_floats(&bytes, counts[i]);
        fixture_write(*state, "long", bytes.data, bytes.length);
        fixture_path(path, *state, "long");
        assert_refused("the storage '7' is cut short");
        mx_buf_release(&bytes);
    }
}

static void objects_that_are_no_state_dict_are_refused(void **state) {
    OBJECT(*state, "].");
    assert_refused("holds a list where a state dict should be");
    OBJECT(*state, "N.");
    assert_refused("holds None");
    OBJECT(*state, "}.");
    assert_refused("holds a mapping of 0 entries without tensors");
    OBJECT(*state, "}U\x05modelK\x01s.");
    assert_refused("holds a mapping of 1 entries");
    OBJECT(*state, "}q\x00U\x05modelh\x00s.");
    assert_refused("holds a mapping of 1 entries");
}

static void calls_with_wrong_arguments_are_refused(void **state) {
#define VALUE(call)                                                                                \
    OBJECT(*state, "}U\x01"                                                                        \
                   "actorch._utils\n" call "s.")
    VALUE("_rebuild_tensor_v2\n)R");
    assert_refused("tensor 'a' has no storage");
    VALUE("_rebuild_tensor_v2\n(NNNNtR");
    assert_refused("tensor 'a' has no storage");
    VALUE("_rebuild_tensor_v2\n(NQK\x00))tR");
    assert_refused("tensor 'a': a storage has an unknown form");
    VALUE("_rebuild_parameter\n)R");
    assert_refused("is a parameter without a tensor");
    VALUE("_rebuild_parameter\n(NtR");
    assert_refused("is a parameter without a tensor");
    VALUE("_rebuild_parameter\n(ctorch._utils\n_rebuild_parameter\n)RtR");
    assert_refused("is a parameter without a tensor");
    VALUE("_rebuild_tensor_v2\n((U\x07storagectorch\nSize\nU\x01"
          "7U\x03"
          "cpuK\x04tQK\x00))tR");
    assert_refused("is of no class of storages");
#undef VALUE
}

static void old_and_foreign_files_are_told_apart(void **state) {
    static const struct {
        const char *bytes;
        size_t length;
        const char *reason;
    } cases[] = {
        {"", 0, "the file is empty"},
        {"\x80", 1, "neither .safetensors nor a .pth by torch.save; it begins with '\\x80'"},
        {"\x89PNG\r\n\x1a\n...", 11, "it begins with '\\x89PNG\\x0d\\x0a\\x1a\\x0a'"},
        {"<!DOCTYPE html>", 15, "it begins with '<!DOCTYP'"},
        {"\x80\x02}.", 4, "a pickle that torch.save did not write"},
        {"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.K\x01.", 18, "an unknown version"},
        {"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.M\xe9\x03.}U\x0dlittle_endian\x89s.", 38,
         "its byte order is not little-endian"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture_write(*state, "foreign", cases[i].bytes, cases[i].length);
        fixture_path(path, *state, "foreign");
        assert_refused(cases[i].reason);
    }
    char tar[512] = "sys_info";
    memcpy(tar + 257, "ustar  ", 8);
    fixture_write(*state, "tar", tar, sizeof tar);
    fixture_path(path, *state, "tar");
    assert_refused("a tar archive, as PyTorch before 0.2 wrote them; load it with PyTorch and "
                   "torch.save it again");
}

static void missing_files_and_folders_are_refused(void **state) {
    fixture_path(path, *state, "none");
    assert_refused("No such file");
    snprintf(path, sizeof path, "%s", (const char *)*state);
    assert_refused("not a regular file");
}

/* A header of 640 bytes begins as a pickle does. */
static void safetensors_are_told_by_their_brace(void **state) {
    char bytes[8 + 640];
    mx_tensorfile file;
    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes, "\x80\x02\0\0\0\0\0\0{}", 10);
    fixture_write(*state, "brace", bytes, sizeof bytes);
    load(&file, fixture_path(path, *state, "brace"));
    assert_int_equal(file.n_tensors, 0);
    mx_tensorfile_release(&file);
}

static void read_whole(mx_buf *out, const char *name) {
    assert_int_equal(mx_read_file(out, golden(name), 1 << 20), MX_OK);
}

/* Every beginning of a file is refused: each storage ends it, or a zip's directory. */
static void assert_no_prefix_reads(const char *folder, const mx_buf *bytes) {
    for (size_t length = 0; length < bytes->length; length++) {
        fixture_write(folder, "cut", bytes->data, length);
        fixture_path(path, folder, "cut");
        assert_refused("cut'");
    }
}

static void assert_damage_is_survived(const char *folder, mx_buf *bytes) {
    static const char flips[] = {1, '\x80', '\xff'};
    fixture_path(path, folder, "damaged");
    for (size_t at = 0; at < bytes->length; at++)
        for (size_t i = 0; i < sizeof flips; i++) {
            bytes->data[at] ^= flips[i];
            fixture_write(folder, "damaged", bytes->data, bytes->length);
            bytes->data[at] ^= flips[i];
            const mx_status status = load_status();
            assert_true(status == MX_OK || status == MX_DATA);
        }
}

static void a_stream_cut_anywhere_is_refused(void **state) {
    mx_buf bytes = {0};
    read_whole(&bytes, "views.stream.pth");
    assert_no_prefix_reads(*state, &bytes);
    mx_buf_release(&bytes);
}

static void a_damaged_byte_of_a_stream_brings_nothing_down(void **state) {
    mx_buf bytes = {0};
    read_whole(&bytes, "types.stream.pth");
    assert_damage_is_survived(*state, &bytes);
    mx_buf_release(&bytes);
}

#ifdef MIXCL_WITH_ZIP
static void an_archive_cut_anywhere_is_refused(void **state) {
    mx_buf bytes = {0};
    read_whole(&bytes, "big_endian.pth");
    assert_no_prefix_reads(*state, &bytes);
    mx_buf_release(&bytes);
}

static void a_damaged_byte_of_an_archive_brings_nothing_down(void **state) {
    mx_buf bytes = {0};
    read_whole(&bytes, "ema.pth");
    assert_damage_is_survived(*state, &bytes);
    mx_buf_release(&bytes);
}

/* An archive of the tensor `spec`, with `bytes` of its storage when not negative. */
static void write_archive(const char *folder, const tensor_spec *spec, int bytes,
                          const char *order) {
    static const float floats[] = {1, -2, 3, -4};
    fixture_zip zip = {0};
    mx_buf pickle = {0};
    mx_buf_puts(&pickle, "\x80\x02}");
    put_tensor(&pickle, spec);
    mx_buf_puts(&pickle, "s.");
    fixture_zip_add(&zip, "any/name/data.pkl", pickle.data, pickle.length, FIXTURE_DEFLATE);
    if (order) fixture_zip_add(&zip, "any/name/byteorder", order, strlen(order), FIXTURE_STORED);
    if (bytes >= 0) fixture_zip_add(&zip, "any/name/data/7", floats, (size_t)bytes, FIXTURE_STORED);
    fixture_zip_write(&zip, folder, "archive");
    fixture_path(path, folder, "archive");
    mx_buf_release(&pickle);
}

static void an_archive_may_have_any_prefix_and_be_deflated(void **state) {
    write_archive(*state, &good, 16, "little");
    assert_int_equal(load_status(), MX_OK);
    write_archive(*state, &good, 16, NULL);
    assert_int_equal(load_status(), MX_OK);
}

static void archives_that_lack_something_are_refused(void **state) {
    fixture_zip zip = {0};
    write_archive(*state, &good, -1, "little");
    assert_refused("no entry 'any/name/data/7', the storage of tensor 'a'");
    write_archive(*state, &good, 15, "little");
    assert_refused("tensor 'a' needs more elements than its storage has");
    write_archive(*state, &good, 0, "little");
    assert_refused("tensor 'a' needs more elements than its storage has");
    write_archive(*state, &good, 16, "big\n");
    assert_refused("its byte order is 'big\\x0a'");
    fixture_zip_text(&zip, "readme.txt", "nothing");
    fixture_zip_write(&zip, *state, "other");
    fixture_path(path, *state, "other");
    assert_refused("a zip archive without data.pkl; not written by torch.save");
}

static void keys_cannot_leave_the_archive(void **state) {
    tensor_spec spec = good;
    spec.key = "../../../etc/passwd";
    write_archive(*state, &spec, 16, "little");
    assert_refused("no entry 'any/name/data/../../../etc/passwd'");
}

static void a_contiguous_storage_is_not_copied(void **state) {
    mx_tensorfile file;
    write_archive(*state, &good, 16, "little");
    load(&file, path);
    assert_int_equal(file.n_blocks, 1);
    assert_ptr_equal(file.tensors[0].data, file.blocks[0].data);
    mx_tensorfile_release(&file);
}
#else
static void archives_need_libzip(void **state) {
    (void)state;
    golden("views.zip.pth");
    assert_int_equal(load_status(), MX_USAGE);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_float_type_reads_as_torch_has_it),
        cmocka_unit_test(views_read_as_torch_has_them),
        cmocka_unit_test(checkpoints_give_their_state_dict_without_module),
        cmocka_unit_test(tensors_keep_the_order_of_the_state_dict),
        cmocka_unit_test(a_stream_by_hand_is_read),
        cmocka_unit_test(ranges_of_storages_are_read),
        cmocka_unit_test(nothing_is_executed),
        cmocka_unit_test(tensors_beyond_their_storage_are_refused),
        cmocka_unit_test(whole_numbers_are_checked_too),
        cmocka_unit_test(repeated_elements_cost_no_unbounded_memory),
        cmocka_unit_test(a_name_that_comes_twice_is_refused),
        cmocka_unit_test(names_are_printable_in_messages),
        cmocka_unit_test(storages_must_be_there_and_whole),
        cmocka_unit_test(a_storage_longer_than_the_file_is_refused),
        cmocka_unit_test(objects_that_are_no_state_dict_are_refused),
        cmocka_unit_test(calls_with_wrong_arguments_are_refused),
        cmocka_unit_test(old_and_foreign_files_are_told_apart),
        cmocka_unit_test(missing_files_and_folders_are_refused),
        cmocka_unit_test(safetensors_are_told_by_their_brace),
        cmocka_unit_test(a_stream_cut_anywhere_is_refused),
        cmocka_unit_test(a_damaged_byte_of_a_stream_brings_nothing_down),
#ifdef MIXCL_WITH_ZIP
        cmocka_unit_test(each_place_of_a_state_dict_is_found),
        cmocka_unit_test(files_without_a_state_dict_say_what_they_hold),
        cmocka_unit_test(an_archive_cut_anywhere_is_refused),
        cmocka_unit_test(a_damaged_byte_of_an_archive_brings_nothing_down),
        cmocka_unit_test(an_archive_may_have_any_prefix_and_be_deflated),
        cmocka_unit_test(archives_that_lack_something_are_refused),
        cmocka_unit_test(keys_cannot_leave_the_archive),
        cmocka_unit_test(a_contiguous_storage_is_not_copied),
#else
        cmocka_unit_test(archives_need_libzip),
#endif
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
