/* checkcl: every op of a device against its C reference. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "ocl/limits.h"
#include "ops/check.h"
#include "ops/conv_bench.h"

static const char usage[] =
    "usage: checkcl [test|grad|bench] [options]\n"
    "  test   answers of the device against plain C, over many shapes\n"
    "  grad   backward on the device against differences of the C forward\n"
    "  bench  times of larger shapes\n\n"
    "  -o, --op OP            check one op\n"
    "  -v, --variant TEXT     check variants whose name contains TEXT\n"
    "  -d, --device DEVICE    index, P:D, cpu, gpu or part of a name\n"
    "  -a, --as TYPE          treat the device as a cpu or a gpu: kernels and\n"
    "                         work-groups are those that such a device gets\n"
    "  -n, --largest N        leave out cases of more than N elements\n"
    "  -L, --limits NAME      hold the device to gpu-tiny, gpu-small or gpu-large\n"
    "  -s, --seed N           of the inputs\n"
    "  -S, --shape SHAPE      bench this convolution only: what training takes for\n"
    "                         it (auto) and every algorithm; SHAPE is like\n"
    "                         n64,c32,k32,h16,w16,r3,s3,stride1,pad1\n"
    "  -j, --json             print JSON\n"
    "  -l, --list             print the ops\n"
    "      --verbose          say which kernel files are compiled, with which options\n"
    "  -h, --help             print this text\n";

typedef struct request {
    mx_check_options options;
    mx_conv_shape shape;
    const char *device, *as, *limits; /* as: name of a type of device, or NULL */
    bool json;
} request;

static void show(mx_check_mode mode, const mx_check_row *row) {
    mx_check_print_row(stdout, mode, row);
    fflush(stdout);
}

static mx_status print_json(const mx_check *check) {
    json_t *json = mx_check_to_json(check);
    if (!json) return mx_fail(MX_MEMORY, "cannot build JSON");
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
    return MX_OK;
}

static mx_status print_verdict(const mx_check *check) {
    fputs(mx_check_failures(check), stdout);
    printf("%zu passed, %zu failed\n", mx_check_passed(check), mx_check_failed(check));
    return MX_OK;
}

static mx_status read_type(const char *name, mx_device_type *type) {
    for (mx_device_type t = MX_DEVICE_CPU; t <= MX_DEVICE_GPU; t++)
        if (strcasecmp(name, mx_device_type_name(t)) == 0) {
            *type = t;
            return MX_OK;
        }
    return mx_fail(MX_USAGE, "no type of device '%s'; there are cpu, gpu", name);
}

static mx_status open_as(mx_device **out, const request *asked) {
    const bool profile = asked->options.mode == MX_CHECK_BENCH;
    mx_device_list list;
    size_t chosen = 0;
    mx_limits limits = MX_LIMITS_NONE;
    char why[160];
    if (!asked->as) return mx_device_open_limited(out, asked->device, asked->limits, profile);
    MX_TRY(mx_limits_find(asked->limits, &limits));
    MX_TRY(mx_device_list_load(&list));
    mx_status status = mx_device_choose(&list, asked->device, &chosen, why, sizeof why);
    if (status == MX_OK) mx_limits_impose(&list.devices[chosen], limits);
    if (status == MX_OK) status = read_type(asked->as, &list.devices[chosen].type);
    if (status == MX_OK) status = mx_device_open(out, &list.devices[chosen], profile);
    mx_device_list_release(&list);
    return status;
}

static mx_status run(const request *asked, bool *right) {
    mx_device *device = NULL;
    mx_check *check = NULL;
    const mx_check_mode mode = asked->options.mode;
    mx_status status;
    MX_GO(open_as(&device, asked));
    MX_GO(mx_check_open(&check, device, &asked->options));
    if (!asked->json) printf("%s\n", mx_device_get_info(device)->name);
    if (!asked->json) mx_check_print_head(stdout, mode);
    MX_GO(mx_check_run(check, asked->json ? NULL : show));
    *right = mx_check_failed(check) == 0;
    status = asked->json ? print_json(check) : print_verdict(check);
done:
    mx_check_close(check);
    mx_device_close(device);
    return status;
}

static void print_list(void) {
    for (const mx_op *op = mx_ops; op->stem; op++)
        printf("%-11s %-42s limit %.0e\n", op->stem, op->help, op->limit);
}

static bool read_mode(const char *word, mx_check_mode *mode) {
    static const char *const names[] = {"test", "grad", "bench"};
    for (int i = 0; i < 3; i++)
        if (strcmp(word, names[i]) == 0) {
            *mode = (mx_check_mode)i;
            return true;
        }
    return false;
}

/* 0 or more: leave with that exit code; -1: go on. */
static int read_options(request *asked, int argc, char **argv) {
    static const struct option options[] = {
        {"op", required_argument, NULL, 'o'},
        {"variant", required_argument, NULL, 'v'},
        {"device", required_argument, NULL, 'd'},
        {"as", required_argument, NULL, 'a'},
        {"limits", required_argument, NULL, 'L'},
        {"largest", required_argument, NULL, 'n'},
        {"verbose", no_argument, NULL, 'V'},
        {"seed", required_argument, NULL, 's'},
        {"shape", required_argument, NULL, 'S'},
        {"json", no_argument, NULL, 'j'},
        {"list", no_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    for (int letter;
         (letter = getopt_long(argc, argv, "o:v:d:a:L:n:s:S:jlh", options, NULL)) != -1;) {
        switch (letter) {
        case 'o':
            asked->options.op = optarg;
            break;
        case 'v':
            asked->options.variant = optarg;
            break;
        case 'd':
            asked->device = optarg;
            break;
        case 'a':
            asked->as = optarg;
            break;
        case 'n':
            asked->options.largest = strtoull(optarg, NULL, 0);
            break;
        case 'V':
            mx_log_set_level(MX_LOG_VERBOSE);
            break;
        case 'L':
            asked->limits = optarg;
            break;
        case 's':
            asked->options.seed = strtoull(optarg, NULL, 0);
            break;
        case 'S':
            if (mx_conv_shape_read(optarg, &asked->shape) != MX_OK) {
                fprintf(stderr, "checkcl: error: %s\n", mx_error());
                return 2;
            }
            asked->options.shape = &asked->shape;
            asked->options.op = "conv";
            break;
        case 'j':
            asked->json = true;
            break;
        case 'l':
            print_list();
            return 0;
        case 'h':
            fputs(usage, stdout);
            return 0;
        default:
            return 2;
        }
    }
    const bool has_mode =
        optind == argc || (optind + 1 == argc && read_mode(argv[optind], &asked->options.mode));
    const bool understood =
        has_mode && (!asked->options.shape || asked->options.mode == MX_CHECK_BENCH);
    if (!understood) fputs(usage, stderr);
    return understood ? -1 : 2;
}

int main(int argc, char **argv) {
    request asked = {.device = getenv("MIXCL_DEVICE"), .limits = "none"};
    bool right = false;
    const int leave = read_options(&asked, argc, argv);
    if (leave >= 0) return leave;
    const mx_status status = run(&asked, &right);
    if (status != MX_OK) fprintf(stderr, "checkcl: error: %s\n", mx_error());
    return status == MX_OK && right ? 0 : 1;
}
