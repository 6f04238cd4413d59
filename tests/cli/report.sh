#!/bin/sh
# mixcl report: the page of a run, and of several. Usage: report.sh MIXCL
. "$(dirname "$0")/common"

# train NAME ARGUMENT...: a short run of $ini called NAME
ini=exp.ini
train() {
    name=$1
    shift
    expect 0 "train $name" train "$ini" --set "run.name=$name" --set train.steps=6 --set train.log_every=2 \
        --set train.eval_every=3 --set "data.classes=<script>, b&b" "$@"
}

write_small_experiment

# A run ends with its report.
train a
for text in '<title>a ' 'Accuracy, averaged weights' 'id="confusion"' 'id="calibration"' 'id="mistakes"' \
    'id="configuration"' '&#60;script&#62;' 'b&#38;b' 'Scores are on 20 test pictures'; do
    has runs/a/report.html "$text"
done
grep -q '<script' runs/a/report.html && fail 'a class name became a tag'
grep -q 'https\{0,1\}:' runs/a/report.html && fail 'the report names an address'

# With Cairo there are plots.
if [ -d runs/a/plots ]; then
    for name in accuracy confusion guesses lambda_u loss reliability; do
        [ -s "runs/a/plots/$name.png" ] && [ -s "runs/a/plots/$name.svg" ] || fail "no plot $name"
    done
    has runs/a/report.html 'data:image/svg+xml;base64,'
else
    has runs/a/report.html 'built without Cairo'
fi

# It can be made again from the folder, to the byte, or elsewhere.
cp runs/a/report.html first.html
expect 0 'report' report runs/a
has out 'runs/a/report.html'
cmp -s first.html runs/a/report.html || fail 'the report of a folder is not that of its run'
expect 0 'report --out' report runs/a --out page.html
has out 'page.html'
cmp -s first.html page.html || fail 'the report at --out is another'

# Runs need not have reports, test pictures or guesses.
train b --set log.report=false --set train.method=supervised
[ -e runs/b/report.html ] && fail 'log.report = false left a report'
sed '/source.test/,/labels/d' exp.ini >untested.ini
ini=untested.ini
train c --set data.validation=10
has runs/c/report.html 'all scores are on the validation pictures'
train d
ini=exp.ini
has runs/d/report.html 'neither test nor validation pictures'

# Runs side by side.
expect 0 'report of several' report runs/a runs/b runs/c
has out 'comparison.html'
has comparison.html '3 runs compared'
has comparison.html 'train.method'
grep -q 'mixmatch.alpha' comparison.html && fail 'what is equal is listed as a difference'
expect 0 'report of several --out' report runs/a runs/d --out two.html
has two.html '2 runs compared'
if [ -d runs/a/plots ]; then
    expect 0 'report of several as a picture' report runs/a runs/b --out two.svg
    has out 'two.svg'
    [ -s two.svg ] || fail 'no picture of two runs'
    expect 0 'report of one as a picture' report runs/a --out one.png
    [ -s one.png ] || fail 'no picture of one run'
else
    expect 2 'report of several as a picture' report runs/a runs/b --out two.svg
    has err 'built without Cairo'
fi

# What is not there any more is said; the rest stays.
mv two-test-images away
expect 0 'report without data' report runs/a
has err 'Confusion matrix, calibration and pictures are missing: '
has runs/a/report.html 'two-test-images'
has runs/a/report.html 'id="curves"'
grep -q 'id="confusion"' runs/a/report.html && fail 'a confusion matrix without data'
mv away two-test-images
expect 0 'report without a device' report runs/a --device nowhere
has runs/a/report.html 'nowhere'
mv runs/a/best.safetensors away
expect 0 'report without weights' report runs/a
has runs/a/report.html 'best.safetensors'
mv away runs/a/best.safetensors
rm runs/a/run.json
expect 0 'report without run.json' report runs/a
has runs/a/report.html 'Device, versions and scores are missing'
has runs/a/report.html 'id="confusion"'

# What is damaged is an error of one line.
echo '{' >runs/b/run.json
expect 3 'report with a damaged run.json' report runs/b
has err 'run.json'
sed 's/^4,/x,/' runs/c/metrics.csv >damaged && mv damaged runs/c/metrics.csv
expect 3 'report with damaged metrics' report runs/c
has err "line 4"
expect 3 'report of several with damaged metrics' report runs/a runs/c
expect 3 'report of nothing' report runs/nowhere
has err "'runs/nowhere' is not the folder of a run"
expect 2 'report without a run' report
expect 4 'report where nothing can be written' report runs/a --out nowhere/page.html

# A run whose report fails is a run all the same.
mkdir -p runs/e/report.html
"$mixcl" train exp.ini --set run.name=e --set train.steps=2 >out 2>err
got=$?
[ "$got" -eq 4 ] || fail "a report that cannot be written: exit code $got, not 4: $(cat err)"
has err 'the run is done and saved, but not its report'
[ -s runs/e/best.safetensors ] || fail 'the run is lost with its report'
finish
