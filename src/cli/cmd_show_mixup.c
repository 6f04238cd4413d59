/* mixcl show mixup: how much pictures are mixed for several alpha, and what sharpening does. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/json.h"
#include "cli/show.h"
#include "cli/show_mixup.h"
#include "report/canvas.h"
#include "train/setup.h"

static json_t *numbers(const double *values, int count) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_real(values[i]));
    return list;
}

static json_t *alphas_json(const mx_mixup_facts *facts) {
    json_t *list = json_array();
    for (int i = 0; i < MX_MIXUP_ALPHAS; i++) {
        const mx_mixup_lambdas *l = &facts->lambdas[i];
        const double alpha = mx_mixup_alphas[i];
        json_t *row =
            json_pack("{s:f, s:i, s:f, s:f, s:f, s:o, s:o}", "alpha", alpha, "n", MX_MIXUP_DRAWS,
                      "lambda_mean", l->mean, "lambda_prime_mean", l->larger_mean,
                      "lambda_prime_mean_expected", mx_beta_larger_mean(alpha), "lambda_density",
                      numbers(l->bins, MX_MIXUP_BINS), "lambda_prime_density",
                      numbers(l->larger_bins, MX_MIXUP_BINS));
        if (facts->n_pictures > 0)
            json_object_set_new(row, "mean_distance", json_real(l->distance));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *as_json(const mx_mixup_facts *facts) {
    json_t *sharpening = json_array();
    double p[MX_MIXUP_CURVE];
    for (int i = 0; i < MX_MIXUP_CURVE; i++)
        p[i] = (double)i / (MX_MIXUP_CURVE - 1);
    for (int t = 0; t < MX_MIXUP_TEMPERATURES; t++)
        json_array_append_new(sharpening,
                              json_pack("{s:f, s:o}", "temperature", mx_mixup_temperatures[t],
                                        "sharpened", numbers(facts->sharpened[t], MX_MIXUP_CURVE)));
    json_t *all = json_pack("{s:o, s:o, s:o, s:I}", "alphas", alphas_json(facts), "p",
                            numbers(p, MX_MIXUP_CURVE), "sharpening", sharpening, "pictures",
                            (json_int_t)facts->n_pictures);
    if (facts->n_pictures > 0)
        json_object_set_new(all, "picture_distance", json_real(facts->picture_distance));
    return all;
}

static mx_status open_device(const mx_args *args, const mx_config *config, mx_device **out) {
    const char *selector = mx_args_value(args, "--device");
    if (config) return mx_setup_device(config, false, out);
    return mx_device_open_selected(out, selector ? selector : getenv("MIXCL_DEVICE"), false);
}

/* With --json, a picture is drawn only where --out asks for it. */
static mx_status tell(const mx_args *args, const mx_mixup_facts *facts, const mx_dataset *data) {
    const bool json = mx_args_flag(args, "--json");
    const char *path = mx_show_out(args, json ? NULL : "mixup.png");
    if (path) MX_TRY(mx_mixup_page_write(facts, data, path));
    if (json) return mx_print_json(as_json(facts));
    printf("%s: %d alphas, %d draws of lambda each, %zu pictures\n", path, MX_MIXUP_ALPHAS,
           MX_MIXUP_DRAWS, facts->n_pictures);
    return MX_OK;
}

mx_status mx_show_mixup(const mx_args *args, const mx_config *config) {
    const uint64_t seed = config ? (uint64_t)config->run_seed : 1;
    mx_dataset data = {0};
    mx_device *device = NULL;
    mx_mixup_facts facts = {0};
    mx_status status;
    if (!mx_args_flag(args, "--json")) MX_TRY(mx_canvas_check_path(mx_show_out(args, "mixup.png")));
    if (config) MX_GO(mx_setup_dataset(config, &data));
    MX_GO(open_device(args, config, &device));
    MX_GO(mx_mixup_facts_compute(&facts, device, config ? &data : NULL, seed));
    status = tell(args, &facts, config ? &data : NULL);
done:
    mx_mixup_facts_release(&facts);
    mx_device_close(device);
    mx_dataset_release(&data);
    return status;
}
