#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ops/conv_tune_internal.h"

enum { LEAST_ROUNDS = 5, MOST_ROUNDS = 30, CONTENDER_ROUND = 2, MOST_REPEATS = 64 };
static const double SAMPLE_MS = 1.0;   /* a sample is as many runs as take this long */
static const double BUDGET_MS = 250.0; /* of a job's rounds; three times as much ends them early */
static const double PROMISING =
    1.5; /* times the best: slower built-in choices end their algorithm */
static const double HOPELESS = 3.0;   /* times the best: left out before the rounds */
static const double CONTENDER = 1.25; /* times the best: left out after CONTENDER_ROUND */
static const double TIE = 1.02;

typedef struct race {
    mx_conv_tuner *tuner;
    mx_device *device;
    mx_tune_job *job;
    mx_conv_operands operands;
    mx_tune_answer answer;
    mx_tune_candidate *candidates;
    size_t n_candidates;
} race;

static bool has_failed(const mx_conv_tuner *tuner, const mx_tune_candidate *candidate) {
    for (size_t i = 0; i < tuner->n_failures; i++)
        if (tuner->failures[i].algorithm == candidate->algorithm &&
            memcmp(&tuner->failures[i].params, &candidate->params, sizeof candidate->params) == 0)
            return true;
    return false;
}

/* Says why a candidate is left out, which mx_error() knows. */
static void warn_of(const mx_tune_candidate *candidate, const mx_tune_job *job) {
    const mx_conv_algorithm *algorithm = candidate->algorithm;
    char key[MX_TUNE_KEY_BYTES], params[128] = "";
    size_t used = 0;
    for (int i = 0; i < MX_CONV_PARAMS && algorithm->param_names[i] && used < sizeof params; i++)
        used += (size_t)snprintf(params + used, sizeof params - used, " %s=%d",
                                 algorithm->param_names[i], candidate->params.v[i]);
    mx_tune_key(job, key);
    mx_warn("convolution algorithm %s%s is not used for %s: %s", algorithm->name, params, key,
            mx_error());
}

/* Leaves a candidate out, as if it had never been timed, and warns where it had not failed before.
 */
static void exclude(const race *r, mx_tune_candidate *candidate) {
    mx_conv_tuner *tuner = r->tuner;
    candidate->in = false;
    candidate->ms = 0;
    if (has_failed(tuner, candidate)) return;
    warn_of(candidate, r->job);
    if (mx_grow(&tuner->failures, &tuner->failures_capacity, tuner->n_failures + 1,
                sizeof *tuner->failures) == MX_OK)
        tuner->failures[tuner->n_failures++] =
            (struct mx_tune_failure){candidate->algorithm, candidate->params};
}

/* Milliseconds of a run, as the mean of `repeats`. */
static mx_status time_runs(const race *r, const mx_tune_candidate *candidate, int repeats,
                           double *ms) {
    const mx_conv_tuned *tuned = &r->job->tuned;
    const double start = mx_now_ms();
    for (int i = 0; i < repeats; i++)
        MX_TRY(candidate->algorithm->run(r->device, &tuned->shape, tuned->direction,
                                         &candidate->params, &r->operands));
    MX_TRY(mx_device_finish(r->device));
    *ms = (mx_now_ms() - start) / repeats;
    return MX_OK;
}

static mx_status next_sample(const race *r, mx_tune_candidate *candidate) {
    double ms;
    MX_TRY(time_runs(r, candidate, candidate->repeats, &ms));
    if (ms < candidate->ms) candidate->ms = ms;
    return MX_OK;
}

/* The first run may still compile; the second says how many make a sample. */
static mx_status first_samples(const race *r, mx_tune_candidate *candidate) {
    double unused;
    MX_TRY(mx_tune_answer_check(&r->answer, r->device, candidate));
    MX_TRY(time_runs(r, candidate, 1, &unused));
    MX_TRY(time_runs(r, candidate, 1, &candidate->ms));
    const double repeats = SAMPLE_MS / candidate->ms;
    candidate->repeats = repeats < 1 ? 1 : repeats < MOST_REPEATS ? (int)repeats : MOST_REPEATS;
    candidate->in = true;
    return next_sample(r, candidate);
}

/* The fastest candidate of all that were timed, NULL for none; `but` is left out. */
static const mx_tune_candidate *fastest(const race *r, const mx_tune_candidate *but) {
    const mx_tune_candidate *best = NULL;
    for (size_t i = 0; i < r->n_candidates; i++) {
        const mx_tune_candidate *candidate = &r->candidates[i];
        if (candidate != but && candidate->ms > 0 && (!best || candidate->ms < best->ms))
            best = candidate;
    }
    return best;
}

/* The first candidate, which is what a plan has without measurement, stays: it should not lose by a
 * disturbance. */
static void drop_slow(const race *r, double limit) {
    const mx_tune_candidate *best = fastest(r, NULL);
    for (size_t i = 1; best && i < r->n_candidates; i++)
        if (r->candidates[i].ms > limit * best->ms) r->candidates[i].in = false;
}

/* False for what failed before, where the algorithm's built-in choice, which stands first, works
 * but slowly, and when there is no time left to compile more. */
static bool is_worth_trying(const race *r, const mx_tune_candidate *candidate) {
    const mx_tune_candidate *best = fastest(r, NULL), *built_in = candidate;
    if (has_failed(r->tuner, candidate)) return false;
    if (!best || r->tuner->mode == MX_TUNE_FULL) return true;
    while (!built_in->built_in)
        built_in--;
    return built_in->ms <= PROMISING * best->ms && mx_now_ms() < r->tuner->deadline_ms;
}

static void enter(const race *r, int tier, bool built_in) {
    for (size_t i = 0; i < r->n_candidates; i++) {
        mx_tune_candidate *candidate = &r->candidates[i];
        if (candidate->tier != tier || candidate->built_in != built_in) continue;
        if (!built_in && !is_worth_trying(r, candidate)) continue;
        if (first_samples(r, candidate) != MX_OK) exclude(r, candidate);
    }
}

static void run_round(const race *r) {
    for (size_t i = 0; i < r->n_candidates; i++) {
        mx_tune_candidate *candidate = &r->candidates[i];
        if (candidate->in && next_sample(r, candidate) != MX_OK) exclude(r, candidate);
    }
}

/* Built-in choices first, then the other parameters, then rounds among those that may win. */
static void run_rounds(const race *r) {
    for (int tier = 0; tier < MX_TUNE_TIERS && !fastest(r, NULL); tier++) {
        enter(r, tier, true);
        enter(r, tier, false);
    }
    drop_slow(r, HOPELESS);
    const double start = mx_now_ms();
    for (int round = 1; round <= MOST_ROUNDS; round++) {
        run_round(r);
        if (round == CONTENDER_ROUND && r->tuner->mode != MX_TUNE_FULL) drop_slow(r, CONTENDER);
        if (mx_now_ms() - start > (round < LEAST_ROUNDS ? 3 : 1) * BUDGET_MS) return;
    }
}

/* The earliest candidate that is as good as the fastest. */
static const mx_tune_candidate *winner(const race *r) {
    const mx_tune_candidate *best = fastest(r, NULL);
    for (size_t i = 0; best && i < r->n_candidates; i++) {
        const mx_tune_candidate *candidate = &r->candidates[i];
        if (candidate->ms > 0 && candidate->ms <= TIE * best->ms) return candidate;
    }
    return NULL;
}

static mx_status nothing_works(const char *key) {
    return mx_fail(
        MX_OPENCL,
        "no convolution algorithm that conv.algorithm allows is right on this device for "
        "%s",
        key);
}

static mx_conv_timed timed(const mx_tune_candidate *candidate) {
    if (!candidate) return (mx_conv_timed){0};
    return (mx_conv_timed){candidate->algorithm, candidate->params, candidate->ms};
}

/* The first of the list that agrees. What failed once, for whatever shape, is not trusted again. */
static mx_status take_first(const race *r) {
    char key[MX_TUNE_KEY_BYTES];
    for (size_t i = 0; i < r->n_candidates; i++) {
        mx_tune_candidate *candidate = &r->candidates[i];
        if (has_failed(r->tuner, candidate)) continue;
        if (mx_tune_answer_check(&r->answer, r->device, candidate) != MX_OK) {
            exclude(r, candidate);
            continue;
        }
        r->job->tuned.best = timed(candidate);
        r->job->measured = true;
        return MX_OK;
    }
    mx_tune_key(r->job, key);
    return nothing_works(key);
}

static mx_status finish(const race *r) {
    mx_conv_tuned *tuned = &r->job->tuned;
    const mx_tune_candidate *won = winner(r);
    char key[MX_TUNE_KEY_BYTES];
    mx_tune_key(r->job, key);
    if (!won) return nothing_works(key);
    tuned->best = timed(won);
    tuned->next = timed(fastest(r, won));
    r->job->measured = true;
    mx_debug("tuned %s: %s in %.3f ms", key, won->algorithm->name, won->ms);
    return MX_OK;
}

mx_status mx_tune_measure(mx_conv_tuner *tuner, const mx_tune_scratch *scratch, mx_tune_job *job) {
    race r = {.tuner = tuner,
              .device = tuner->device,
              .job = job,
              .candidates = tuner->candidates,
              .n_candidates = mx_tune_list_candidates(tuner, job),
              .operands = mx_tune_operands(scratch, &job->tuned.shape, job->tuned.direction)};
    mx_status status;
    MX_GO(mx_tune_answer_init(&r.answer, r.device, scratch, job));
    if (!job->checked) run_rounds(&r);
    status = job->checked ? take_first(&r) : finish(&r);
done:
    mx_tune_answer_release(&r.answer);
    return status;
}
