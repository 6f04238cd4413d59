#!/bin/sh
# mixcl train and eval on made-up pictures of 8 x 8. Usage: train.sh MIXCL
. "$(dirname "$0")/common"

# column N FILE: a column of metrics.csv without its header
column() {
    sed 1d "$2" | cut -d, -f"$1"
}

write_idx two-train 60 2
write_idx two-test 20 2
{
    sources two
    cat <<'END'
[data]
size = 8
channels = 1
labelled = 20
[augment]
pad = 2
[mixmatch]
ramp_steps = 6
[model]
name = wrn-10-1
[train]
batch = 8
steps = 6
log_every = 2
eval_every = 3
END
} >exp.ini

# What a run leaves behind.
train 0 a
has out 'run folder     '
matches out '^steps          6 in '
matches out '^test accuracy  [01]\.[0-9]{4} '
has err '20 labelled, 40 unlabelled, 0 validation, 20 test; 2 classes'
[ "$(ls runs/a | grep -v -e '^events.out.tfevents.' -e '^plots$' | tr '\n' ' ')" = 'best.safetensors checkpoint.safetensors config.ini last.safetensors metrics.csv report.html run.json train.log ' ] ||
    fail "the run folder holds $(ls runs/a)"
[ "$(head -n 1 runs/a/metrics.csv)" = "step,epoch,elapsed_s,loss,loss_x,loss_u,lambda_u,lr,images_per_s,\
test_loss,test_acc,test_f1,test_acc_raw,guess_confidence,guess_accuracy,guess_balance" ] || fail "the columns are $(head -n 1 runs/a/metrics.csv)"
[ "$(column 1 runs/a/metrics.csv | tr '\n' ' ')" = '2 3 4 5 6 ' ] ||
    fail "rows at $(column 1 runs/a/metrics.csv)"
[ "$(column 11 runs/a/metrics.csv | grep -c .)" -eq 2 ] || fail 'there are not two evaluations'
for guess in 14 15 16; do
    [ "$(column $guess runs/a/metrics.csv | awk '$1 != "" && $1 >= 0 && $1 <= 1' | wc -l)" -eq 5 ] ||
        fail "column $guess is $(column $guess runs/a/metrics.csv)"
done
has runs/a/train.log '  guesses: confidence 0.'
for fact in '"state": "finished"' '"method": "mixmatch"' '"labelled": 20' '"step": 6' '"driver": "'; do
    has runs/a/run.json "$fact"
done
has runs/a/train.log 'step 6: test loss'
has runs/a/train.log 'done after 6 steps'
has runs/a/config.ini 'name = wrn-10-1'

# Rows held out for validation choose the best weights; the scores shown are still the test's.
train 0 held-out --set data.validation=10 --set data.labelled=10
has err '10 labelled, 40 unlabelled, 10 validation, 20 test'
expect 0 'eval held-out' eval runs/held-out --json
has out '"n": 20'

# Seeds.
train 0 b
same_run a b || fail 'the same seed gives another run'
train 0 streamed --set device.data_memory=0
same_run a streamed || fail 'pictures that are streamed give another run'
train 2 heap --set device.data_memory=plenty
has err "device.data_memory = 'plenty' is neither auto nor MiB"
train 0 other --set run.seed=2
for name in seed again-seed streamed-seed; do
    case $name in streamed*) memory=0 ;; *) memory=auto ;; esac
    train 0 "$name" --set augment.unlabelled=seed --set mixmatch.k=3 --set "device.data_memory=$memory" \
        --set augment.labelled=list --set 'augment.labelled_ops=flip:0.5, rotate(-20..20), blur, erase:0.3'
done
same_run seed again-seed || fail 'the same seed augments otherwise'
same_run seed streamed-seed || fail 'pictures that are streamed are augmented otherwise'
has runs/seed/config.ini 'labelled_ops = flip:0.5, rotate(-20..20), blur, erase:0.3'
same_run a other && fail 'another seed gives the same run'
"$mixcl" train runs/a/config.ini --set run.name=again -q >out 2>err || fail "config.ini of a run: $(cat err)"
[ ! -s err ] || fail "a quiet run says $(cat err)"
same_run a again || fail 'the configuration that a run leaves gives another run'
train 0 plain --set mixmatch.mixup=false
train 0 apart --set mixmatch.interleave=false
same_run a plain && fail 'mixup changes nothing'
same_run a apart && fail 'interleaving changes nothing'

# Nothing is overwritten.
ls -A runs/a >before
cksum runs/a/* >>before
train 4 a --set run.seed=3
has err 'holds a run already'
ls -A runs/a >after
cksum runs/a/* >>after
cmp -s before after || fail 'a refused run changed the folder'
if command -v flock >/dev/null; then
    mkdir -p runs/busy
    (flock 9; failures=0; train 8 busy; exit "$failures") 9>runs/busy/.lock || fail 'a folder in use'
fi
: >file
train 4 elsewhere --out file
has err "cannot make folder '"

# Evaluation.
expect 0 'eval --json' eval runs/a --json
tr -d ' \n' <out >flat
for field in '"accuracy":[01]' '"f1":[01]' '"macro_f1":[01]' '"n":20[,}]' \
    '"confusion":\[\[[0-9]+,[0-9]+\],\[[0-9]+,[0-9]+\]\]'; do
    matches flat "$field"
done
awk -v best="$(column 11 runs/a/metrics.csv | grep . | sort -n | tail -n 1)" \
    '$1 == "\"accuracy\":" { exit !($2 - best < 1e-6 && best - $2 < 1e-6) }' out ||
    fail 'eval has another accuracy than the run'
expect 0 'eval' eval runs/a
has out 'pictures  20'
has out 'confusion matrix'
expect 0 'eval of a file' eval runs/a/last.safetensors --config exp.ini
expect 2 'eval of a file without its configuration' eval runs/a/last.safetensors
has err '--config CONFIG'
expect 3 'eval of nothing' eval runs/none
expect 3 'eval with another network' eval runs/a --set model.name=wrn-16-1
has err "missing: 'block1.layer.1.bn1.weight'"
cp runs/a/last.safetensors nan.safetensors
printf '\000\000\300\177' |
    dd of=nan.safetensors bs=4 seek=$(($(wc -c <nan.safetensors) / 4 - 1)) conv=notrunc 2>/dev/null
expect 0 'eval of weights that are not finite' eval nan.safetensors --config exp.ini --json
has out '"accuracy": 0.0'
has out '"loss": null'
printf 'no weights' >bad.safetensors
expect 3 'eval of a file that is none' eval bad.safetensors --config exp.ini

# Methods, last batches, validation instead of test pictures.
train 0 supervised --set train.method=supervised
has runs/supervised/run.json '"method": "supervised"'
[ -z "$(column 14 runs/supervised/metrics.csv | tr -d '\n')" ] || fail 'a supervised run guesses'
[ "$(column 7 runs/supervised/metrics.csv | sort -u)" = 0 ] || fail 'a supervised run has lambda_u'
train 0 all --set train.method=supervised --set data.labelled=0 --set train.steps=2
has runs/all/run.json '"labelled": 60'
train 0 short --set train.batch=16 --set train.last_batch=short --set train.steps=0 --set train.epochs=2
[ "$(column 2 runs/short/metrics.csv | tr '\n' ' ')" = '0.666667 1 1.33333 2 ' ] ||
    fail "epochs of a run with short batches are $(column 2 runs/short/metrics.csv)"
train 0 validation --set data.validation=10 --set source.test.split=unlabelled --set train.steps=3
has runs/validation/run.json '"validation": 10'
train 3 nothing --set data.labelled=0
has err 'method mixmatch needs unlabelled pictures'
[ ! -e runs/nothing ] || fail 'a run that cannot begin leaves a folder'

# A run that diverges says so, and its folder too.
train 7 diverged --set optimizer.lr=10 --set optimizer.weight_decay=10 --set train.steps=60
has err 'the loss is not finite at step '
has runs/diverged/run.json '"state": "failed"'
has runs/diverged/train.log 'stopped after'
matches err "not finite at step [0-9]+ .*, first .* of [a-z]+ '[a-z0-9.]+'; .*; there is no checkpoint yet"
train 7 saved --set optimizer.lr=10 --set optimizer.weight_decay=10 --set train.steps=60 \
    --set train.save_every=2
matches err 'the checkpoint of step [0-9]*[02468] is kept'
expect 0 "the kept checkpoint has numbers" eval runs/saved

# A hundred classes.
write_idx hundred-train 200 100
write_idx hundred-test 100 100
sources hundred >hundred.ini
sed '1,/^labels = two-test/d' exp.ini >>hundred.ini
expect 0 'a hundred classes' train hundred.ini --set data.labelled=100 --set train.steps=2
has err '100 labelled, 100 unlabelled, 0 validation, 100 test; 100 classes'
expect 0 'eval of a hundred classes' eval runs/hundred --json
has out '"n": 100'

# Folders of pictures: grey PNG files of one pixel.
head='\211PNG\015\012\032\012\000\000\000\015IHDR\000\000\000\001\000\000\000\001\010\000\000\000\000:~\233U'
tail='\000\000\000\000IEND\256B`\202'
mkdir -p pictures/dark pictures/light
for i in 1 2 3 4 5 6; do
    printf "$head"'\000\000\000\012IDATx\234c\320\000\000\000*\000)k1Ts'"$tail" >pictures/dark/$i.png
    printf "$head"'\000\000\000\012IDATx\234c\270\003\000\000\336\000\335]\341\311V'"$tail" >pictures/light/$i.png
done
printf '[source.train]\nimages = pictures\n[source.test]\nimages = pictures\nsplit = test\n' >folders.ini
sed '1,/^labels = two-test/d' exp.ini >>folders.ini
expect 0 'folders of pictures' train folders.ini --set data.labelled=4
has err '4 labelled, 8 unlabelled, 0 validation, 12 test; 2 classes'
has runs/folders/train.log 'dark, light'

finish
