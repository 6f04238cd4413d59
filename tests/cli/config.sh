#!/bin/sh
# mixcl config: show and keys. Usage: config.sh MIXCL
. "$(dirname "$0")/common"
unset MIXCL_DEVICE

cat >exp.ini <<'END'
[source.train]
kind = idx
images = pictures.gz   # relative to this file
labels = labels.gz
[mixmatch]
alpha = 0.5 ; mixes less
[train]
steps = 10
END

expect 0 'show' config show exp.ini --set train.batch=8
has out 'alpha = 0.5                             ; exp.ini:6'
has out 'batch = 8                               ; --set'
has out "images = $(pwd -P)/pictures.gz"
[ ! -s err ] || fail "show writes to standard error: $(cat err)"

cp out again.ini
expect 0 'show of what show printed' config show again.ini --set run.name=exp
sed 's/ *;.*//' again.ini >first
sed 's/ *;.*//' out >second
cmp -s first second || fail 'show of what show printed differs'

expect 0 'show --json' config show --json exp.ini
has out '"alpha": 0.5'
has out '"alpha": "exp.ini:6"'

expect 0 'environment' config show exp.ini
grep -q '^select = auto  *; default$' out || fail 'select is not auto by default'
MIXCL_DEVICE=cpu "$mixcl" config show exp.ini >out
grep -q '^select = cpu  *; environment MIXCL_DEVICE$' out || fail 'MIXCL_DEVICE is not shown'

expect 0 'keys' config keys
has out '[source.NAME]'
has out 'temperature = 0.5'
[ "$(awk 'length > 80' out)" = '' ] || fail 'keys is wider than 80 columns'
expect 0 'keys --json' config keys --json
has out '"key": "temperature"'

expect 2 'a missing file' config show none.ini
has err "mixcl: error: cannot open 'none.ini': No such file or directory"
[ "$(wc -l <err)" -eq 1 ] || fail 'the error is not one line'
printf '[mixmatch]\nalhpa = 1\n' >bad.ini
expect 2 'an unknown key' config show bad.ini
has err "mixcl: error: bad.ini:2: unknown key 'alhpa' in [mixmatch]; did you mean 'alpha'?"
[ ! -s out ] || fail 'a failure prints results'
expect 2 'a bad --set' config show exp.ini --set mixmatch.k=99
has err "--set mixmatch.k=99: mixmatch.k = '99' is not a whole number within 1..8"

expect 2 'no subcommand' config
has err "missing show|keys; see 'mixcl config -h'"
expect 2 'a wrong subcommand' config shwo exp.ini
expect 2 'show without a file' config show
has err 'missing CONFIG'
expect 2 'keys with a file' config keys exp.ini
expect 2 'three positionals' config show exp.ini more

finish
