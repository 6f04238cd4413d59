#!/bin/sh
# mixcl show model: layers, shapes and counts. Usage: show.sh MIXCL
. "$(dirname "$0")/common"
config=$project/configs/wrn-28-2.ini

expect 0 'show model' show model "$config" --set train.batch=1
has out 'wrn-28-2, input 32x32x3, 10 classes'
matches out '^conv +conv1 +32x32x16 +432 +0\.442$'
matches out '^conv +block2\.layer\.0\.convShortcut +16x16x64 +2048 '
matches out '^linear +fc +1x1x10 +1290 '
has out '1467610 parameters'
[ ! -s err ] || fail "show writes to standard error: $(cat err)"

expect 0 'show model --json' show model "$config" --json --set train.batch=1 --set data.size=20x24 \
    --set data.channels=1 --set 'data.classes=a,b,c' --set model.name=wrn-10-1 --set model.conv_bias=true
has out '"model": "wrn-10-1"'
has out '"classes": 3'
has out '"name": "block3.layer.0.conv2"'
matches out '"parameters": 77[0-9]{3},'
matches out '"memory_bytes": [1-9]'
tr -d ' \n' <out >flat
has flat '"input":[20,24,1]'
has flat '"output":[5,6,64]'

for name in wrn-11-1 wrn-4-1 wrn-10-0 wrn-10 wrn-10-1x resnet; do
    expect 2 "a network called $name" show model "$config" --set "model.name=$name"
    has err "$name"
done
expect 2 'show of something else' show cat "$config"
has err "cannot show 'cat'; there is 'model'"
expect 2 'show without a file' show model
has err 'missing CONFIG'

finish
