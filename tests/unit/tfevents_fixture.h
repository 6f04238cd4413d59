/* Event files read back, as TensorBoard reads those of a run. */
#ifndef MX_TEST_TFEVENTS_FIXTURE_H
#define MX_TEST_TFEVENTS_FIXTURE_H

#include "unit/fixture.h"

#include "io/tfrecord.h"
#include "tfevents.pb-c.h"

enum { FIXTURE_EVENTS = 4096, FIXTURE_EVENT_FILES = 64 };

typedef struct fixture_events {
    Tb__Event *events[FIXTURE_EVENTS];
    size_t count;
} fixture_events;

static inline uint64_t fixture_number(const char *bytes, size_t count) {
    uint64_t number = 0;
    for (size_t i = count; i-- > 0;)
        number = number << 8 | (uint8_t)bytes[i];
    return number;
}

/* A run went on: what was written of `step` and later ones is void. */
static inline void fixture_events_void(fixture_events *all, int64_t step) {
    size_t kept = 0;
    for (size_t i = 0; i < all->count; i++)
        if (all->events[i]->step < step)
            all->events[kept++] = all->events[i];
        else
            tb__event__free_unpacked(all->events[i], NULL);
    all->count = kept;
}

static inline void fixture_events_add(fixture_events *all, const char *path) {
    mx_buf file = {0};
    assert_int_equal(mx_read_file(&file, path, 1 << 26), MX_OK);
    for (size_t at = 0; at < file.length;) {
        const char *record = file.data + at;
        assert_true(file.length - at >= MX_TFRECORD_HEAD + MX_TFRECORD_TAIL);
        const uint64_t count = fixture_number(record, 8);
        assert_true(count <= file.length - at - MX_TFRECORD_HEAD - MX_TFRECORD_TAIL);
        const char *body = record + MX_TFRECORD_HEAD;
        assert_int_equal(fixture_number(record + 8, 4), mx_tfrecord_mask(mx_crc32c(record, 8)));
        assert_int_equal(fixture_number(body + count, 4), mx_tfrecord_mask(mx_crc32c(body, count)));
        Tb__Event *event = tb__event__unpack(NULL, count, (const uint8_t *)body);
        assert_non_null(event);
        if (event->what_case == TB__EVENT__WHAT_SESSION_LOG) fixture_events_void(all, event->step);
        assert_true(all->count < FIXTURE_EVENTS);
        all->events[all->count++] = event;
        at += MX_TFRECORD_HEAD + count + MX_TFRECORD_TAIL;
    }
    mx_buf_release(&file);
}

static inline int fixture_is_event_file(const struct dirent *entry) {
    return strncmp(entry->d_name, "events.out.tfevents.", 20) == 0;
}

/* All files of a folder, in the order of their names. */
static inline fixture_events *fixture_events_read(const char *folder) {
    struct dirent **entries = NULL;
    fixture_events *all = calloc(1, sizeof *all);
    assert_non_null(all);
    const int count = scandir(folder, &entries, fixture_is_event_file, alphasort);
    for (int i = 0; i < count; i++) {
        char path[FIXTURE_PATH];
        fixture_events_add(all, fixture_path(path, folder, entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    return all;
}

static inline void fixture_events_free(fixture_events *all) {
    fixture_events_void(all, INT64_MIN);
    free(all);
}

/* The value called `tag` of a step, NULL where there is none; what it is part of lives with `all`.
 */
static inline const Tb__Summary__Value *fixture_value(const fixture_events *all, int64_t step,
                                                      const char *tag) {
    for (size_t i = 0; i < all->count; i++) {
        const Tb__Event *event = all->events[i];
        if (event->what_case != TB__EVENT__WHAT_SUMMARY || event->step != step) continue;
        for (size_t j = 0; j < event->summary->n_value; j++)
            if (strcmp(event->summary->value[j]->tag, tag) == 0) return event->summary->value[j];
    }
    return NULL;
}

/* The graph of a run; released by the caller. NULL where there is none. */
static inline Tb__GraphDef *fixture_graph(const fixture_events *all) {
    for (size_t i = 0; i < all->count; i++) {
        const Tb__Event *event = all->events[i];
        if (event->what_case == TB__EVENT__WHAT_GRAPH_DEF)
            return tb__graph_def__unpack(NULL, event->graph_def.len, event->graph_def.data);
    }
    return NULL;
}

/* What the HParams plugin finds under `tag`; released by the caller. NULL where there is none. */
static inline Tb__HParamsPluginData *fixture_hparams(const fixture_events *all, const char *tag) {
    const Tb__Summary__Value *value = fixture_value(all, 0, tag);
    if (!value) return NULL;
    assert_non_null(value->metadata);
    const Tb__SummaryMetadata__PluginData *plugin = value->metadata->plugin_data;
    assert_string_equal(plugin->plugin_name, "hparams");
    return tb__hparams_plugin_data__unpack(NULL, plugin->content.len, plugin->content.data);
}

#endif
