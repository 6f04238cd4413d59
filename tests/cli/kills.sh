#!/bin/sh
# Runs that are killed at random moments, over and over, end as one left alone. Usage: kills.sh MIXCL
# [KILLS]; a message says how many found the run at work.
. "$(dirname "$0")/common"
kills=${2:-10}

# numbers RUN: SHA-256 of a checkpoint's tensors: weights, average and moments, without its counters
numbers() {
    header=$(od -An -tu8 -N8 "runs/$1/checkpoint.safetensors" | tr -d ' ')
    tail -c +$((header + 9)) "runs/$1/checkpoint.safetensors" | sha256sum
}

write_small_experiment
for method in mixmatch supervised; do
    "$mixcl" train exp.ini --set run.name=whole-$method --set train.method=$method --set train.steps=400 \
        >out 2>err || fail "the whole run: $(cat err)"
done
moments=$(awk -v n="$kills" 'BEGIN { srand(); for (i = 0; i < n; i++) printf "%.3f\n", 0.1 + rand() * 1.5 }')
mixmatch=0 supervised=0 at_work=0 method=mixmatch
for moment in $moments; do
    [ $method = mixmatch ] && method=supervised || method=mixmatch
    eval "name=$method-\$$method"
    "$mixcl" train exp.ini --set run.name=$name --set train.method=$method --set train.steps=400 \
        --set train.save_every=3 --set train.keep=1 --resume auto >out 2>err &
    sleep "$moment"
    if kill -KILL $! 2>/dev/null; then
        at_work=$((at_work + 1))
    else # it came to its end: the next one dies
        eval "$method=\$(($method + 1))"
    fi
    wait $! 2>/dev/null
done
for name in $(cd runs && ls -d mixmatch-* supervised-* 2>/dev/null); do
    method=${name%-*}
    if ! grep -q '"state": "finished"' "runs/$name/run.json" 2>/dev/null; then
        expect 0 "the rest of $name" train exp.ini --set run.name=$name --set train.method=$method \
            --set train.steps=400 --set train.save_every=3 --set train.keep=1 --resume auto
    fi
    same_run whole-$method $name || fail "whole-$method and $name are not one run"
    [ "$(numbers whole-$method)" = "$(numbers $name)" ] || fail "checkpoints of whole-$method and $name differ"
done
echo "$at_work of $kills kills met a run at work, over $((mixmatch + supervised + 2)) runs at most"
finish
