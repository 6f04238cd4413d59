#!/bin/sh
# mixcl predict on files, folders and archives. Usage: predict.sh MIXCL
. "$(dirname "$0")/common"
"$(dirname "$mixcl")/tests/miniatures" "$folder/data" || fail 'cannot write the miniatures'

mkdir configs
cp "$project/configs/folder.ini" configs
expect 0 'a run' train configs/folder.ini --set model.name=wrn-10-1 --set data.size=16 --set data.labelled=8 \
    --set train.batch=4 --set train.steps=6 --set train.eval_batch=5 --set device.tune=off
run=runs/folder

# A folder: a row for each picture, in order, probabilities that add up to 1, the class of the largest.
expect 0 'a folder' predict $run data/pictures
[ "$(head -n 1 out)" = 'file,class,p_0,p_1' ] || fail "the header is $(head -n 1 out)"
[ "$(sed 1d out | wc -l)" -eq "$(find data/pictures -type f | wc -l)" ] || fail 'not a row for each picture'
sed 1d out | cut -d, -f1 | sort -c || fail 'rows are not in order'
sed 1d out | awk -F, '{ s = $3 + $4; best = $3 > $4 ? "scratched" : "whole"
    if (s < 0.9999 || s > 1.0001 || $2 != best) exit 1 }' || fail "odd rows: $(cat out)"
cp out folder.csv

# Files give the same rows, whatever the size of a batch.
set -- data/pictures/whole/2.png data/pictures/scratched/13.png
expect 0 'files' predict $run "$@" --set train.eval_batch=1
for file in "$@"; do
    [ "$(grep -F "$file," out)" = "$(grep -F "$file," folder.csv)" ] || fail "$file has another row alone"
done
expect 0 'json' predict $run "$@" --json
has out '"class"'
has out '"probabilities"'

# What cannot be read is said, the rest is done.
head -c 60 data/pictures/whole/2.png >short.png
expect 3 'bad files' predict $run short.png data/pictures/whole/2.png none.png
has err 'short.png'
has err "cannot open 'none.png'"
has err '2 of 3 pictures could not be read'
[ "$(sed 1d out | wc -l)" -eq 1 ] || fail 'the readable picture has no row'

# Names that CSV must quote.
cp data/pictures/whole/2.png 'a, "b".png'
expect 0 'an odd name' predict $run 'a, "b".png'
matches out '^"a, ""b"".png",'

if [ -e data/aaf/AAF.zip ]; then
    expect 0 'an archive' predict $run data/aaf/AAF.zip
    matches out '^data/aaf/AAF.zip/.*\.jpg,'
fi
expect 3 'no run' predict runs/none data/pictures
expect 2 'no pictures' predict $run
expect 2 'weights without names' predict $run/best.safetensors data/pictures
has err '--config'
finish
