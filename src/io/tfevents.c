#include "io/tfevents.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "io/tfevents_internal.h"
#include "io/tfrecord.h"

#define PREFIX "events.out.tfevents."

struct mx_tfevents {
    FILE *stream;
    char *path;
    bool first;
    mx_buf message, record; /* of the event at hand */
};

double mx_tfevents_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Where protobuf-c's bytes go. */
typedef struct buf_sink {
    ProtobufCBuffer base;
    mx_buf *out;
} buf_sink;

static void on_append(ProtobufCBuffer *base, size_t count, const uint8_t *bytes) {
    mx_buf_append(((buf_sink *)base)->out, bytes, count);
}

void mx_tfevents_pack(mx_buf *out, const ProtobufCMessage *message) {
    buf_sink sink = {.base = {.append = on_append}, .out = out};
    protobuf_c_message_pack_to_buffer(message, &sink.base);
}

mx_status mx_tfevents_write(mx_tfevents *file, Tb__Event *event) {
    event->wall_time = mx_tfevents_now();
    mx_buf_clear(&file->message);
    mx_buf_clear(&file->record);
    mx_tfevents_pack(&file->message, &event->base);
    MX_TRY(mx_buf_check(&file->message));
    mx_tfrecord_append(&file->record, file->message.data, file->message.length);
    MX_TRY(mx_buf_check(&file->record));
    const size_t count = file->record.length;
    if (fwrite(file->record.data, 1, count, file->stream) == count && fflush(file->stream) == 0)
        return MX_OK;
    return mx_fail(MX_WRITE, "cannot write '%s': %s", file->path, strerror(errno));
}

static mx_status write_summary(mx_tfevents *file, uint64_t step, Tb__Summary *summary) {
    Tb__Event event = TB__EVENT__INIT;
    event.step = (int64_t)step;
    event.what_case = TB__EVENT__WHAT_SUMMARY;
    event.summary = summary;
    return mx_tfevents_write(file, &event);
}

mx_status mx_tfevents_write_value(mx_tfevents *file, uint64_t step, Tb__Summary__Value *value) {
    Tb__Summary summary = TB__SUMMARY__INIT;
    summary.n_value = 1;
    summary.value = &value;
    return write_summary(file, step, &summary);
}

/* The largest SECONDS of the event files in `folder`, 0 for none. */
static long long latest_seconds(const char *folder) {
    long long latest = 0;
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    while (entries && (entry = readdir(entries)) != NULL) {
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0) continue;
        const long long seconds = strtoll(entry->d_name + strlen(PREFIX), NULL, 10);
        if (seconds > latest && seconds < LLONG_MAX) latest = seconds;
    }
    if (entries) closedir(entries);
    return latest;
}

static mx_status create_file(mx_tfevents *file, const char *folder) {
    char host[256] = "", name[384];
    const long long latest = latest_seconds(folder), now = (long long)time(NULL);
    file->first = latest == 0;
    if (gethostname(host, sizeof host - 1) != 0 || !*host || strchr(host, '/'))
        strcpy(host, "localhost");
    snprintf(name, sizeof name, PREFIX "%010lld.%s.%ld", latest < now ? now : latest + 1, host,
             (long)getpid());
    MX_TRY(mx_path_join(&file->path, folder, name));
    file->stream = fopen(file->path, "wbx");
    if (file->stream) return MX_OK;
    return mx_fail(MX_WRITE, "cannot create '%s': %s", file->path, strerror(errno));
}

mx_status mx_tfevents_open(mx_tfevents **out, const char *folder) {
    char version[] = "brain.Event:2"; /* from which on restarts count */
    Tb__Event event = TB__EVENT__INIT;
    mx_tfevents *file = NULL;
    mx_status status;
    *out = NULL;
    event.what_case = TB__EVENT__WHAT_FILE_VERSION;
    event.file_version = version;
    MX_GO(mx_alloc(&file, 1, sizeof *file));
    MX_GO(create_file(file, folder));
    MX_GO(mx_tfevents_write(file, &event));
    *out = file;
done:
    if (status != MX_OK) mx_tfevents_close(file);
    return status;
}

void mx_tfevents_close(mx_tfevents *file) {
    if (!file) return;
    if (file->stream) fclose(file->stream);
    free(file->path);
    mx_buf_release(&file->message);
    mx_buf_release(&file->record);
    free(file);
}

bool mx_tfevents_is_first(const mx_tfevents *file) {
    return file->first;
}

mx_status mx_tfevents_restart(mx_tfevents *file, uint64_t step) {
    Tb__SessionLog log = TB__SESSION_LOG__INIT;
    Tb__Event event = TB__EVENT__INIT;
    log.status = TB__SESSION_LOG__STATUS__START;
    event.step = (int64_t)step;
    event.what_case = TB__EVENT__WHAT_SESSION_LOG;
    event.session_log = &log;
    return mx_tfevents_write(file, &event);
}

mx_status mx_tfevents_scalars(mx_tfevents *file, uint64_t step, const mx_tfscalar *scalars,
                              size_t count) {
    Tb__Summary summary = TB__SUMMARY__INIT;
    Tb__Summary__Value *values = NULL;
    mx_status status;
    MX_GO(mx_alloc(&values, count, sizeof *values));
    MX_GO(mx_alloc(&summary.value, count, sizeof *summary.value));
    for (size_t i = 0; i < count; i++) {
        tb__summary__value__init(&values[i]);
        values[i].tag = (char *)scalars[i].tag;
        values[i].value_case = TB__SUMMARY__VALUE__VALUE_SIMPLE_VALUE;
        values[i].simple_value = (float)scalars[i].value;
        summary.value[i] = &values[i];
    }
    summary.n_value = count;
    status = write_summary(file, step, &summary);
done:
    free(summary.value);
    free(values);
    return status;
}

mx_status mx_tfevents_image(mx_tfevents *file, uint64_t step, const char *tag,
                            const mx_image *image) {
    Tb__Summary__Image stored = TB__SUMMARY__IMAGE__INIT;
    Tb__Summary__Value value = TB__SUMMARY__VALUE__INIT;
    mx_buf png = {0};
    mx_status status;
    MX_GO(mx_image_encode_png(&png, image));
    stored.height = image->height;
    stored.width = image->width;
    stored.colorspace = image->channels;
    stored.encoded_image_string =
        (ProtobufCBinaryData){.len = png.length, .data = (uint8_t *)png.data};
    value.tag = (char *)tag;
    value.value_case = TB__SUMMARY__VALUE__VALUE_IMAGE;
    value.image = &stored;
    status = mx_tfevents_write_value(file, step, &value);
done:
    mx_buf_release(&png);
    return status;
}
