/* What TensorBoard's HParams plugin reads: values without content whose metadata hold it. */
#include <stdlib.h>

#include "base/mem.h"
#include "io/tfevents_internal.h"

/* Writes `data` under one of the plugin's tags. */
static mx_status write_data(mx_tfevents *file, const char *tag, const Tb__HParamsPluginData *data) {
    char plugin[] = "hparams";
    Tb__SummaryMetadata__PluginData content = TB__SUMMARY_METADATA__PLUGIN_DATA__INIT;
    Tb__SummaryMetadata metadata = TB__SUMMARY_METADATA__INIT;
    Tb__Summary__Value value = TB__SUMMARY__VALUE__INIT;
    mx_buf bytes = {0};
    mx_tfevents_pack(&bytes, &data->base);
    mx_status status = mx_buf_check(&bytes);
    content.plugin_name = plugin;
    content.content = (ProtobufCBinaryData){.len = bytes.length, .data = (uint8_t *)bytes.data};
    metadata.plugin_data = &content;
    value.tag = (char *)tag;
    value.metadata = &metadata;
    if (status == MX_OK) status = mx_tfevents_write_value(file, 0, &value);
    mx_buf_release(&bytes);
    return status;
}

/* The names and types of the hyper-parameters, and the metrics to show beside them. */
typedef struct description {
    Tb__HParamInfo *infos, **info_list;
    Tb__MetricInfo *metrics, **metric_list;
    Tb__MetricInfo__Name *names;
} description;

static void release_description(description *d) {
    free(d->infos);
    free(d->info_list);
    free(d->metrics);
    free(d->metric_list);
    free(d->names);
}

static mx_status allocate_description(description *d, size_t count, size_t n_metrics) {
    MX_TRY(mx_alloc(&d->infos, count, sizeof *d->infos));
    MX_TRY(mx_alloc(&d->info_list, count, sizeof *d->info_list));
    MX_TRY(mx_alloc(&d->metrics, n_metrics, sizeof *d->metrics));
    MX_TRY(mx_alloc(&d->metric_list, n_metrics, sizeof *d->metric_list));
    return mx_alloc(&d->names, n_metrics, sizeof *d->names);
}

static Tb__DataType type_of(const mx_tfhparam *hparam) {
    return hparam->type == MX_TFHPARAM_NUMBER ? TB__DATA_TYPE__DATA_TYPE_FLOAT64
           : hparam->type == MX_TFHPARAM_BOOL ? TB__DATA_TYPE__DATA_TYPE_BOOL
                                              : TB__DATA_TYPE__DATA_TYPE_STRING;
}

static mx_status write_experiment(mx_tfevents *file, const mx_tfhparam *hparams, size_t count,
                                  const char *const *metrics, size_t n_metrics) {
    Tb__Experiment experiment = TB__EXPERIMENT__INIT;
    Tb__HParamsPluginData data = TB__HPARAMS_PLUGIN_DATA__INIT;
    description d = {0};
    mx_status status;
    MX_GO(allocate_description(&d, count, n_metrics));
    for (size_t i = 0; i < count; i++) {
        tb__hparam_info__init(&d.infos[i]);
        d.infos[i].name = (char *)hparams[i].name;
        d.infos[i].type = type_of(&hparams[i]);
        d.infos[i].differs = hparams[i].differs;
        d.info_list[i] = &d.infos[i];
    }
    for (size_t i = 0; i < n_metrics; i++) {
        tb__metric_info__init(&d.metrics[i]);
        tb__metric_info__name__init(&d.names[i]);
        d.names[i].tag = (char *)metrics[i];
        d.metrics[i].name = &d.names[i];
        d.metric_list[i] = &d.metrics[i];
    }
    experiment.time_created_secs = mx_tfevents_now();
    experiment.n_hparam_infos = count;
    experiment.hparam_infos = d.info_list;
    experiment.n_metric_infos = n_metrics;
    experiment.metric_infos = d.metric_list;
    data.data_case = TB__HPARAMS_PLUGIN_DATA__DATA_EXPERIMENT;
    data.experiment = &experiment;
    status = write_data(file, "_hparams_/experiment", &data);
done:
    release_description(&d);
    return status;
}

static void set_value(Tb__Value *to, const mx_tfhparam *from) {
    tb__value__init(to);
    switch (from->type) {
    case MX_TFHPARAM_NUMBER:
        to->kind_case = TB__VALUE__KIND_NUMBER_VALUE;
        to->number_value = from->number;
        break;
    case MX_TFHPARAM_BOOL:
        to->kind_case = TB__VALUE__KIND_BOOL_VALUE;
        to->bool_value = from->number != 0;
        break;
    default:
        to->kind_case = TB__VALUE__KIND_STRING_VALUE;
        to->string_value = (char *)from->text;
    }
}

static mx_status write_session(mx_tfevents *file, const mx_tfhparam *hparams, size_t count) {
    typedef struct entry {
        Tb__SessionStartInfo__HParam hparam;
        Tb__Value value;
    } entry;
    Tb__SessionStartInfo session = TB__SESSION_START_INFO__INIT;
    Tb__HParamsPluginData data = TB__HPARAMS_PLUGIN_DATA__INIT;
    entry *entries = NULL;
    mx_status status;
    MX_GO(mx_alloc(&entries, count, sizeof *entries));
    MX_GO(mx_alloc(&session.hparams, count, sizeof *session.hparams));
    for (size_t i = 0; i < count; i++) {
        tb__session_start_info__hparam__init(&entries[i].hparam);
        set_value(&entries[i].value, &hparams[i]);
        entries[i].hparam.key = (char *)hparams[i].name;
        entries[i].hparam.value = &entries[i].value;
        session.hparams[i] = &entries[i].hparam;
    }
    session.n_hparams = count;
    session.start_time_secs = mx_tfevents_now();
    data.data_case = TB__HPARAMS_PLUGIN_DATA__DATA_SESSION_START_INFO;
    data.session_start_info = &session;
    status = write_data(file, "_hparams_/session_start_info", &data);
done:
    free(session.hparams);
    free(entries);
    return status;
}

mx_status mx_tfevents_hparams(mx_tfevents *file, const mx_tfhparam *hparams, size_t count,
                              const char *const *metrics, size_t n_metrics) {
    MX_TRY(write_experiment(file, hparams, count, metrics, n_metrics));
    return write_session(file, hparams, count);
}

mx_status mx_tfevents_finish(mx_tfevents *file, bool success) {
    Tb__SessionEndInfo session = TB__SESSION_END_INFO__INIT;
    Tb__HParamsPluginData data = TB__HPARAMS_PLUGIN_DATA__INIT;
    session.status = success ? TB__STATUS__STATUS_SUCCESS : TB__STATUS__STATUS_FAILURE;
    session.end_time_secs = mx_tfevents_now();
    data.data_case = TB__HPARAMS_PLUGIN_DATA__DATA_SESSION_END_INFO;
    data.session_end_info = &session;
    return write_data(file, "_hparams_/session_end_info", &data);
}
