#!/bin/sh
# When runs end, what they keep, and learning rates that change. Usage: ends.sh MIXCL
. "$(dirname "$0")/common"

# column NAME NUMBER: that column of a run's metrics, without its header
column() {
    tail -n +2 "runs/$1/metrics.csv" | cut -d, -f"$2"
}

write_small_experiment

# Earlier checkpoints stay, so many as were asked for, and each can be taken up.
train 0 kept --set train.keep=2 --set train.steps=45
has runs/kept/config.ini 'keep = 2'
[ "$(cd runs/kept && echo checkpoint*)" = \
    "checkpoint-000030.safetensors checkpoint-000040.safetensors checkpoint.safetensors" ] ||
    fail "runs/kept has $(cd runs/kept && echo checkpoint*)"
cp -r runs/kept runs/whole
expect 0 "from step 30" train exp.ini --set run.name=kept --set train.steps=45 --set train.keep=2 \
    --resume runs/kept/checkpoint-000030.safetensors
has err "after step 30"
same_run whole kept || fail 'a run from an earlier checkpoint ends otherwise'
train 0 none-kept --set train.steps=25
[ "$(cd runs/none-kept && echo checkpoint*)" = checkpoint.safetensors ] || fail 'keep = 0 keeps more'

# Learning rates: the numbers of metrics.csv are those of the formulas.
train 0 cosine --set optimizer.schedule=cosine --set optimizer.warmup_steps=3 --set train.steps=9
[ "$(column cosine 8 | tr '\n' ' ')" = "0.002 0.00194775396 0.00179374548 0.00154602091 0.00082541406 " ] ||
    fail "rates of the cosine: $(column cosine 8 | tr '\n' ' ')"
train 0 steps --set optimizer.schedule=step --set optimizer.milestones=3,6 --set train.steps=9
[ "$(column steps 8 | sort -gru | tr '\n' ' ')" = "0.002 0.0002 2e-05 " ] ||
    fail "rates of the milestones: $(column steps 8 | sort -gru | tr '\n' ' ')"
expect 2 "a cosine that grows longer" train exp.ini --set run.name=cosine --resume auto \
    --set optimizer.schedule=cosine --set optimizer.warmup_steps=3 --set train.steps=12
has err 'train.steps = 12 was 9'
train 2 nothing --set optimizer.schedule=step
has err 'needs optimizer.milestones'
train 2 unused --set optimizer.milestones=5
has err 'optimizer.milestones is for optimizer.schedule = step'
train 2 no-step --set optimizer.schedule=step --set optimizer.milestones=5,soon
has err "'soon' is not a step"

# A run whose scores stay as they are ends, saved and evaluated, and can be told to be more patient.
train 0 early --set train.patience=2 --set optimizer.lr=0
has err 'ended after step 21: no better scores for train.patience evaluations'
has runs/early/run.json '"state": "finished"'
has runs/early/run.json '"ended": "no better scores for train.patience evaluations"'
[ "$(column early 1 | tail -n 1)" -eq 21 ] || fail 'the row of the last evaluation is missing'
expect 2 "early again" train exp.ini --set run.name=early --set optimizer.lr=0 --resume auto \
    --set train.patience=2
has err 'need a larger train.patience'
expect 0 "early goes on" train exp.ini --set run.name=early --set optimizer.lr=0 --resume auto \
    --set train.patience=4
has err 'ended after step 35'

# A limit of time ends the run as its last step would.
train 0 short --set train.max_minutes=0.000001
has err 'ended after step 1: train.max_minutes is over'
matches runs/short/metrics.csv '^1,.*,0\.[0-9]+,0\.[0-9]+'
expect 2 "short again" train exp.ini --set run.name=short --resume auto --set train.max_minutes=0.000001
has err 'need a larger train.max_minutes'
expect 0 "short goes on" train exp.ini --set run.name=short --resume auto --set train.steps=12
has err 'resumes'

# The best weights are those of the score that was chosen.
for score in accuracy f1 loss; do
    train 0 by-$score --set train.best_by=$score --set data.validation=20 --set train.steps=21
    has runs/by-$score/run.json "\"best_by\": \"$score of the validation pictures\""
done
train 0 by-test --set train.steps=7
has runs/by-test/run.json '"best_by": "accuracy of the test pictures"'
finish
