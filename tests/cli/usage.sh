#!/bin/sh
# Help, version, unknown words, and standard output that cannot be written. Usage: usage.sh MIXCL
. "$(dirname "$0")/common"

expect 2 'no arguments'
has err 'usage: mixcl COMMAND'
[ ! -s out ] || fail 'usage for no arguments is on standard output'
for words in -h --help help; do
    expect 0 "$words" $words
    has out 'usage: mixcl COMMAND'
    [ ! -s err ] || fail "$words writes to standard error"
done
for words in -V --version version 'config -V' '-q version'; do
    expect 0 "$words" $words
    grep -qE '^mixcl [0-9]+\.[0-9]+\.[0-9]+$' out || fail "$words prints '$(cat out)'"
done

# Every command describes itself within 80 columns.
expect 0 'help' help
for command in $(sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' out); do
    for words in "$command -h" "help $command" "-h $command"; do
        expect 0 "$words" $words
        has out "usage: mixcl $command"
        has out '-h, --help'
        [ "$(awk 'length > 80' out)" = '' ] || fail "help of $command is wider than 80 columns"
    done
done

expect 2 'a mistyped command' confg
has err "mixcl: error: unknown command 'confg'; did you mean 'config'?"
expect 2 'an unknown command' xyzzyx
has err "mixcl: error: unknown command 'xyzzyx'; 'mixcl help' lists them"
expect 2 'help of an unknown command' help xyzzyx
expect 2 'a mistyped option' config keys --jsno
has err "unknown option '--jsno'; did you mean '--json'?"
expect 2 'an option before the command' --json config
expect 2 'an argument too many' version 1

if [ -w /dev/full ]; then
    "$mixcl" version >/dev/full 2>err
    [ $? -eq 4 ] || fail 'a full disk is not exit code 4'
    has err 'cannot write standard output: No space left on device'
    "$mixcl" config keys >/dev/full 2>err
    [ $? -eq 4 ] || fail 'a full disk in the middle is not exit code 4'
    has err 'cannot write standard output'
fi
"$mixcl" version >&- 2>err
[ $? -eq 4 ] || fail 'closed standard output is not exit code 4'
("$mixcl" config keys 2>err; echo $? >status) | true
case $(cat status) in
0 | 4) ;;
*) fail "a reader that left ends mixcl with $(cat status)" ;;
esac
[ ! -s err ] || fail "a reader that left is complained about: $(cat err)"

finish
