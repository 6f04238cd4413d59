#include "train/sweep_results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "train/run_facts.h"

const char *mx_sweep_state_name(mx_sweep_state state) {
    static const char *const names[] = {[MX_SWEEP_WAITING] = "waiting",
                                        [MX_SWEEP_BEGUN] = "begun",
                                        [MX_SWEEP_FINISHED] = "finished",
                                        [MX_SWEEP_FAILED] = "failed"};
    return names[state];
}

static double number_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static mx_sweep_state state_of(const json_t *facts) {
    const char *word = json_string_value(json_object_get(facts, "state"));
    if (word && strcmp(word, "finished") == 0) return MX_SWEEP_FINISHED;
    return word && strcmp(word, "failed") == 0 ? MX_SWEEP_FAILED : MX_SWEEP_BEGUN;
}

static void take_facts(mx_sweep_result *out, const json_t *facts) {
    const json_t *scores = json_object_get(facts, "scores");
    const json_int_t step = json_integer_value(json_object_get(facts, "step"));
    const double seconds = number_of(facts, "elapsed_s");
    out->state = state_of(facts);
    out->accuracy = number_of(scores, "test_accuracy");
    out->f1 = number_of(scores, "test_f1");
    out->loss = number_of(scores, "test_loss");
    out->best_accuracy = number_of(scores, "best_test_accuracy");
    out->steps = step > 0 ? (uint64_t)step : 0;
    out->seconds = isfinite(seconds) ? seconds : 0;
}

static mx_status holds(const char *run, const char *name, bool *out) {
    char *path = NULL;
    MX_TRY(mx_path_join(&path, run, name));
    *out = mx_file_exists(path);
    free(path);
    return MX_OK;
}

mx_status mx_sweep_result_read(mx_sweep_result *out, const char *run) {
    const double none = (double)NAN;
    bool has_metrics, has_facts;
    json_t *facts = NULL;
    *out = (mx_sweep_result){.accuracy = none, .f1 = none, .loss = none, .best_accuracy = none};
    MX_TRY(holds(run, "metrics.csv", &has_metrics));
    MX_TRY(holds(run, "run.json", &has_facts));
    if (has_metrics) out->state = MX_SWEEP_BEGUN;
    if (!has_metrics || !has_facts) return MX_OK;
    MX_TRY(mx_run_facts_read(run, &facts));
    take_facts(out, facts);
    json_decref(facts);
    return MX_OK;
}

mx_sweep_statistic mx_sweep_statistic_of(const double *values, int count) {
    mx_sweep_statistic s = {.mean = (double)NAN, .spread = (double)NAN};
    double sum = 0, squares = 0;
    for (int i = 0; i < count; i++) {
        if (!isfinite(values[i])) continue;
        sum += values[i];
        s.n++;
    }
    if (s.n > 0) s.mean = sum / s.n;
    for (int i = 0; i < count; i++)
        if (isfinite(values[i])) squares += (values[i] - s.mean) * (values[i] - s.mean);
    if (s.n > 1) s.spread = sqrt(squares / (s.n - 1));
    return s;
}

/* The statistic of one of a result's numbers, at `offset`, over the finished runs of a group. */
static mx_sweep_statistic over_seeds(const mx_sweep_table *table, const mx_sweep_group *group,
                                     size_t offset, double *values) {
    const int seeds = mx_sweep_seeds(table->sweep);
    int picks[MX_SWEEP_DIMENSIONS], count = 0;
    memcpy(picks, group->picks, sizeof picks);
    for (int i = 0; i < group->n_runs; i++) {
        if (seeds >= 0) picks[seeds] = i;
        const mx_sweep_result *result = &table->results[mx_sweep_run(table->sweep, picks)];
        if (result->state == MX_SWEEP_FINISHED)
            memcpy(&values[count++], (const char *)result + offset, sizeof *values);
    }
    return mx_sweep_statistic_of(values, count);
}

static void count_finished(const mx_sweep_table *table, mx_sweep_group *group) {
    const int seeds = mx_sweep_seeds(table->sweep);
    int picks[MX_SWEEP_DIMENSIONS];
    memcpy(picks, group->picks, sizeof picks);
    for (int i = 0; i < group->n_runs; i++) {
        if (seeds >= 0) picks[seeds] = i;
        group->n_finished +=
            table->results[mx_sweep_run(table->sweep, picks)].state == MX_SWEEP_FINISHED;
    }
}

mx_status mx_sweep_table_init(mx_sweep_table *out, const mx_sweep *sweep,
                              const mx_sweep_result *results) {
    const int seeds = mx_sweep_seeds(sweep);
    const int n_seeds = seeds < 0 ? 1 : sweep->dimensions[seeds].n_values;
    double *values = NULL;
    mx_status status;
    *out = (mx_sweep_table){.sweep = sweep, .results = results};
    MX_GO(mx_alloc(&values, (size_t)n_seeds, sizeof *values));
    MX_GO(mx_alloc(&out->groups, (size_t)(sweep->n_runs / n_seeds), sizeof *out->groups));
    for (int run = 0; run < sweep->n_runs; run++) {
        mx_sweep_group group = {.n_runs = n_seeds};
        mx_sweep_pick(sweep, run, group.picks);
        if (seeds >= 0 && group.picks[seeds] > 0) continue;
        count_finished(out, &group);
        group.accuracy = over_seeds(out, &group, offsetof(mx_sweep_result, accuracy), values);
        group.f1 = over_seeds(out, &group, offsetof(mx_sweep_result, f1), values);
        group.loss = over_seeds(out, &group, offsetof(mx_sweep_result, loss), values);
        group.best_accuracy =
            over_seeds(out, &group, offsetof(mx_sweep_result, best_accuracy), values);
        out->groups[out->n_groups++] = group;
    }
done:
    free(values);
    return status;
}

void mx_sweep_table_release(mx_sweep_table *table) {
    free(table->groups);
    *table = (mx_sweep_table){0};
}
