#!/bin/sh
# Event files of a run. Usage: tensorboard.sh MIXCL
. "$(dirname "$0")/common"

write_small_experiment
sed -i 's/^steps = .*/steps = 10/; s/^eval_every = .*/eval_every = 5/; s/^log_every = .*/log_every = 2/' exp.ini
printf '[log]\nhistograms_every = 4\n' >>exp.ini

# count RUN KIND TAG: values that its event files have
count() {
    events "$1" "$2" | grep -c " $3 "
}

expect 0 "off" train exp.ini --set run.name=off --set log.tensorboard=false
[ ! -e runs/off/events.out.tfevents.* ] || fail 'event files though log.tensorboard = false'

if [ ! -x "$(dirname "$mixcl")/tests/eventfiles" ]; then
    expect 2 "a build without" train exp.ini --set run.name=on --set log.tensorboard=true
    has err "-DMIXCL_TENSORBOARD=ON"
    [ ! -e runs/on ] || fail 'a run folder though nothing can be written'
    finish
fi

# Every row of metrics.csv is a point.
expect 0 "on" train exp.ini --set run.name=on
rows=$(($(wc -l <runs/on/metrics.csv) - 1))
[ "$(count on scalar loss/total)" -eq "$rows" ] || fail "not $rows points of loss/total"
[ "$(count on scalar test/accuracy)" -eq 2 ] || fail 'not 2 points of test/accuracy'
events on scalar >scalars
has scalars "scalar schedule/lr 10 0.002"

# Pictures of the first step; histograms of the first weights, of every fourth step and of the last.
for name in labelled views mixed; do
    [ "$(count on picture pictures/$name)" -eq 1 ] || fail "not one picture $name"
done
for step in 0 4 8 10; do
    [ "$(count on histogram "weights/fc.weight $step")" -eq 1 ] || fail "no histogram of step $step"
done
[ "$(count on histogram weights/fc.weight)" -eq 4 ] || fail 'not 4 histograms of fc.weight'
[ "$(events on graph | wc -l)" -eq 1 ] || fail 'not one graph'
for name in experiment session_start_info session_end_info; do
    [ "$(count on data _hparams_/$name)" -eq 1 ] || fail "no hparams $name"
done

# What event files show leaves the run as it is.
cmp -s runs/on/last.safetensors runs/off/last.safetensors || fail 'event files change the weights'

# Supervised training has no views and nothing mixed.
expect 0 "supervised" train exp.ini --set run.name=plain --set train.method=supervised
[ "$(events plain picture | wc -l)" -eq 1 ] || fail 'supervised: not one picture'

# A run that goes on goes on in the same charts, and may begin with them.
expect 0 "begun" train exp.ini --set run.name=begun --set train.steps=5
expect 0 "taken up" train exp.ini --resume runs/begun --set run.name=begun
for name in loss/total test/accuracy; do
    events on scalar | grep " $name " >whole
    events begun scalar | grep " $name " >parts
    cmp -s whole parts || fail "the run that went on has another $name"
done
expect 0 "without, then with" train exp.ini --resume runs/off --set run.name=off --set train.steps=12
[ "$(count off scalar loss/total)" -eq 1 ] || fail 'not one point of the later part'
[ "$(events off graph | wc -l)" -eq 1 ] || fail 'no graph of the later part'

# A disk that is full stops the run, as it does for metrics.csv.
(
    trap '' XFSZ
    ulimit -f 16
    expect 4 "full" train exp.ini --set run.name=full
    [ "$failures" -eq 0 ]
) || fail 'a full disk'
matches err "cannot write '.*/runs/full/events.out.tfevents.*': File too large"
finish
