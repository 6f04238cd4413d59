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
# A table of files; what predict writes is one.
sed 's|^data/pictures/|pictures/|' folder.csv >data/table.csv
expect 0 'a table' predict $run data/table.csv
cmp -s out folder.csv || fail 'a table gives other rows than its folder'
printf 'picture\npictures/whole/2.png\n' >data/odd.csv
expect 3 'a table without files' predict $run data/odd.csv
has err "file"

# Views: the same whatever the batch and the company; one view more changes a little.
expect 0 'views' predict $run data/pictures --tta 3
cp out views.csv
expect 0 'views of one' predict $run data/pictures/whole/2.png --tta 3 --set train.eval_batch=4
[ "$(sed 1d out)" = "$(grep -F data/pictures/whole/2.png views.csv)" ] || fail 'views depend on the company'
cmp -s views.csv folder.csv && fail 'views change nothing'
sed 1d views.csv | awk -F, '{ s = $3 + $4; if (s < 0.9999 || s > 1.0001) exit 1 }' || fail 'odd rows of views'
expect 2 'too many views' predict $run data/pictures --tta 5 --set train.eval_batch=5
has err 'train.eval_batch = 6'
expect 2 'no views' predict $run data/pictures --tta 0
expect 2 'nothing to vary' predict $run data/pictures --tta 2 --set augment.unlabelled=none
has err 'augment.unlabelled'

# eval: on the run's test pictures, or on others of which the class is known.
expect 0 'eval' eval $run --json --csv rows.csv
n=$(sed 1d rows.csv | wc -l)
has out "\"n\": $n"
has out '"ece"'
[ "$(head -n 1 rows.csv)" = 'file,truth,class,p_0,p_1' ] || fail "the header is $(head -n 1 rows.csv)"
sed 1d rows.csv | awk -F, '{ n++; right += $2 == $3 } END { printf "%.6f", right / n }' >share
awk -v share="$(cat share)" -F: '/"accuracy"/ && !seen++ { exit !($2 + 0 > share - 1e-5 && $2 + 0 < share + 1e-5) }' out ||
    fail "the accuracy is not $(cat share): $(cat out)"
expect 0 'eval of a folder' eval $run data/pictures --csv rows.csv
matches out '^ECE  '
cut -d, -f1,3- rows.csv | sed 1d >a
sed 1d folder.csv >b
cmp -s a b || fail 'eval and predict disagree'
cut -d, -f1,2 rows.csv | sed '1s/.*/file,class/; s|^data/||' >data/truth.csv
"$mixcl" eval $run data/pictures --json >by-folder
"$mixcl" eval $run data/truth.csv --json >by-table
cmp -s by-folder by-table || fail 'a table and its folder score otherwise'
printf 'file,class\npictures/whole/2.png,whole\npictures/whole/10.png,cracked\nnone.png,whole\n' >data/some.csv
expect 3 'eval of odd rows' eval $run data/some.csv
matches out '^pictures  1$'
has err "its class 'cracked'"
has err 'none.png'
has err '2 of 3 pictures could not be scored'
expect 2 'eval of a picture' eval $run data/pictures/whole/2.png
has err 'columns file and class'
expect 4 'rows that cannot be written' eval $run --csv none/rows.csv
expect 0 'eval of views' eval $run --tta 2

expect 3 'no run' predict runs/none data/pictures
expect 2 'no pictures' predict $run
expect 2 'weights without names' predict $run/best.safetensors data/pictures
has err '--config'
finish
