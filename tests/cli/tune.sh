#!/bin/sh
# mixcl tune: its table, its cache, and who reads it. Usage: tune.sh MIXCL
. "$(dirname "$0")/common"
MIXCL_CACHE_DIR=$folder/cache
export MIXCL_CACHE_DIR

# small STATUS DESCRIPTION COMMAND ARGUMENT...: COMMAND of a network small enough for a test
small() {
    want=$1 what=$2 command=$3
    shift 3
    expect "$want" "$what" "$command" "$project/configs/wrn-28-2.ini" --set model.name=wrn-10-1 \
        --set data.size=8 --set train.batch=4 "$@"
}

small 0 'tune' tune
has err 'tuning '
matches err '^tuned in [0-9.]+ s$'
matches out '^device .*, batch 12$'
for row in '3x3/1 3->16 @8x8      forward' '3x3/1 3->16 @8x8      weights' '1x1/2 32->64 @4x4     data   '; do
    matches out "^$row +[a-z]+[ 0-9,]* +[0-9.]+ +[0-9]+  "
done
grep -q '3->16 @8x8 *data' out && fail 'the gradient by the pictures is tuned'
[ "$(sed 1d out | awk 'length > 80')" = '' ] || fail 'the table is wider than 80 columns'
[ "$(ls cache | grep -c '^tune-[0-9a-f]*\.json$')" -eq 1 ] || fail "the cache holds $(ls cache)"
for field in '"format": 1' '"device": "' '"driver": "' '"platform": "' '"kernels": "'; do
    has "$(echo cache/*)" "$field"
done

# Whoever needs a network reads it.
small 0 'benchmark after tune' benchmark --steps 1
grep -q 'tuning' err && fail 'benchmark tunes again'
small 0 'another batch' benchmark --steps 1 --set train.batch=3
has err 'tuning '
small 0 'without tuning' benchmark --steps 1 --set train.batch=2 --set device.tune=off
grep -q 'tuning' err && fail 'device.tune = off tunes'

small 0 'tune --json' tune --json
tr -d ' \n' <out >flat
matches flat '"convolutions":\[\{"direction":"[a-z_]+","n":12,'
matches flat '"best":\{"algorithm":"[a-z]+","params":\{[^}]*\},"ms":[0-9.e-]+,"gflops":[0-9.e-]+\}'
small 0 'tune of one algorithm' tune --set conv.algorithm=reference
has out 'there is nothing to choose between'
small 2 'a bad mode' tune --set device.tune=maybe

# A damaged cache and one that cannot be written.
for file in cache/*; do echo '{' >"$file"; done
small 0 'a damaged cache' benchmark --steps 1
has err 'is no tuning cache of this device'
has err 'tuning '
: >file
MIXCL_CACHE_DIR=$folder/file/cache
small 0 'a cache that cannot be written' benchmark --steps 1
has err 'the tuning is not kept'

finish
