#!/bin/sh
# checkcl's choice of what to check. Usage: checkcl.sh MIXCL
. "$(dirname "$0")/common"
mixcl="$(dirname "$mixcl")/tests/checkcl"

# Another type of device gets that type's kernels: vectors of four on a GPU.
expect 0 "kernels of a GPU" test --op act --as gpu --verbose
has err 'compiling act.cl [-cl-std=CL1.2 -DV=4]'
expect 1 "a type that there is not" test --op act --as abacus
has err "no type of device 'abacus'; there are cpu, gpu"

# Large cases are left out, and nothing at all is no success.
expect 0 "small cases" test --op softmax --largest 200
few=$(awk '/passed/ { print $1 }' out)
expect 0 "all cases" test --op softmax
[ "$few" -lt "$(awk '/passed/ { print $1 }' out)" ] || fail "--largest leaves nothing out: $few cases"
expect 1 "no case" test --op softmax --largest 1
has err 'no check of this mode matches the filters'
finish
