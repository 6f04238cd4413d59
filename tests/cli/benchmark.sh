#!/bin/sh
# mixcl benchmark: its numbers, on a network small enough for a test. Usage: benchmark.sh MIXCL
. "$(dirname "$0")/common"

# benchmark STATUS DESCRIPTION ARGUMENT...
benchmark() {
    want=$1 what=$2
    shift 2
    expect "$want" "$what" benchmark "$project/configs/wrn-28-2.ini" --set model.name=wrn-10-1 \
        --set data.size=8 --set train.batch=4 "$@"
}

benchmark 0 'benchmark --json' --steps 3 --json
tr -d ' \n' <out >flat
matches flat '"step_ms":\{"median":[0-9.]+,"min":[0-9.]+\}'
matches flat '"images_per_s":[0-9.]+'
matches flat '"peak_memory_bytes":[0-9.]+'
matches flat '"steps":3[,}]'
matches flat '"ops_timed_by":"(device|clock)"'
matches flat '"step":"training"'
matches flat '"peaks":\{"gflops":[0-9.e+]+,"gbytes_per_s":[0-9.e+]+,"ridge_flops_per_byte":[0-9.e+-]+\}'
number='[0-9.e+-]+'
matches flat "\"ops\":\[\{\"name\":\"[^\"]+\",\"calls\":$number,\"ms\":$number,\"gflops\":$number,\
\"gbytes_per_s\":$number,\"flops\":$number,\"bytes\":$number,\"roof\":\"(compute|memory)\",\"roof_share\":$number,\
\"bound\":\"(compute|memory|neither)\"\}"
for op in conv_forward conv_backward_data conv_backward_weights batchnorm_statistics adam mixup sharpen; do
    matches flat "\"name\":\"$op"
done
awk -F'[:,{}]+' '{
    for (i = 1; i < NF; i++) {
        if ($i == "\"median\"") median = $(i + 1)
        if ($i == "\"min\"") least = $(i + 1)
        if ($i == "\"images_per_s\"") rate = $(i + 1)
    }
    exit !(least > 0 && median >= least && rate * median > 11999 && rate * median < 12001)
}' flat || fail "12 pictures a step do not give that rate: $(cat flat)"

# What bounds a step adds up to it.
awk -F'[:,{}]+' '{
    for (i = 1; i < NF; i++) {
        if ($i == "\"compute\"" && !found++) sum += $(i + 1) + $(i + 3) + $(i + 5)
        if ($i == "\"neither\"" && !neither) neither = $(i + 1)
        if ($i == "\"slow_ops\"") parts = $(i + 1) + $(i + 3)
    }
    exit !(sum > 0.99 && sum < 1.01 && parts > neither - 0.001 && parts < neither + 0.001)
}' flat || fail "shares of a step that are not a whole: $(cat flat)"

benchmark 0 'benchmark' --steps 1
matches out '^its peaks +[0-9.]+ GFLOP/s, [0-9.]+ GB/s, measured$'
matches out '^bound by +computation [0-9]+ % of the time, memory [0-9]+ %, neither [0-9]+ %$'
matches out '^batchnorm_statistics +[0-9]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9]+ [CcMm]$'
awk 'length($0) > 80 { exit 1 }' out || fail "lines of more than 80 columns: $(cat out)"
matches out '^step +[0-9.]+ ms median, '
matches out '^pictures +[0-9.]+ a second$'
matches out '^peak memory +[0-9]+ MiB$'
matches out '^conv_forward .* 3x3/1 3->16 @8x8 '
benchmark 0 'a supervised benchmark' --steps 1 --json --set train.method=supervised
grep -q '"name": "sharpen"' out && fail 'supervised training sharpens'

benchmark 0 'benchmark --evaluate --json' --evaluate --steps 2 --json --set train.eval_batch=6
tr -d ' \n' <out >flat
matches flat '"step":"evaluation"'
matches flat '"name":"batchnorm_running"'
grep -qE '"name":"(batchnorm_statistics|conv_backward|adam)' flat && fail 'evaluation trains'
grep -q enqueue_ms flat && fail 'what waits for its logits has a time of enqueueing'
awk -F'[:,{}]+' '{
    for (i = 1; i < NF; i++) {
        if ($i == "\"median\"") median = $(i + 1)
        if ($i == "\"images_per_s\"") rate = $(i + 1)
    }
    exit !(rate * median > 5999 && rate * median < 6001)
}' flat || fail "6 pictures a batch do not give that rate: $(cat flat)"
benchmark 0 'benchmark --evaluate' --evaluate --steps 1
matches out '^batch +[0-9.]+ ms median, '
matches out '^op, per batch '

for steps in 0 -1 x 1.5 '' 100001; do
    benchmark 2 "$steps steps" --steps "$steps"
    has err "--steps $steps: not a number from 1 to 100000"
done

finish
