#include "base/clock.h"
#include "base/log.h"
#include "ops/conv_tune_internal.h"

enum { LEAST_ROUNDS = 5, MOST_ROUNDS = 9, MOST_REPEATS = 64 };
static const double SAMPLE_MS = 1.0;   /* a sample is as many runs as take this long */
static const double BUDGET_MS = 400.0; /* of a job's rounds; three times as much ends them early */
static const double HOPELESS = 3.0;    /* times the best: left out after one sample */
static const double CONTENDER = 1.25;  /* times the best: left out after two */
static const double TIE = 1.02;

typedef struct race {
    mx_conv_tuner *tuner;
    mx_tune_job *job;
    mx_conv_operands operands;
    size_t n_candidates;
} race;

/* Milliseconds of a run, as the mean of `repeats`. */
static mx_status time_runs(const race *r, const mx_tune_candidate *candidate, int repeats, double *ms) {
    const double start = mx_now_ms();
    for (int i = 0; i < repeats; i++)
        MX_TRY(candidate->algorithm->run(r->tuner->device, &r->job->tuned.shape, r->job->tuned.direction,
                                         &candidate->params, &r->operands));
    MX_TRY(mx_device_finish(r->tuner->device));
    *ms = (mx_now_ms() - start) / repeats;
    return MX_OK;
}

/* The first run may still compile; the second says how many make a sample. */
static mx_status first_sample(const race *r, mx_tune_candidate *candidate) {
    double unused;
    MX_TRY(time_runs(r, candidate, 1, &unused));
    MX_TRY(time_runs(r, candidate, 1, &candidate->ms));
    const double repeats = SAMPLE_MS / candidate->ms;
    candidate->repeats = repeats < 1 ? 1 : repeats < MOST_REPEATS ? (int)repeats : MOST_REPEATS;
    return MX_OK;
}

static mx_status next_sample(const race *r, mx_tune_candidate *candidate) {
    double ms;
    MX_TRY(time_runs(r, candidate, candidate->repeats, &ms));
    if (ms < candidate->ms) candidate->ms = ms;
    return MX_OK;
}

/* The fastest candidate of all that were timed, NULL for none; `but` is left out. */
static const mx_tune_candidate *fastest(const race *r, const mx_tune_candidate *but) {
    const mx_tune_candidate *best = NULL;
    for (size_t i = 0; i < r->n_candidates; i++) {
        const mx_tune_candidate *candidate = &r->tuner->candidates[i];
        if (candidate != but && candidate->ms > 0 && (!best || candidate->ms < best->ms)) best = candidate;
    }
    return best;
}

/* One sample of each candidate still in; what fails is as if it had never been timed. */
static void run_round(const race *r, int round) {
    for (size_t i = 0; i < r->n_candidates; i++) {
        mx_tune_candidate *candidate = &r->tuner->candidates[i];
        if (!candidate->in) continue;
        const mx_status status = round == 0 ? first_sample(r, candidate) : next_sample(r, candidate);
        if (status == MX_OK) continue;
        candidate->in = false;
        candidate->ms = 0;
        mx_tune_warn(candidate, r->job);
    }
}

static void drop_slow(const race *r, double limit) {
    const mx_tune_candidate *best = fastest(r, NULL);
    for (size_t i = 0; best && i < r->n_candidates; i++)
        if (r->tuner->candidates[i].ms > limit * best->ms) r->tuner->candidates[i].in = false;
}

static void run_rounds(const race *r) {
    const double start = mx_now_ms();
    for (int round = 0; round < MOST_ROUNDS; round++) {
        run_round(r, round);
        if (round == 0) drop_slow(r, HOPELESS);
        if (round == 1 && r->tuner->mode == MX_TUNE_AUTO) drop_slow(r, CONTENDER);
        const double spent = mx_now_ms() - start;
        if (round > 0 && spent > (round + 1 < LEAST_ROUNDS ? 3 : 1) * BUDGET_MS) return;
    }
}

/* The earliest candidate that is as good as the fastest. */
static const mx_tune_candidate *winner(const race *r) {
    const mx_tune_candidate *best = fastest(r, NULL);
    for (size_t i = 0; best && i < r->n_candidates; i++) {
        const mx_tune_candidate *candidate = &r->tuner->candidates[i];
        if (candidate->ms > 0 && candidate->ms <= TIE * best->ms) return candidate;
    }
    return NULL;
}

static mx_conv_timed timed(const mx_tune_candidate *candidate) {
    if (!candidate) return (mx_conv_timed){0};
    return (mx_conv_timed){candidate->algorithm, candidate->params, candidate->ms};
}

static mx_status finish(const race *r) {
    mx_conv_tuned *tuned = &r->job->tuned;
    const mx_tune_candidate *won = winner(r);
    char key[MX_TUNE_KEY_BYTES];
    mx_tune_key(r->job, key);
    if (!won) return mx_fail(MX_OPENCL, "no algorithm can do %s", key);
    tuned->best = timed(won);
    tuned->next = timed(fastest(r, won));
    r->job->measured = true;
    mx_debug("tuned %s: %s %d,%d,%d,%d in %.3f ms", key, won->algorithm->name, won->params.v[0], won->params.v[1],
             won->params.v[2], won->params.v[3], won->ms);
    return MX_OK;
}

mx_status mx_tune_measure(mx_conv_tuner *tuner, const mx_tune_scratch *scratch, mx_tune_job *job,
                          bool built_in_only) {
    const race r = {.tuner = tuner, .job = job, .n_candidates = mx_tune_list_candidates(tuner, job),
                    .operands = mx_tune_operands(scratch, &job->tuned.shape, job->tuned.direction)};
    size_t right = 0;
    for (int tier = 0; tier < MX_TUNE_TIERS && right == 0; tier++)
        MX_TRY(mx_tune_check_answers(tuner, scratch, job, r.n_candidates, tier, built_in_only, &right));
    run_rounds(&r);
    return finish(&r);
}
