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

# A build without some of the libraries has no miniatures that need them.
if [ -e data/aaf ]; then
    for variant in mixmatch nomixup; do
        train aaf-gender-$variant --set data.labelled=4
        said '4 labelled, 12 unlabelled, 0 validation, 4 test; 2 classes'
    done
    train aaf-gender-supervised --set data.labelled=4
fi
if [ -e data/adience ]; then
    train adience-gender --set data.labelled=4
    said '4 labelled, 16 unlabelled, 0 validation, 5 test; 2 classes'
    said "source 'fold-0': left out 1 pictures whose label is none of the classes"
    train orl-mask --set data.labelled=4
    said '4 labelled, 24 unlabelled, 0 validation, 12 test; 2 classes'
fi
if [ -e data/rmfd ]; then
    train rmfd --set data.labelled=4
    said '4 labelled, 20 unlabelled, 0 validation, 6 test; 2 classes'
fi
if [ -e data/mafa ]; then
    train mafa --set data.labelled=4
    said "source 'faces': left out 2 of 16 faces that '"
    said '4 labelled, 23 unlabelled, 0 validation, 3 test; 2 classes'
fi
if [ -e data/aaf ] && [ -e data/adience ] && [ -e data/mafa ]; then
    for variant in mixmatch supervised; do
        train mask-$variant --set data.labelled=4
        said 'masked           2          29           0     8'
    done
fi
train cifar10 --set data.labelled=10
said '10 labelled, 90 unlabelled, 0 validation, 20 test; 10 classes'
said 'airplane           1           9           0     2'
train folder --set data.labelled=4
said '4 labelled, 15 unlabelled, 0 validation, 5 test; 2 classes'
train fashion-mnist-quick --set data.labelled=10 \
    --set source.train.images=data/fashion-mnist/train-images \
    --set source.train.labels=data/fashion-mnist/train-labels \
    --set source.test.images=data/fashion-mnist/test-images \
    --set source.test.labels=data/fashion-mnist/test-labels
said '10 labelled, 50 unlabelled, 0 validation, 20 test; 10 classes'

# The file of bad pictures names the row of the labels.
if [ -e data/aaf ] && [ -e data/adience ]; then
    rm data/adience/faces/user0@N01/coarse_tilt_aligned_face.1.101_o.jpg
    expect 0 'prepare without a picture' prepare configs/adience-gender.ini --report report.csv \
        --set data.labelled=4
    has report.csv 'fold_0_data.txt:3: No such file or directory"'
    expect 3 'prepare that may skip none' prepare configs/adience-gender.ini --set data.bad=fail
    has err 'fold_0_data.txt:3: cannot open '
    expect 3 'a column that is not there' prepare configs/adience-gender.ini \
        --set 'source.fold-3.label={sex}'
    has err "source 'fold-3': '"
    has err "has no column 'sex'; there are: user_id, original_image, face_id, age, gender, x, y, "
    expect 3 'more labels than pictures' prepare configs/adience-gender.ini --set data.labelled=100
    has err 'labelled = 100 is more than the 19 training pictures left after 0'
fi

finish
