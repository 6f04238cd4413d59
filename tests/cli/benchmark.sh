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
matches flat '"ops":\[\{"name":"[^"]+","calls":[0-9.]+,"ms":[0-9.e-]+,"gflops":[0-9.e-]+\}'
for op in conv_forward conv_backward_data conv_backward_weights batchnorm_forward adam mixup sharpen; do
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

benchmark 0 'benchmark' --steps 1
matches out '^step +[0-9.]+ ms median, '
matches out '^pictures +[0-9.]+ a second$'
matches out '^peak memory +[0-9]+ MiB$'
matches out '^conv_forward .* 3x3/1 3->16 @8x8 '
benchmark 0 'a supervised benchmark' --steps 1 --json --set train.method=supervised
grep -q '"name": "sharpen"' out && fail 'supervised training sharpens'

for steps in 0 -1 x 1.5 '' 100001; do
    benchmark 2 "$steps steps" --steps "$steps"
    has err "--steps $steps: not a number from 1 to 100000"
done

finish
