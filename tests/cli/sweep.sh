#!/bin/sh
# mixcl sweep: grids of runs, their table, and what happens when they end too early. Usage: sweep.sh MIXCL
. "$(dirname "$0")/common"

# grid NAME ARGUMENT...: mixcl, sweeping 2 x 2 x 2 runs into runs/NAME, in place of the shell
grid() {
    name=$1
    shift
    exec "$mixcl" sweep exp.ini --vary data.labelled=10,20 --set "run.name=$name" \
        --vary 'method=plain: train.method=supervised | MixMatch:' --vary run.seed=1,2 "$@"
}

# sweep STATUS NAME ARGUMENT...: that, into out and err
sweep() {
    want=$1
    shift
    (grid "$@") >out 2>err
    got=$?
    [ "$got" -eq "$want" ] || fail "sweep $*: exit code $got, not $want: $(cat err)"
}

# results NAME: the table of a sweep without its seconds
results() {
    sed 's/,[0-9.]*,\([a-z]*,"\)/,\1/' "runs/$1/sweep.csv"
}

write_small_experiment
sed -i 's/^steps = .*/steps = 16/' exp.ini

# Each combination is a run in its folder; the table averages over seeds.
sweep 0 whole
[ "$(find runs/whole -name run.json | wc -l)" -eq 8 ] || fail "not 8 runs: $(ls runs/whole)"
has 'runs/whole/data.labelled=20,method=plain,run.seed=2/config.ini' 'method = supervised'
has 'runs/whole/data.labelled=20,method=MixMatch,run.seed=2/config.ini' 'seed = 2'
has 'runs/whole/data.labelled=10,method=MixMatch,run.seed=1/console.log' 'step'
[ "$(wc -l <runs/whole/sweep.csv)" -eq 9 ] || fail "sweep.csv has not 9 lines"
[ "$(grep -c ',finished,' runs/whole/sweep.csv)" -eq 8 ] || fail "not 8 finished runs"
matches out '^labelled +method +acc +\+- +F1 +best +runs$'
[ "$(grep -c ' 2/2$' out)" -eq 4 ] || fail "not 4 groups of 2 runs: $(cat out)"
awk 'length > 80 && !/sweep.csv/' out | grep . && fail 'a line of the table is too long'
[ "$(grep -c '^\[[1-8]/8\] ' err)" -eq 8 ] || fail "not a line for each run: $(cat err)"
if [ -d 'runs/whole/data.labelled=10,method=plain,run.seed=1/plots' ]; then
    [ -s runs/whole/sweep.png ] && [ -s runs/whole/sweep.svg ] || fail 'no plot'
else
    has err 'no plot'
fi

# Finished runs are not done again, and a sweep of other settings does not count them.
cp out first
sweep 0 whole --json
has err 'of which 8 are finished'
has out '"finished": 2'
has out '"spread": 0.'
sweep 0 whole
cmp -s first out || fail 'the second table is another'
sweep 2 whole --set train.steps=17
has err 'begun with another configuration: train.steps = 17 was 16'

# A sweep that is stopped or killed goes on, and ends as one left alone.
for stop in 'INT 0.7 130' 'TERM 1.3 143' 'KILL 1.8 137'; do
    # shellcheck disable=SC2086 # three words
    set -- $stop
    grid stopped --set train.save_every=2 >out 2>err &
    sleep "$2"
    kill "-$1" $! 2>/dev/null
    wait $! 2>/dev/null
    got=$?
    case $got in
    0 | 137) ;;
    "$3") has err 'the same command goes on' ;;
    *) fail "a sweep ended by $1: exit code $got: $(cat err)" ;;
    esac
done
# Runs whose sweep was killed stop by themselves, and are in use until then.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
    (grid stopped --set train.save_every=2) >out 2>err
    got=$?
    [ "$got" -eq 8 ] || break
    sleep 1
done
[ "$got" -eq 0 ] || fail "after $attempt attempts: exit code $got: $(cat err)"
results whole >a
results stopped >b
cmp -s a b || fail "a sweep that was stopped has other results: $(diff a b)"
cmp -s first out || sed 's/stopped/whole/' out | cmp -s first - || fail 'and another table'

# Several at a time give the same; so do two sweeps in one folder.
sweep 0 twice --jobs 2
results twice >b
cmp -s a b || fail "--jobs 2 has other results: $(diff a b)"
expect 0 'two devices' sweep exp.ini --vary run.seed=1,2 --set run.name=devices --jobs cpu,cpu
[ "$(grep -c ',finished,' runs/devices/sweep.csv)" -eq 2 ] || fail 'not 2 runs on two devices'
grid shared >out2 2>err2 &
(grid shared) >out 2>err
got=$?
wait $!
case "$got $?" in
"0 0" | "8 0" | "0 8" | "8 8") ;;
*) fail "a shared folder: $got: $(cat err err2)" ;;
esac
sweep 0 shared
results shared >b
cmp -s a b || fail "a shared folder has other results: $(diff a b)"

# A run that fails is said, and the others go on.
expect 7 'a run that diverges' sweep exp.ini --vary optimizer.lr=0.001,10 --set run.name=diverges \
    --vary 'optimizer.epsilon=1e-8' --set optimizer.weight_decay=10 --set optimizer.beta2=0 \
    --set train.steps=60
has err '1 of 2 runs failed'
matches out '^0.001 .* 1/1$'
matches out '^10 .* 0/1$'
has runs/diverges/sweep.csv ',failed,'

# The file may say what varies; the command line replaces a line of it.
{
    cat exp.ini
    printf '[sweep]\nrun.seed = 1, 2\nmethod = plain: train.method=supervised | MixMatch: mixmatch.k=1\n'
} >file.ini
expect 0 'a sweep of its file' sweep file.ini --vary run.seed=3
[ "$(ls runs/file | grep -c run.seed=3)" -eq 2 ] || fail "not the runs of seed 3: $(ls runs/file)"
matches out '^plain '
expect 0 'config show' config show file.ini
matches out '^run.seed = 1, 2 +; file.ini:'
expect 0 'train, which varies nothing' train file.ini --set run.name=alone --set train.steps=2
grep -q sweep runs/alone/config.ini && fail 'a run has a [sweep] of its own'

# Whatever is wrong is found before anything begins.
# refuse TEXT ARGUMENT...
refuse() {
    text=$1
    shift
    expect 2 "$*" sweep exp.ini --set run.name=refused "$@"
    has err "$text"
    [ -e runs/refused ] && fail "$*: something was begun"
}
refuse 'say what varies with --vary'
refuse "did you mean 'labelled'?" --vary data.labeled=10,20
refuse "is not a whole number" --vary data.labelled=10,many
refuse "did you mean 'supervised'?" --vary train.method=mixmatch,supervized
refuse "has the value '10' twice" --vary data.labelled=10,10
refuse "has an empty value" --vary data.labelled=10,,20
refuse "cannot be varied" --vary run.name=a,b
refuse "is varied twice" --vary data.labelled=10 --vary data.labelled=20
refuse "is varied by 'data.labelled' and by 'm'" --vary data.labelled=10 --vary 'm=a: data.labelled=5 | b:'
refuse "is not 'LABEL: SECTION.KEY=VALUE" --vary 'm=a | b'
refuse 'expected SECTION.KEY=VALUE' --vary data.labelled
refuse '--jobs 0' --vary data.labelled=10 --jobs 0
refuse '--jobs 1,,2' --vary data.labelled=10 --jobs 1,,2
refuse 'both name devices' --vary data.labelled=10 --jobs cpu,cpu --device cpu
refuse "use 'mixcl sweep' with --vary" --vary data.labelled=10 --set sweep.method=x
mkdir -p runs/taken && : >runs/taken/metrics.csv
expect 4 'the folder of a run' sweep exp.ini --vary data.labelled=10 --set run.name=taken
has err 'holds a run'
finish
