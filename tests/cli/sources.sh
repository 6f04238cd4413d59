#!/bin/sh
# Every ready experiment, from its miniature to metrics.csv. Usage: sources.sh MIXCL
. "$(dirname "$0")/common"
"$(dirname "$mixcl")/tests/miniatures" "$folder/data" || fail 'cannot write the miniatures'
mkdir configs
cp "$project"/configs/*.ini configs

# train NAME ARGUMENT...: two steps of configs/NAME.ini with a tiny network
train() {
    name=$1
    shift
    expect 0 "train $name" train "configs/$name.ini" --set model.name=wrn-10-1 --set model.weights= \
        --set model.head= --set data.size=16 --set train.batch=2 --set train.steps=2 \
        --set train.eval_every=end --set train.log_every=1 "$@"
    matches "runs/$name/metrics.csv" '^2,'
    sed -n '$p' "runs/$name/metrics.csv" | cut -d, -f11 | grep -q . || fail "$name was not evaluated"
    has "runs/$name/run.json" '"state": "finished"'
}

# said TEXT: the last training said so
said() {
    has err "$1"
}

for variant in mixmatch nomixup; do
    train aaf-gender-$variant --set data.labelled=4
    said '4 labelled, 12 unlabelled, 0 validation, 4 test; 2 classes'
done
train aaf-gender-supervised --set data.labelled=4
train adience-gender --set data.labelled=4
said '4 labelled, 16 unlabelled, 0 validation, 5 test; 2 classes'
said "source 'fold-0': left out 1 pictures whose label is none of the classes"
train rmfd --set data.labelled=4
said '4 labelled, 20 unlabelled, 0 validation, 6 test; 2 classes'
train cifar10 --set data.labelled=10
said '10 labelled, 90 unlabelled, 0 validation, 20 test; 10 classes'
has runs/cifar10/train.log 'airplane'
has err 'class    airplane: 1 labelled, 9 unlabelled, 0 validation, 2 test'
train folder --set data.labelled=4
said '4 labelled, 15 unlabelled, 0 validation, 5 test; 2 classes'
train orl-mask --set data.labelled=4
said '4 labelled, 24 unlabelled, 0 validation, 12 test; 2 classes'
train fashion-mnist-quick --set data.labelled=10 \
    --set source.train.images=data/fashion-mnist/train-images \
    --set source.train.labels=data/fashion-mnist/train-labels \
    --set source.test.images=data/fashion-mnist/test-images \
    --set source.test.labels=data/fashion-mnist/test-labels
said '10 labelled, 50 unlabelled, 0 validation, 20 test; 10 classes'
if [ -e data/mafa ]; then
    train mafa --set data.labelled=4
    said "source 'faces': left out 2 of 16 faces that '"
    said '4 labelled, 23 unlabelled, 0 validation, 3 test; 2 classes'
    train mask-mixmatch --set data.labelled=4
    said '; 2 classes'
    train mask-supervised --set data.labelled=4
fi

finish
