#!/bin/sh
# Runs that are stopped and go on. Usage: resume.sh MIXCL
. "$(dirname "$0")/common"

# begin NAME ARGUMENT...: a run in the background; $! is its process
begin() {
    name=$1
    shift
    "$mixcl" train exp.ini --set "run.name=$name" "$@" >"$name.out" 2>"$name.err" &
}

# wait_for FILE LINES: until FILE has that many
wait_for() {
    for _ in $(seq 600); do
        [ -f "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ] && return 0
        sleep 0.05
    done
    fail "$1 does not get $2 lines"
}

write_small_experiment

for method in mixmatch supervised; do
    expect 0 "whole $method" train exp.ini --set run.name=whole-$method --set train.method=$method

    # A signal: the step ends, all is saved, the message says how to go on.
    begin term-$method --set train.method=$method
    wait_for runs/term-$method/metrics.csv 6
    kill -TERM $!
    wait $!
    got=$?
    [ $got -eq 143 ] || [ $got -eq 0 ] || fail "SIGTERM: exit code $got: $(cat term-$method.err)"
    if [ $got -eq 143 ]; then
        has term-$method.err "all is saved; --resume "
        has runs/term-$method/run.json '"state": "stopped"'
        expect 0 "resume after SIGTERM" train exp.ini --resume runs/term-$method \
            --set run.name=term-$method --set train.method=$method
        has err "resumes 'runs/term-$method' after step"
    fi
    same_run whole-$method term-$method || fail "whole-$method and term-$method are not one run"

    # Killed without a word: from the latest checkpoint.
    begin killed-$method --set train.method=$method --set train.save_every=4
    wait_for runs/killed-$method/metrics.csv 9
    kill -KILL $!
    wait $! 2>/dev/null
    [ -f runs/killed-$method/checkpoint.safetensors ] || fail "no checkpoint before the kill"
    expect 0 "resume after SIGKILL" train exp.ini --resume auto --set run.name=killed-$method \
        --set train.method=$method
    same_run whole-$method killed-$method || fail "whole-$method and killed-$method are not one run"
    same_events whole-$method killed-$method histogram || fail "killed-$method has other histograms"
done

# auto begins a run where there is none, and has nothing to add to a finished one.
expect 0 "auto anew" train exp.ini --resume auto --set run.name=anew --set train.steps=21
expect 2 "auto again" train exp.ini --resume auto --set run.name=anew --set train.steps=21
has err "has all its 21 steps"
# One that died between its last checkpoint and its end comes to that.
sed -i 's/"state": "finished"/"state": "resumed"/' runs/anew/run.json
rm runs/anew/report.html
expect 0 "the rest of nothing" train exp.ini --resume auto --set run.name=anew --set train.steps=21
has runs/anew/run.json '"state": "finished"'
has out 'test accuracy'
[ -f runs/anew/report.html ] || fail 'a run that had but to end has no report'
sed -i 's/"state": "finished"/"state": "stopped"/' runs/anew/run.json
expect 2 "fewer steps than it has" train exp.ini --resume auto --set run.name=anew --set train.steps=20
has err "has all its 20 steps"
expect 0 "longer" train exp.ini --resume auto --set run.name=anew --set train.steps=42
expect 0 "at once" train exp.ini --set run.name=at-once --set train.steps=42
same_run anew at-once || fail 'anew and at-once are not one run'

# What changes the course of a run may not change.
expect 2 "another rate" train exp.ini --resume runs/anew --set train.steps=60 --set optimizer.lr=0.5
has err "optimizer.lr = 0.5 was 0.002"
expect 0 "other logging" train exp.ini --resume runs/anew --set train.steps=45 --set train.log_every=1
expect 3 "no run" train exp.ini --resume runs/none
head -c 5000 runs/anew/checkpoint.safetensors >short
cp short runs/anew/checkpoint.safetensors
expect 3 "short checkpoint" train exp.ini --resume runs/anew --set train.steps=60
has err "checkpoint.safetensors"
expect 2 "bad save_every" train exp.ini --set train.save_every=often
has err "train.save_every = 'often'"
finish
