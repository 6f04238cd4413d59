#!/bin/sh
# mixcl show: a network's layers, and pictures of what the program does. Usage: show.sh MIXCL
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
has err "cannot show 'cat'; there are model"
expect 2 'show without a file' show model
has err "missing CONFIG after 'show model'"
expect 2 'an option of something else' show model "$config" --rows 2
has err "'show model' does not take --rows"

# number FILE OFFSET: the big-endian number of two bytes there
number() {
    od -An -tu1 -j "$2" -N 2 "$1" | awk '{ print $1 * 256 + $2 }'
}

# is_png FILE WIDTH: a PNG of at least that width, as high as the header says
is_png() {
    [ "$(od -An -tx1 -N 8 "$1" | tr -d ' ')" = 89504e470d0a1a0a ] || fail "$1 is no PNG"
    [ "$(number "$1" 18)" -ge "$2" ] || fail "$1 is $(number "$1" 18) pixels wide"
}

# is_svg FILE: well formed, with something drawn
is_svg() {
    has "$1" '<svg'
    has "$1" '</svg>'
    if command -v xmllint >/dev/null; then
        xmllint --noout "$1" || fail "$1 is not well formed"
    fi
}

write_idx tiny-train 40 2
write_idx tiny-test 12 2
{
    sources tiny
    printf '[data]\nsize = 8\nchannels = 1\nclasses = dark, bright\nlabelled = 6\n'
    printf '[augment]\nlabelled = crop-flip\nunlabelled = crop-flip\n'
    printf '[model]\nname = wrn-10-1\n[train]\nbatch = 4\nsteps = 2\n[run]\nname = tiny\n'
} >tiny.ini

expect 2 'a picture of another kind' show batch tiny.ini --out batch.jpg
if grep -q 'built without Cairo' err; then
    has err '-DMIXCL_CAIRO=ON'
    expect 0 'numbers without Cairo' show mixup --json
    finish
fi
has err "the name must end in .png or .svg"
[ ! -e batch.jpg ] || fail 'batch.jpg was written all the same'

expect 0 'show batch' show batch tiny.ini
has out 'batch.png: 6 of 6, in the order that training takes them'
is_png batch.png 400
expect 0 'show batch as SVG' show batch tiny.ini --split unlabelled --rows 1 --out batch.svg
matches out 'batch.svg: [1-9] of 34, '
is_svg batch.svg
expect 0 'show batch of the test' show batch tiny.ini --split test --out test.PNG
has out 'test.PNG: 12 of 12, at equal distances'
is_png test.PNG 400
expect 0 'show batch --augmented' show batch tiny.ini --augmented --rows 2 --out seen.png
has out 'seen.png: 2 of 4 pictures of each kind'
is_png seen.png 600
cp seen.png again.png
expect 0 'show batch --augmented again' show batch tiny.ini --augmented --rows 2 --out again.png
cmp -s seen.png again.png || fail 'the same batch looks different'
expect 0 'another seed' show batch tiny.ini --augmented --rows 2 --out again.png --set run.seed=7
! cmp -s seen.png again.png || fail 'another seed gives the same batch'
expect 0 'a supervised batch' show batch tiny.ini --augmented --out seen.svg --set train.method=supervised
is_svg seen.svg
expect 2 'a split that is not there' show batch tiny.ini --split all
has err 'there are train, unlabelled and test'
expect 3 'a split without pictures' show batch tiny.ini --split unlabelled --set data.labelled=0
has err 'there are no unlabelled pictures'
for n in 0 101 x ''; do
    expect 2 "--rows $n" show batch tiny.ini --rows "$n"
done
# show mixup: with a data set or without, numbers or a picture.
expect 0 'show mixup' show mixup
has out 'mixup.png: 7 alphas, 20000 draws of lambda each, 0 pictures'
is_png mixup.png 1200
expect 0 'show mixup with pictures' show mixup tiny.ini --out mixup.svg
has out 'mixup.svg: 7 alphas, 20000 draws of lambda each, 34 pictures'
is_svg mixup.svg
rm mixup.png
expect 0 'show mixup --json' show mixup tiny.ini --json
[ ! -e mixup.png ] || fail 'show mixup --json draws'
awk '/"lambda_mean"/ && ($2 < 0.48 || $2 > 0.52) { exit 1 }' out || fail 'the mean of lambda is not 0.5'
awk '/"lambda_prime_mean":/ { mean = $2 + 0 }
     /"lambda_prime_mean_expected"/ { n++; bad += mean < $2 - 0.005 || mean > $2 + 0.005 }
     END { exit n != 7 || bad }' out || fail "the means of lambda' are not the Beta distribution's"
tr -d ' \n' <out >flat
matches flat '"mean_distance":[1-9][0-9.]*'
matches flat '"temperature":1\.0,"sharpened":\[0\.0,0\.0(09|1)'
has flat '"pictures":34'
cp out numbers
expect 0 'show mixup --json again' show mixup tiny.ini --json --out both.png
cmp -s out numbers || fail 'the same seed gives other numbers'
is_png both.png 1200
expect 2 '--set without a file' show mixup --set run.seed=2
has err '--set changes a CONFIG, and there is none'

# show augment
expect 0 'show augment' show augment tiny.ini --pictures 2
has out ' augmentations of 2 pictures'
is_png augment.png 600
cp augment.png once.png
expect 0 'show augment again' show augment tiny.ini --pictures 2
cmp -s augment.png once.png || fail 'the same augmentations look different'
expect 0 'show augment as SVG' show augment tiny.ini --out augment.svg
is_svg augment.svg
expect 2 'show augment --rows' show augment tiny.ini --rows 2
has err "'show augment' does not take --rows"

expect 4 'a folder that is not there' show batch tiny.ini --out nowhere/batch.png

finish
