/* Shared by the files of `show mixup`. */
#ifndef MX_CLI_SHOW_MIXUP_H
#define MX_CLI_SHOW_MIXUP_H

#include "data/dataset.h"
#include "ocl/device.h"

enum {
    MX_MIXUP_ALPHAS = 7,
    MX_MIXUP_DRAWS = 20000, /* of lambda for each alpha */
    MX_MIXUP_BINS = 20,
    MX_MIXUP_TEMPERATURES = 5,
    MX_MIXUP_CURVE = 101, /* points of a curve */
    MX_MIXUP_PAIRS = 3,
    MX_MIXUP_SHARES = 7 /* pictures that a pair is shown as */
};

extern const double mx_mixup_alphas[MX_MIXUP_ALPHAS];
extern const double mx_mixup_temperatures[MX_MIXUP_TEMPERATURES];
/* Of the first picture of a pair, from the one to the other. */
extern const double mx_mixup_shares[MX_MIXUP_SHARES];

/* Of lambda ~ Beta(alpha, alpha) and lambda' = max(lambda, 1 - lambda), as the device draws them.
 * Bins are densities: equal parts of 0..1, and of 0.5..1. */
typedef struct mx_mixup_lambdas {
    double bins[MX_MIXUP_BINS], larger_bins[MX_MIXUP_BINS];
    double mean, larger_mean;
    double distance; /* RMS of mixed pictures from their own, grey levels; 0 without pictures */
} mx_mixup_lambdas;

typedef struct mx_mixup_facts {
    mx_mixup_lambdas lambdas[MX_MIXUP_ALPHAS];
    /* Sharpened p of two classes p and 1 - p, p = i / (MX_MIXUP_CURVE - 1). */
    double sharpened[MX_MIXUP_TEMPERATURES][MX_MIXUP_CURVE];
    size_t n_pictures;                 /* that distances are of; 0 without a data set */
    double picture_distance;           /* mean RMS of two of them, grey levels */
    uint32_t pairs[MX_MIXUP_PAIRS][2]; /* pictures of the data set */
    uint8_t *mixed;                    /* [pairs][shares] pictures, NULL without a data set */
} mx_mixup_facts;

/* `data` may be NULL. Release with mx_mixup_facts_release in any case. */
mx_status mx_mixup_facts_compute(mx_mixup_facts *facts, mx_device *device, const mx_dataset *data,
                                 uint64_t seed);
void mx_mixup_facts_release(mx_mixup_facts *facts);

/* The density of Beta(alpha, alpha) at x within 0..1. */
double mx_beta_density(double alpha, double x);
/* The mean of lambda'. */
double mx_beta_larger_mean(double alpha);

/* Draws everything; `data` as above. */
mx_status mx_mixup_page_write(const mx_mixup_facts *facts, const mx_dataset *data,
                              const char *path);

#endif
