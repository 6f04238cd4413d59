#!/bin/sh
# device.limits: a run on a simulated GPU against one on the device itself. Usage: limits.sh MIXCL
. "$(dirname "$0")/common"
write_small_experiment

# run NAME LIMITS ARGUMENT...: 12 steps
run() {
    name=$1 limits=$2
    shift 2
    expect 0 "train with limits $limits" train exp.ini --set "run.name=$name" \
        --set "device.limits=$limits" --set train.steps=12 "$@"
}

# close_runs A B: the numbers of the same steps differ in their fourth digit at most
close_runs() {
    paste -d, "runs/$1/metrics.csv" "runs/$2/metrics.csv" | awk -F, '
        NR == 1 { for (i = 1; i <= NF / 2; i++) skip[i] = $i == "elapsed_s" || $i == "images_per_s" }
        NR > 1 { for (i = 1; i <= NF / 2; i++) {
            a = $i; b = $(i + NF / 2); size = a < 0 ? -a : a
            if (!skip[i] && (a == "") != (b == "")) exit 1
            if (!skip[i] && (a - b > 1e-4 + size * 1e-3 || b - a > 1e-4 + size * 1e-3)) exit 1
        } }
        END { if (NR < 5) exit 1 }'
}

run free none
for limits in gpu-tiny gpu-small gpu-large; do
    run "$limits" "$limits"
    close_runs free "$limits" || fail "$limits trains otherwise: $(cat runs/*/metrics.csv)"
    matches "runs/$limits/run.json" "\"name\": \".* as $limits\""
    matches "runs/$limits/run.json" '"type": "GPU"'
done
run streamed gpu-small --set device.data_memory=0
same_run streamed gpu-small || fail 'pictures that stream train other weights'
matches runs/free/run.json '"type": "CPU"|"type": "GPU"'

# What was trained with limits is read without, and the other way round.
for command in 'eval runs/gpu-small' 'eval runs/free'; do
    for limits in none gpu-small; do
        expect 0 "$command" $command --json --set "device.limits=$limits"
        grep '"accuracy"' out >"accuracy-$limits"
    done
    cmp -s accuracy-none accuracy-gpu-small || fail "$command depends on the limits"
done

for limits in none gpu-small; do
    expect 0 "predict with limits $limits" predict runs/free "$project/docs" --set "device.limits=$limits"
    cp out "predicted-$limits"
done
paste -d, predicted-none predicted-gpu-small | awk -F, '
    NR > 1 { d = $3 - $7; if ($1 != $5 || $2 != $6 || d > 1e-3 || d < -1e-3) exit 1 }
    END { if (NR < 2) exit 1 }' || fail "predict depends on the limits: $(cat predicted-*)"

# Tuning is kept apart.
kept=$MIXCL_CACHE_DIR
export MIXCL_CACHE_DIR="$folder/tuned"
for limits in none gpu-small; do
    expect 0 "tune with limits $limits" tune exp.ini --set "device.limits=$limits"
done
[ "$(ls "$folder/tuned" | grep -c '^tune-')" -eq 2 ] || fail "tuning is not kept apart: $(ls "$folder/tuned")"
[ "$(cat "$folder"/tuned/tune-* | grep -c '"device": ".* as gpu-small"')" -eq 1 ] ||
    fail "not one tuning cache says its limits: $(cat "$folder"/tuned/tune-*)"
export MIXCL_CACHE_DIR="$kept"
expect 0 'a benchmark with limits' benchmark exp.ini --steps 1 --set device.limits=gpu-small
has out ' as gpu-small'

# What does not fit is refused before it is tried, with what would fit.
# too_large BATCH EVAL_BATCH
too_large() {
    expect 6 "a batch of $1" train exp.ini --set run.name=large --set device.limits=gpu-small \
        --set model.name=wide_resnet50_2 --set data.size=224 --set "train.batch=$1" \
        --set "train.eval_batch=$2"
}
too_large 64 8
matches err "a batch of 64 does not fit the pieces of memory .* as gpu-small' allows; train.batch = [0-9]+ would"
too_large 4 8
matches err "training needs [0-9]+ MiB of memory, and '.* as gpu-small' has 2048; train.batch = [0-9]+ would"
too_large 4 4096
has err "as gpu-small' has 2048 MiB of memory, too little for a batch of 1"
expect 2 'unknown limits' train exp.ini --set device.limits=gpu-medium
has err 'gpu-small'

finish
