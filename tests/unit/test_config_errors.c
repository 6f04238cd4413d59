/* What a configuration is refused for: the place, the value and the way out are in the message. */
#include "config_fixture.h"

#include "train/config_nearest.h"

static void expect_error_of(const char *bytes, size_t count, const char *set, const char *message) {
    mx_config *config = NULL;
    write_file("exp.ini", bytes, count);
    assert_int_equal(mx_config_open(&config, "exp.ini", &set, set != NULL), MX_USAGE);
    assert_null(config);
    assert_string_equal(mx_error(), message);
}

static void expect_error(const char *text, const char *message) {
    expect_error_of(text, strlen(text), NULL, message);
}

static void expect_set_error(const char *set, const char *message) {
    static const char text[] = "[source.train]\nimages = x\n" STEPS;
    expect_error_of(text, sizeof text - 1, set, message);
}

static void mistyped_names_are_answered_with_the_nearest(void **state) {
    (void)state;
    expect_error("[run]\n\n[mixmatch]\nalhpa = 1\n",
                 "exp.ini:4: unknown key 'alhpa' in [mixmatch]; did you mean 'alpha'?");
    expect_error("[train]\nlr = 1\n",
                 "exp.ini:2: unknown key 'lr' in [train]; did you mean 'lr' in [optimizer]?");
    expect_error("[conv]\nzzzzzz = 1\n",
                 "exp.ini:2: unknown key 'zzzzzz' in [conv]; its keys are algorithm, fuse");
    expect_error("[traim]\n", "exp.ini:1: unknown section [traim]; did you mean [train]?");
    expect_error("[source.a]\nimage = x\n",
                 "exp.ini:2: unknown key 'image' in [source.a]; did you mean 'images'?");
    expect_error("[source.]\n", "exp.ini:1: the name in [source.] must be letters, digits, '-' "
                                "and '_'");
    expect_error("[x1234567]\n",
                 "exp.ini:1: unknown section [x1234567]; the sections are run, device, data, "
                 "augment, mixmatch, model, optimizer, train, conv, log, sweep, source.NAME");
    expect_error("[sweep]\nrun.seed = 1\nrun.seed = 2\n",
                 "exp.ini:3: 'run.seed' in [sweep] is already set at exp.ini:2");
    expect_set_error("sweep.seed=1", "--set sweep.seed=1: use 'mixcl sweep' with --vary");
    expect_set_error("mixmatch.alhpa=1", "--set mixmatch.alhpa=1: unknown key 'alhpa' in "
                                         "[mixmatch]; did you mean 'alpha'?");
}

static void values_out_of_range_are_refused_with_the_range(void **state) {
    (void)state;
    static const char *const bad_alphas[] = {"0",      "100.1", "nan",     "inf", "-1", "1e999",
                                             "1e-999", "0x1",   "0.5junk", "1 2", "1,5"};
    for (size_t i = 0; i < sizeof bad_alphas / sizeof *bad_alphas; i++) {
        char text[128], message[256];
        snprintf(text, sizeof text, "[mixmatch]\nalpha = %s\n", bad_alphas[i]);
        snprintf(message, sizeof message,
                 "exp.ini:2: mixmatch.alpha = '%s' is not a number within 0.01..100",
                 bad_alphas[i]);
        expect_error(text, message);
    }
    expect_error("[optimizer]\nbeta1 = 1\n",
                 "exp.ini:2: optimizer.beta1 = '1' is not a number within 0..1, below 1");
    expect_error("[mixmatch]\nk = 1.5\n",
                 "exp.ini:2: mixmatch.k = '1.5' is not a whole number within 1..8");
    expect_error("[run]\nseed = 9223372036854775808\n",
                 "exp.ini:2: run.seed = '9223372036854775808' is not a whole number within "
                 "0..9223372036854775807");
    expect_error("[data]\nchannels = 2\n", "exp.ini:2: data.channels = '2' is not 1 or 3");
    expect_error("[mixmatch]\nmixup = maybe\n",
                 "exp.ini:2: mixmatch.mixup = 'maybe' is not true or false");
    expect_error("[source.a]\nsplit = tets\n",
                 "exp.ini:2: source.a.split = 'tets' is not train, test or unlabelled; did you "
                 "mean 'test'?");
    expect_set_error("mixmatch.k=9",
                     "--set mixmatch.k=9: mixmatch.k = '9' is not a whole number within 1..8");
}

static void sizes_are_n_or_h_by_w(void **state) {
    (void)state;
    static const char *const bad[] = {"0",       "1025",    "32x",       "x32",
                                      "32x32x3", "32 x 32", "9999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[64], message[128];
        snprintf(text, sizeof text, "[data]\nsize = %s\n" STEPS, bad[i]);
        snprintf(message, sizeof message,
                 "exp.ini:2: data.size = '%s' is not N or HxW with each within 1..1024", bad[i]);
        expect_error(text, message);
    }
}

static void keys_are_held_to_each_other(void **state) {
    (void)state;
    expect_error("[run]\n",
                 "exp.ini: neither train.epochs nor train.steps is set; set one of them");
    expect_error("[train]\nepochs = 2\nsteps = 3\n",
                 "exp.ini:3: train.steps = 3 and train.epochs = 2 (exp.ini:2) are both set; set "
                 "one of them to 0");
    expect_error("[train]\nsteps = 1\neval_every = 0\n",
                 "exp.ini:3: train.eval_every = '0' is not epoch, end or a number of steps within "
                 "1..1000000000");
    expect_error("[data]\nsize = 8x4\n" STEPS,
                 "exp.ini: augment.pad = 4 must be less than data.size = 8x4");
    expect_error("[run]\nname = a/b\n" STEPS,
                 "exp.ini:2: run.name = 'a/b' is not the name of one folder");
    expect_error("[data]\nclasses = a,,b\n", "exp.ini:2: data.classes = 'a,,b' has an empty item");
    expect_error("[data]\nclasses = a,b,a\n", "exp.ini:2: data.classes = 'a,b,a' has 'a' twice");
}

#define LIST "[augment]\nlabelled = list\nlabelled_ops = "
#define FORM                                                                                       \
    " in augment.labelled_ops is not NAME, NAME(STRENGTH) or NAME(LOW..HIGH), with or without "    \
    ":PROBABILITY"

static void lists_of_augmentations_name_what_is_wrong(void **state) {
    (void)state;
    expect_error(LIST "flip, roatte\n" STEPS,
                 "exp.ini:3: augment.labelled_ops has no augmentation 'roatte'; there are "
                 "brightness, contrast, saturation, gamma, hue, flip, rotate, rotate-bilinear, "
                 "gray, crop, crop-black, blur, erase, affine; did you mean 'rotate'?");
    static const char *const bad[] = {
        "rotate(1", "rotate()",    "rotate(1..)",  "rotate(a)",     "rotate(1..2)x", "rotate(1):",
        "rotate:x", "hue(0..nan)", "hue(0..1..2)", "rotate(1):0:0", "rotate(--1)"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[128], message[256];
        snprintf(text, sizeof text, LIST "%s\n" STEPS, bad[i]);
        snprintf(message, sizeof message, "exp.ini:3: '%s'" FORM, bad[i]);
        expect_error(text, message);
    }
    expect_error(LIST "rotate(9..1)\n" STEPS,
                 "exp.ini:3: 'rotate(9..1)' in augment.labelled_ops: the strength of rotate is "
                 "within -360..360, low first (degrees, nearest pixel, black around)");
    expect_error(LIST "hue(-0.6..0.1)\n" STEPS,
                 "exp.ini:3: 'hue(-0.6..0.1)' in augment.labelled_ops: the strength of hue is "
                 "within -0.5..0.5, low first (turns)");
    expect_error(LIST "flip(1)\n" STEPS,
                 "exp.ini:3: 'flip(1)' in augment.labelled_ops: flip takes no strength");
    expect_error(LIST "flip:1.5\n" STEPS,
                 "exp.ini:3: 'flip:1.5' in augment.labelled_ops: a probability is within 0..1");
    expect_error("[augment]\nlabelled_ops = flip\n" STEPS,
                 "exp.ini:2: augment.labelled_ops is for augment.labelled = list");
    expect_error("[augment]\nunlabelled = list\n" STEPS,
                 "exp.ini: augment.unlabelled_ops is empty, and augment.unlabelled = list");
    expect_error(LIST "hue(0),hue(0.01),hue(0.02),hue(0.03),hue(0.04),hue(0.05),hue(0.06),"
                      "hue(0.07),hue(0.08),hue(0.09),hue(.1),hue(.11),hue(.12),hue(.13),hue(.14),"
                      "hue(.15),hue(.16)\n" STEPS,
                 "exp.ini:3: augment.labelled_ops has 17 augmentations; 16 is the most");
}

static void sources_need_what_their_kind_needs(void **state) {
    (void)state;
    expect_error("[source.a]\n" STEPS, "exp.ini: [source.a] has no 'images'");
    expect_error("[source.a]\nkind = idx\nimages = i\n" STEPS,
                 "exp.ini: [source.a] has no 'labels', and its split is not unlabelled");
    expect_error("[source.a]\nimages = i\nlabels = l\n" STEPS,
                 "exp.ini:3: 'labels' in [source.a] is for kind = idx, table or mafa only");
    expect_error("[source.a]\nkind = idx\nimages = i\nlabels = l\nlabel = x\n" STEPS,
                 "exp.ini:5: 'label' in [source.a] is for kind = folder or table only");
}

#define TABLE "[source.a]\nkind = table\nimages = i\nlabels = l\npath = {p}\nlabel = {c}\n"

static void texts_of_a_source_have_their_form(void **state) {
    (void)state;
    expect_error("[source.a]\nkind = table\nimages = i\nlabels = l\nlabel = x\n" STEPS,
                 "exp.ini: [source.a] has no 'path'");
    expect_error("[source.a]\nkind = table\nimages = i\nlabels = l\npath = {p}\n" STEPS,
                 "exp.ini: [source.a] has no 'label', and its split is not unlabelled");
    expect_error("[source.a]\nkind = mafa\nimages = i\n" STEPS,
                 "exp.ini: [source.a] has no 'labels'");
    expect_error(
        "[source.a]\nkind = table\nimages = i\nlabels = l\npath = {p\nlabel = x\n" STEPS,
        "exp.ini:5: source.a.path = '{p': '{p' lacks a closing '}'; a brace itself is '{{'");
    expect_error(TABLE "label_map = a\n" STEPS,
                 "exp.ini:7: 'a' in label_map of [source.a] is not VALUE:CLASS");
    expect_error(TABLE "label_map = a:\n" STEPS,
                 "exp.ini:7: 'a:' in label_map of [source.a] is not VALUE:CLASS");
    expect_error(TABLE "box = x, y\n" STEPS,
                 "exp.ini:7: box of [source.a] has 2 columns; it takes x, y, width and height");
    expect_error(TABLE "margin = 0.1\n" STEPS, "exp.ini:7: margin of [source.a] needs a box");
    expect_error(TABLE "split = test\nlabel_other = unlabelled\n" STEPS,
                 "exp.ini:8: label_other of [source.a] = unlabelled is not for split = test");
    expect_error(
        "[source.a]\nimages = i\ngroup = person\n" STEPS,
        "exp.ini:3: group of [source.a] = 'person' is not 'folder', the only one of a folder");
    expect_error("[source.a]\nkind = cifar10\nimages = i\nheader = no\n" STEPS,
                 "exp.ini:4: 'header' in [source.a] is for kind = table only");
}

static void a_key_set_twice_names_both_lines(void **state) {
    (void)state;
    expect_error("[run]\nseed = 1\n[data]\n[run]\nseed = 2\n",
                 "exp.ini:5: 'seed' in [run] is already set at exp.ini:2");
    expect_error("[source.a]\nimages = 1\nimages = 2\n",
                 "exp.ini:3: 'images' in [source.a] is already set at exp.ini:2");
}

static void lines_that_inih_would_bend_are_refused(void **state) {
    (void)state;
    char line[300] = "[run]\nname = ";
    expect_error("[run]\nname = a\n  b\n",
                 "exp.ini:3: the line is indented; keys and sections start in the first column, "
                 "and a value ends with its line");
    expect_error("[run]\n\tname = a\n",
                 "exp.ini:2: the line is indented; keys and sections start in the first column, "
                 "and a value ends with its line");
    expect_error("name = a\n", "exp.ini:1: 'name' stands before the first [section]");
    expect_error("[run]\nname\n", "exp.ini:2: 'name' is neither 'key = value' nor '[section]'");
    expect_error("[run]\n= 1\n", "exp.ini:2: '= 1' is neither 'key = value' nor '[section]'");
    expect_error("[run\n", "exp.ini:1: '[run' lacks a closing ']'");
    expect_error("[run] seed = 1\n", "exp.ini:1: ' seed = 1' follows the section's ']'");
    memset(line + strlen(line), 'x', 192);
    expect_error(line, "exp.ini:2: the line has 199 bytes; at most 198 are read");
}

static void bytes_that_are_no_text_are_refused(void **state) {
    (void)state;
    expect_error_of("[run]\nname = a\0b\n", 17, NULL,
                    "exp.ini:2: byte 0x00 in column 9; the file must be UTF-8 text");
    expect_error("[run]\nname = \xff\n",
                 "exp.ini:2: byte 0xff in column 8; the file must be UTF-8 text");
    expect_error("[run]\nname = \xed\xa0\x80\n",
                 "exp.ini:2: byte 0xed in column 8; the file must be UTF-8 text");
    expect_error("[run]\nname = \x1b[0m\n",
                 "exp.ini:2: byte 0x1b in column 8; the file must be UTF-8 text");
    mx_config *config = open_text("[run]\nname = \xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb6\n" STEPS);
    assert_string_equal(config->run_name, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb6");
    mx_config_close(config);
}

static void flags_fail_as_lines_do(void **state) {
    (void)state;
    expect_set_error("nonsense", "--set nonsense: expected section.key=value");
    expect_set_error("a=b.c", "--set a=b.c: expected section.key=value");
    expect_set_error("run.name=a #b", "--set run.name=a #b: run.name = 'a #b' has a ';' or '#' "
                                      "that begins a comment");
    expect_set_error("run.name=a\nb",
                     "--set run.name=a\nb: run.name has byte 0x0a; values are UTF-8 text");
    expect_set_error("source.tarin.images=y",
                     "--set source.tarin.images=y: 'exp.ini' has no section [source.tarin]; did "
                     "you mean [source.train]?");
}

static void a_missing_file_is_a_usage_error(void **state) {
    (void)state;
    mx_config *config = NULL;
    assert_int_equal(mx_config_open(&config, "none.ini", NULL, 0), MX_USAGE);
    assert_string_equal(mx_error(), "cannot open 'none.ini': No such file or directory");
    assert_int_equal(mx_config_open(&config, "sub", NULL, 0), MX_USAGE);
    assert_string_equal(mx_error(), "cannot read 'sub': not a regular file");
}

static void distance_is_levenshteins(void **state) {
    (void)state;
    assert_int_equal(mx_word_distance("kitten", "sitting"), 3);
    assert_int_equal(mx_word_distance("", "abc"), 3);
    assert_int_equal(mx_word_distance("abc", "abc"), 0);
    assert_int_equal(mx_word_distance("alhpa", "alpha"), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistyped_names_are_answered_with_the_nearest),
        cmocka_unit_test(values_out_of_range_are_refused_with_the_range),
        cmocka_unit_test(sizes_are_n_or_h_by_w),
        cmocka_unit_test(keys_are_held_to_each_other),
        cmocka_unit_test(lists_of_augmentations_name_what_is_wrong),
        cmocka_unit_test(sources_need_what_their_kind_needs),
        cmocka_unit_test(texts_of_a_source_have_their_form),
        cmocka_unit_test(a_key_set_twice_names_both_lines),
        cmocka_unit_test(lines_that_inih_would_bend_are_refused),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(flags_fail_as_lines_do),
        cmocka_unit_test(a_missing_file_is_a_usage_error),
        cmocka_unit_test(distance_is_levenshteins),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
