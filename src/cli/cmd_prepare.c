/* mixcl prepare: every picture decoded and resized once, into the packed file that training maps.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/open_config.h"
#include "train/setup.h"

const mx_option mx_cmd_prepare_options[] = {
    {"CONFIG", NULL, "the INI file"},
    MX_SET_OPTION,
    {"--check", NULL, "only read and report; write no packed file"},
    {"--report", "FILE", "CSV of the pictures that cannot be used"},
    {"--json", NULL, "print JSON"},
    {0},
};

/* The rows of the table of classes, in the order of its columns. */
typedef struct split_column {
    const char *name;
    const mx_rows *rows;
} split_column;

enum { N_SPLITS = 4 };

static void list_splits(split_column out[N_SPLITS], const mx_dataset *data) {
    out[0] = (split_column){"labelled", &data->labelled};
    out[1] = (split_column){"unlabelled", &data->unlabelled};
    out[2] = (split_column){"validation", &data->validation};
    out[3] = (split_column){"test", &data->test};
}

/* Pictures of no class are in the row of label -1, which is printed where there are any. */
static void print_classes(const mx_dataset *data) {
    split_column splits[N_SPLITS];
    list_splits(splits, data);
    printf("\n%-24s", "class");
    for (int s = 0; s < N_SPLITS; s++)
        printf("  %10s", splits[s].name);
    putchar('\n');
    for (int32_t label = 0; label <= data->n_classes; label++) {
        const bool none = label == data->n_classes;
        if (none && mx_dataset_count(data, &data->unlabelled, -1) == 0) break;
        printf("%-24.24s", none ? "(no class)" : data->class_names[label]);
        for (int s = 0; s < N_SPLITS; s++)
            printf("  %10zu", mx_dataset_count(data, splits[s].rows, none ? -1 : label));
        putchar('\n');
    }
    printf("%-24s", "all");
    for (int s = 0; s < N_SPLITS; s++)
        printf("  %10zu", splits[s].rows->count);
    putchar('\n');
}

static double pictures_per_s(const mx_pack_facts *pack) {
    return pack->elapsed_ms > 0 ? (double)pack->n_decoded * 1000 / pack->elapsed_ms : 0;
}

static void print_facts(const mx_dataset *data) {
    const mx_pack_facts *pack = &data->pack;
    printf("pictures  %zu of %d x %d x %d, and %zu that cannot be used\n", data->n_pictures,
           data->height, data->width, data->channels, data->n_bad);
    if (pack->n_decoded > 0)
        printf("decoded   %zu in %.1f s, %.0f pictures/s\n", pack->n_decoded,
               pack->elapsed_ms / 1000, pictures_per_s(pack));
    if (pack->file)
        printf("file      %s, %.1f MiB%s\n", pack->file, (double)pack->bytes / (1 << 20),
               pack->n_decoded ? "" : ", was there");
    else if (data->pixels)
        printf("file      none: pictures of idx and cifar10 need no decoding\n");
    if (pack->report) printf("report    %s\n", pack->report);
    print_classes(data);
}

static json_t *splits_json(const mx_dataset *data) {
    split_column splits[N_SPLITS];
    json_t *all = json_object();
    list_splits(splits, data);
    for (int s = 0; s < N_SPLITS; s++) {
        json_t *classes = json_object();
        for (int32_t label = 0; label < data->n_classes; label++)
            json_object_set_new(
                classes, data->class_names[label],
                json_integer((json_int_t)mx_dataset_count(data, splits[s].rows, label)));
        json_object_set_new(
            all, splits[s].name,
            json_pack("{s:I, s:o}", "n", (json_int_t)splits[s].rows->count, "classes", classes));
    }
    return all;
}

static json_t *facts_json(const mx_dataset *data) {
    const mx_pack_facts *pack = &data->pack;
    return json_pack("{s:I, s:I, s:I, s:f, s:f, s:s?, s:I, s:s?, s:o}", "pictures",
                     (json_int_t)data->n_pictures, "bad", (json_int_t)data->n_bad, "decoded",
                     (json_int_t)pack->n_decoded, "seconds", pack->elapsed_ms / 1000,
                     "pictures_per_s", pictures_per_s(pack), "file", pack->file, "bytes",
                     (json_int_t)pack->bytes, "report", pack->report, "splits", splits_json(data));
}

mx_status mx_cmd_prepare(const mx_args *args) {
    const mx_prepare_options options = {.check = mx_args_flag(args, "--check"),
                                        .report = mx_args_value(args, "--report")};
    mx_config *config = NULL;
    mx_dataset data = {0};
    mx_status status;
    MX_GO(mx_open_config(&config, args, mx_args_positional(args, 0)));
    MX_GO(mx_setup_dataset_with(config, &options, &data));
    if (mx_args_flag(args, "--json"))
        status = mx_print_json(facts_json(&data));
    else
        print_facts(&data);
done:
    mx_dataset_release(&data);
    mx_config_close(config);
    return status;
}
