#!/bin/sh
# mixcl devices: what is listed, and what is said when there is nothing to run on. Usage: devices.sh MIXCL
. "$(dirname "$0")/common"

expect 0 'devices' devices
matches out '^0  .'
matches out '<- chosen: '
expect 0 'devices --json' devices --json
for field in index platform name type version driver compute_units global_memory local_memory \
    max_work_group chosen; do
    matches out "^ *\"$field\": [^ ]"
done
[ "$(grep -c '"chosen": true' out)" -eq 1 ] || fail 'not exactly one device is chosen'
[ ! -s err ] || fail "devices writes to standard error: $(cat err)"

name=$(sed -n 's/^ *"name": "\(.*\)",$/\1/p' out | head -n 1)
expect 0 'a device by its index' devices --device 0 --json
expect 2 'an unknown device' devices --device 'no such device'
has err "no device matches 'no such device'"
has err "$name"
expect 2 'an index past the last' devices --device 9999
has err "$name"
MIXCL_DEVICE='no such device' "$mixcl" devices >out 2>err
[ $? -eq 2 ] || fail 'an unknown MIXCL_DEVICE is not exit code 2'
has err "$name"

cat >exp.ini <<'END'
[train]
steps = 1
END
expect 2 'an unknown device where one is opened' show model exp.ini --device 'no such device'
has err "$name"

for command in 'devices' 'devices --json' 'show model exp.ini'; do
    OCL_ICD_VENDORS=/nonexistent "$mixcl" $command >out 2>err
    [ $? -eq 5 ] || fail "no driver: '$command' is not exit code 5"
    has err 'no OpenCL device found'
    has err "OCL_ICD_VENDORS is '/nonexistent'"
    has err "install 'pocl-opencl-icd'"
    [ "$(wc -l <err)" -eq 1 ] || fail 'the error is not one line'
done

finish
