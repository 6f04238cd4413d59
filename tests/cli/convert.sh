#!/bin/sh
# mixcl convert: golden .pth files, their tensors as .safetensors, run folders. Usage: convert.sh MIXCL
. "$(dirname "$0")/common"
golden=$project/tests/golden/torchfile

# same_tensors A B: both files hold the same bytes once converted
same_tensors() {
    "$mixcl" convert "$1" same-a.safetensors >out 2>err && "$mixcl" convert "$2" same-b.safetensors >out 2>err ||
        fail "converting $1 or $2: $(cat err)"
    cmp -s same-a.safetensors same-b.safetensors || fail "$1 and $2 differ"
}

# Both forms of torch.save give the same file, and a file of ours is a fixed point.
expect 0 'a zip .pth' convert "$golden/types.zip.pth" zip.safetensors
matches out '^zip\.safetensors: 4 tensors, 33 parameters, 0\.0 MiB; left out 6$'
[ ! -s err ] || fail "convert writes to standard error: $(cat err)"
expect 0 'an older .pth' convert "$golden/types.stream.pth" stream.safetensors
cmp -s zip.safetensors stream.safetensors || fail 'the two forms of torch.save differ'
expect 0 'a .safetensors' convert zip.safetensors again.safetensors
cmp -s zip.safetensors again.safetensors || fail 'a file of ours changes'
has out 'again.safetensors: 4 tensors'
for name in types views checkpoint protocol4; do
    expect 0 "$name" convert "$golden/$name.zip.pth" "$name.safetensors" --json
    tr -d ' \n' <out >flat
    matches flat '^\{"tensors":[0-9]+,"parameters":[0-9]+,"bytes":[0-9]+,"skipped":[0-9]+\}$'
    expect 0 "$name as safetensors has it" convert "$golden/$name.safetensors" peer.safetensors --json
    bytes=$(awk '$1 == "\"bytes\":" { print $2 + 0 }' out)
    [ "$bytes" -eq "$(wc -c <peer.safetensors)" ] || fail "--json says $bytes bytes"
done
same_tensors "$golden/protocol4.zip.pth" "$golden/protocol4.stream.pth"

# Notes stay, and none is added.
body='{"__metadata__":{"format":"pt","who":"me"},"a.x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b.y":{"dtype":"F16","shape":[2],"data_offsets":[4,8]}}'
printf "\\$(printf %03o $((${#body} % 256)))\\$(printf %03o $((${#body} / 256)))"'\000\000\000\000\000\000' >notes.safetensors
printf '%s\000\000\200\077\000\074\000\300' "$body" >>notes.safetensors
expect 0 'a file with notes' convert notes.safetensors kept.safetensors
has kept.safetensors '"__metadata__":{"format":"pt","who":"me"}'
has kept.safetensors '"b.y":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}'
expect 0 'a .pth without notes' convert "$golden/ema.pth" none.safetensors
has none.safetensors '"__metadata__":{}'

# Leaving tensors out.
expect 0 '--without' convert notes.safetensors less.safetensors --without b. --json
tr -d ' \n' <out >flat
has flat '{"tensors":1,"parameters":1,'
has flat '"skipped":1}'
has less.safetensors '"a.x"'
grep -q 'b\.y' less.safetensors && fail '--without keeps the tensor'
expect 2 '--without a name that is not there' convert notes.safetensors no.safetensors --without fc.
has err "no tensor of 'notes.safetensors' begins with 'fc.'"
expect 2 '--without everything' convert notes.safetensors no.safetensors --without a. --without b.
has err "--without leaves no tensor"
[ ! -e no.safetensors ] || fail 'a refused conversion leaves a file'

# Run folders: the best weights, else the last.
mkdir run
expect 3 'a folder without weights' convert run no.safetensors
has err "'run' has neither best.safetensors nor last.safetensors"
cp notes.safetensors run/last.safetensors
expect 0 'a run without an evaluation' convert run last.safetensors
cmp -s last.safetensors kept.safetensors || fail 'not the last weights'
cp less.safetensors run/best.safetensors
expect 0 'a run' convert run best.safetensors
cmp -s best.safetensors less.safetensors || fail 'not the best weights'

# What is refused.
cp notes.safetensors before
expect 2 'OUT is IN' convert notes.safetensors ./notes.safetensors
has err "OUT './notes.safetensors' is the file that is read"
ln -s notes.safetensors link.safetensors
expect 2 'OUT is a link to IN' convert notes.safetensors link.safetensors
expect 2 "OUT is a run's weights" convert run run/best.safetensors
cmp -s notes.safetensors before || fail 'a refused conversion changes its input'
expect 2 'another ending' convert notes.safetensors out.pth
has err "cannot write 'out.pth': OUT must end in .safetensors"
expect 2 'no OUT' convert notes.safetensors
expect 3 'a missing file' convert absent.pth no.safetensors
expect 3 'a file that is none' convert "$0" no.safetensors
expect 3 'a .pth with more than tensors' convert "$golden/whole.pth" no.safetensors
expect 4 'a folder that is not there' convert notes.safetensors absent/out.safetensors

finish
