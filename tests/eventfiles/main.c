/* Prints what a run's event files hold, a value a line: kind, tag, step, number (of a picture or a
 * histogram a checksum of all it holds). Usage: eventfiles FOLDER */
#include "unit/tfevents_fixture.h"

static void print_value(int64_t step, const Tb__Summary__Value *value) {
    mx_buf bytes = {0};
    const uint8_t *hashed = NULL;
    size_t count = 0;
    switch (value->value_case) {
    case TB__SUMMARY__VALUE__VALUE_SIMPLE_VALUE:
        printf("scalar %s %lld %.9g\n", value->tag, (long long)step, (double)value->simple_value);
        return;
    case TB__SUMMARY__VALUE__VALUE_IMAGE:
        hashed = value->image->encoded_image_string.data;
        count = value->image->encoded_image_string.len;
        printf("picture %s %lld %08x\n", value->tag, (long long)step, mx_crc32c(hashed, count));
        return;
    case TB__SUMMARY__VALUE__VALUE_HISTO:
        mx_buf_append(&bytes, value->histo->bucket, value->histo->n_bucket * sizeof(double));
        mx_buf_append(&bytes, value->histo->bucket_limit, value->histo->n_bucket * sizeof(double));
        printf("histogram %s %lld %08x\n", value->tag, (long long)step,
               mx_crc32c(bytes.data, bytes.length));
        mx_buf_release(&bytes);
        return;
    default:
        printf("data %s %lld\n", value->tag, (long long)step);
    }
}

static void print_event(const Tb__Event *event) {
    if (event->what_case == TB__EVENT__WHAT_GRAPH_DEF)
        printf("graph 0 %zu\n", event->graph_def.len);
    else if (event->what_case == TB__EVENT__WHAT_SUMMARY)
        for (size_t i = 0; i < event->summary->n_value; i++)
            print_value(event->step, event->summary->value[i]);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    fixture_events *all = fixture_events_read(argv[1]);
    for (size_t i = 0; i < all->count; i++)
        print_event(all->events[i]);
    fixture_events_free(all);
    return 0;
}
