#!/bin/sh
# Weights that training begins with, frozen parts, heads, steps in parts. Usage: weights.sh MIXCL
. "$(dirname "$0")/common"

# experiment NAME CLASSES CHANNELS MODEL: NAME.ini
experiment() {
    write_idx "$1-train" 40 "$2"
    write_idx "$1-test" 12 "$2"
    {
        sources "$1"
        cat <<END
[data]
size = 8
channels = $3
labelled = 12
[augment]
pad = 1
[model]
name = $4
[device]
tune = off
[train]
batch = 4
steps = 2
eval_batch = 8
END
    } >"$1.ini"
}

# train STATUS INI NAME ARGUMENT...: a run called NAME
train() {
    want=$1 ini=$2 name=$3
    shift 3
    expect "$want" "train $name" train "$ini.ini" --set "run.name=$name" "$@"
}

# backbone NAME: its weights and statistics but fc
backbone() {
    expect 0 "convert $1" convert "runs/$1/last.safetensors" "$1.safetensors" --without fc.
}

experiment two 2 1 wrn-10-1
experiment three 3 1 wrn-10-1
train 0 two first
train 0 two again --set model.weights=runs/first/last.safetensors
has err "weights from "
grep -q random err && fail "weights of the same network leave something random: $(cat err)"

train 0 three other --set model.weights=runs/first/last.safetensors
has err "new and random: 'fc.weight', 'fc.bias'"
train 3 two deeper --set model.name=wrn-16-1 --set model.weights=runs/first/last.safetensors
has err "missing: 'block1.layer.1.bn1.weight'"
train 3 two wider --set model.name=wrn-10-2 --set model.weights=runs/first/last.safetensors
has err "of another shape: 'block1.layer.0.conv1.weight' (16x16x3x3 for 32x16x3x3)"
train 3 two absent --set model.weights=none.pth
has err "none.pth"
head -c 3000 "runs/first/last.safetensors" >short.safetensors
train 3 two short --set model.weights=short.safetensors
has err "short.safetensors"

train 0 two frozen --set model.weights=runs/first/last.safetensors --set model.freeze=backbone
train 0 two stem --set model.weights=runs/first/last.safetensors --set model.freeze=stem
backbone first
backbone frozen
backbone stem
cmp -s first.safetensors frozen.safetensors || fail "a frozen backbone has moved"
cmp -s first.safetensors stem.safetensors && fail "only the stem is frozen, and nothing has moved"
train 2 two nothing --set model.freeze=backbone
has err "model.weights"

train 0 two slow --set optimizer.lr_backbone=1e-5
train 0 two kept --set model.recompute=false
cmp -s runs/first/last.safetensors runs/kept/last.safetensors || fail "recomputing changes the bits"
train 0 two parts --set train.accumulate=3
cmp -s runs/first/config.ini runs/parts/config.ini && fail "the resolved configuration lacks accumulate"
train 2 two many --set train.accumulate=4
has err "train.accumulate = 4 is more than the 3 batches"
train 2 two stacked --set model.head=10
has err "model.head is for torchvision's networks"
train 2 two grey --set data.scaling=imagenet
has err "data.channels = 3"

experiment net 2 3 resnet18
train 0 net headed --set model.head=20,10 --set data.size=32 --set data.scaling=imagenet
expect 0 "convert headed" convert runs/headed/last.safetensors body.safetensors --without head.
train 0 net body --set model.weights=body.safetensors --set model.head=20 --set data.size=32
has err "new and random: 'head.0.weight'"
train 0 net fc --set model.weights=body.safetensors --set model.head=keep --set data.size=32
expect 0 "eval fc" eval runs/fc --json
train 2 net leaky --set model.leaky=0.2
has err "model.leaky is for wrn networks"
train 2 net words --set model.head=some
has err "model.head = 'some'"
finish
