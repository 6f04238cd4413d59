/* mixcl show model: the network's layers. */
#include <stdio.h>

#include "cli/json.h"
#include "cli/show.h"
#include "train/memory.h"
#include "train/setup.h"

enum { CLASSES_WITHOUT_DATA = 10 };

static void shape_text(mx_value v, char *out, size_t bytes) {
    snprintf(out, bytes, "%dx%dx%d", v.h, v.w, v.c);
}

static void print_model(const mx_net *net, const mx_config *config, uint64_t bytes) {
    char shape[48];
    double macs = 0;
    mx_layer_row row;
    shape_text(mx_net_input(net), shape, sizeof shape);
    printf("%s, input %s, %d classes\n\n", config->model_name, shape, mx_net_classes(net));
    printf("%-9s  %-32s  %-11s  %10s  %8s\n", "layer", "name", "output", "parameters", "MMACs");
    for (int i = 0; mx_net_layer_row(net, i, &row); i++) {
        shape_text(row.out, shape, sizeof shape);
        printf("%-9s  %-32s  %-11s  %10zu  %8.3f\n", row.type, row.name, shape, row.parameters,
               row.macs * 1e-6);
        macs += row.macs;
    }
    printf("\n%zu parameters, %.1f million multiply-adds an image\n", mx_net_parameters(net),
           macs * 1e-6);
    printf("%.1f MiB of device memory to train with batch %lld, K %lld\n",
           (double)bytes / (1 << 20), (long long)config->train_batch,
           (long long)config->mixmatch_k);
}

static json_t *value_json(mx_value v) {
    return json_pack("[i, i, i]", v.h, v.w, v.c);
}

static json_t *model_json(const mx_net *net, const mx_config *config, uint64_t bytes) {
    json_t *layers = json_array();
    mx_layer_row row;
    for (int i = 0; mx_net_layer_row(net, i, &row); i++)
        json_array_append_new(layers,
                              json_pack("{s:s, s:s, s:o, s:I, s:f}", "type", row.type, "name",
                                        row.name, "output", value_json(row.out), "parameters",
                                        (json_int_t)row.parameters, "macs", row.macs));
    return json_pack("{s:s, s:o, s:i, s:I, s:I, s:o}", "model", config->model_name, "input",
                     value_json(mx_net_input(net)), "classes", mx_net_classes(net), "parameters",
                     (json_int_t)mx_net_parameters(net), "memory_bytes", (json_int_t)bytes,
                     "layers", layers);
}

mx_status mx_show_model(const mx_args *args, const mx_config *config) {
    mx_device *device = NULL;
    mx_net *net = NULL;
    const mx_trainer_spec spec = mx_setup_trainer(config);
    mx_status status;
    MX_GO(mx_setup_device(config, false, &device));
    const int classes =
        config->model_head_keep ? MX_KEPT_CLASSES : mx_setup_classes(config, CLASSES_WITHOUT_DATA);
    uint64_t bytes = 0;
    MX_GO(mx_setup_sized_net(config, device, classes, &spec, &net));
    MX_GO(mx_memory_needed(config, device, classes, 0, &bytes));
    if (mx_args_flag(args, "--json"))
        status = mx_print_json(model_json(net, config, bytes));
    else
        print_model(net, config, bytes);
done:
    mx_net_close(net);
    mx_device_close(device);
    return status;
}
