/* What `mixcl show` shows. */
#ifndef MX_CLI_SHOW_H
#define MX_CLI_SHOW_H

#include "base/mem.h"
#include "cli/args.h"
#include "data/dataset.h"
#include "train/config.h"

/* Each prints or draws one thing; `config` is NULL where the command line has none. */
mx_status mx_show_model(const mx_args *args, const mx_config *config);
mx_status mx_show_batch(const mx_args *args, const mx_config *config);
/* `show batch --augmented`. */
mx_status mx_show_augmented(const mx_args *args, const mx_config *config);
mx_status mx_show_mixup(const mx_args *args, const mx_config *config);
mx_status mx_show_augment(const mx_args *args, const mx_config *config);

enum { MX_SHOW_MOST = 100 }; /* rows or pictures that may be asked for */

/* The value of --out, or `fallback`. */
const char *mx_show_out(const mx_args *args, const char *fallback);

/* Bytes of picture `index`. */
const uint8_t *mx_show_pixels(const mx_dataset *data, uint32_t index);
/* What is known of its label: the class, in brackets where training does not see it, or "?". In
 * `arena`; NULL out of memory. */
const char *mx_show_label(mx_arena *arena, const mx_dataset *data, uint32_t index, bool hidden);
/* printf into `arena`; NULL out of memory. */
char *mx_show_text(mx_arena *arena, const char *format, ...) MX_PRINTF(2, 3);

#endif
