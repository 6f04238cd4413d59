/* Which operation of a step made the first number that is not finite. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "train/trainer.h"

typedef struct search {
    char *what; /* NULL: not found yet */
    float *numbers;
    size_t capacity;
} search;

static mx_status make_room(search *s, size_t count) {
    if (count <= s->capacity) return MX_OK;
    free(s->numbers);
    s->numbers = NULL;
    s->capacity = 0;
    MX_TRY(mx_alloc(&s->numbers, count, sizeof *s->numbers));
    s->capacity = count;
    return MX_OK;
}

static size_t count_broken(const float *numbers, size_t count) {
    size_t broken = 0;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(numbers[i])) broken++;
    return broken;
}

/* An mx_watch. */
static mx_status see(void *context, const char *made_by, mx_tensor tensor) {
    search *s = context;
    const size_t count = mx_tensor_count(tensor);
    if (s->what) return MX_OK;
    MX_TRY(make_room(s, count));
    MX_TRY(mx_buffer_read(tensor.buffer, tensor.offset * sizeof(float), s->numbers,
                          count * sizeof(float)));
    return count_broken(s->numbers, count) ? mx_strdup(&s->what, made_by) : MX_OK;
}

mx_status mx_trainer_find_fault(mx_trainer *trainer, mx_i32 n, uint64_t step, char **what) {
    search s = {0};
    const mx_watch watch = {see, &s};
    mx_tensor x = trainer->x;
    x.n = mx_trainer_groups(&trainer->spec) * n;
    mx_net_set_watch(trainer->net, &watch);
    mx_status status;
    MX_GO(mx_net_show(trainer->net, "augmentation", x));
    MX_GO(mx_trainer_update(trainer, n, step));
done:
    mx_net_set_watch(trainer->net, NULL);
    free(s.numbers);
    *what = s.what;
    return status;
}
