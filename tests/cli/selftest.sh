#!/bin/sh
# mixcl selftest: a line an op and variant, a verdict, and what a bug report needs. Usage: selftest.sh MIXCL
. "$(dirname "$0")/common"

# As a small GPU, whose kernels are fewer than a CPU's.
expect 0 'selftest' selftest --limits gpu-small
matches out '^op +variant +cases +worst +limit +GFLOP/s +verdict$'
matches out '^batchnorm +forward +[0-9]+ +[0-9.e+-]+ +[0-9.e+-]+ +[0-9.]+  ok$'
matches out '^conv +[a-z]+/forward .*  ok$'
for line in mixcl device platform driver version kind verdict; do
    matches out "^$line +[^ ]"
done
matches out '^device .* as gpu-small$'
matches out '^verdict   all [0-9]+ checks passed$'
[ "$(awk 'length > 80 && !/^(device|platform|driver|version|kind) /' out)" = '' ] ||
    fail 'the table is wider than 80 columns'
expect 2 'unknown limits' selftest --limits gpu-none
has err "no limits 'gpu-none'; there are none, "

# A driver that computes something else.
cp -r "$project/cl" kernels
sed 's/exp(/1.01f + exp(/' "$project/cl/softmax.cl" >kernels/softmax.cl
MIXCL_KERNEL_DIR=$folder/kernels
export MIXCL_KERNEL_DIR
expect 5 'a wrong device' selftest --limits gpu-small
matches out '^softmax +softmax .* FAIL$'
matches out '^verdict   [0-9]+ of [0-9]+ checks failed$'
matches out '^softmax softmax .*: '
has err ' checks'
grep -q '^mixup .* FAIL' out && fail 'what is right fails, too'
expect 5 'a wrong device --json' selftest --limits gpu-small --json
tr -d ' \n' <out >flat
matches flat '"failures":\["[^]]*softmax'

finish
