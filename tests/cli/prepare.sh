#!/bin/sh
# mixcl prepare: packed files of made-up pictures. Usage: prepare.sh MIXCL
. "$(dirname "$0")/common"
export MIXCL_CACHE_DIR="$folder/cache"
packed=$MIXCL_CACHE_DIR/packed

# Grey PNG files of one pixel.
head='\211PNG\015\012\032\012\000\000\000\015IHDR\000\000\000\001\000\000\000\001\010\000\000\000\000:~\233U'
tail='\000\000\000\000IEND\256B`\202'
mkdir -p pictures/dark pictures/light
for i in 1 2 3 4 5 6 7 8 9 10; do
    printf "$head"'\000\000\000\012IDATx\234c\320\000\000\000*\000)k1Ts'"$tail" >pictures/dark/$i.png
    printf "$head"'\000\000\000\012IDATx\234c\270\003\000\000\336\000\335]\341\311V'"$tail" >pictures/light/$i.png
done
cat >exp.ini <<'END'
[source.train]
images = pictures
[data]
size = 8
labelled = 4
validation = 2
[augment]
pad = 2
[model]
name = wrn-10-1
[train]
batch = 4
steps = 1
END

# prepare STATUS DESCRIPTION ARGUMENT...
prepare() {
    want=$1 what=$2
    shift 2
    expect "$want" "$what" prepare exp.ini "$@"
}

# decoded N: the last --json says that so many pictures were decoded
decoded() {
    has out "\"decoded\": $1,"
}

# Once, then taken from the file, by training too.
prepare 0 'the first time'
matches out '^pictures  20 of 8 x 8 x 3, and 0 that cannot be used$'
matches out '^decoded   20 in [0-9.]+ s, [0-9]+ pictures/s$'
matches out "^file      $packed/[0-9a-f]{64}\\.pack, 0\\.0 MiB$"
matches out '^light +2 +7 +1 +0$'
matches out '^all +4 +14 +2 +0$'
[ ! -s err ] || fail "prepare says on standard error: $(cat err)"
prepare 0 'the second time'
has out ', was there'
grep -q '^decoded' out && fail 'what was there is decoded again'
prepare 0 'as JSON' --json
decoded 0
tr -d ' \n' <out >flat
has flat '"pictures":20,"bad":0,'
has flat '"report":null,'
has flat '"labelled":{"n":4,"classes":{"dark":2,"light":2}}'
expect 0 'train with a file' train exp.ini -v
grep -q 'prepared 20 pictures' err && fail 'training prepares again'
rm -r "$packed"
expect 0 'train without a file' train exp.ini --set run.name=again
has err 'prepared 20 pictures in '
[ "$(find "$packed" -name '*.pack' | wc -l)" -eq 1 ] || fail 'training leaves no file'

# A changed source, a file cut short.
cp pictures/dark/1.png pictures/dark/11.png
prepare 0 'a new picture' --json
decoded 21
rm pictures/dark/11.png
prepare 0 'the pictures of before' --json
decoded 0
for file in "$packed"/*.pack; do
    dd if="$file" of=short bs=5000 count=1 2>/dev/null
    cp short "$file"
done
prepare 0 'a file cut short' --json
decoded 20
has err 'is damaged or cut short; preparing the pictures anew'

# Bad pictures: each once, with its reason.
printf junk >'pictures/dark/a "b".png'
: >pictures/light/empty.jpg
prepare 3 'more bad pictures than allowed'
has err '2 of 22 pictures cannot be used, a share above [data] bad_limit = 0.05'
has err ".report.csv'"
prepare 0 'bad pictures' --set data.bad_limit=0.5 --report own.csv --json
decoded 0
has out '"bad": 2'
[ "$(wc -l <own.csv)" -eq 3 ] || fail "the report is $(cat own.csv)"
[ "$(head -n 1 own.csv)" = 'source,path,reason' ] || fail "the report begins with $(head -n 1 own.csv)"
has own.csv "\"train\",\"dark/a \"\"b\"\".png\",\"neither a JPEG nor a PNG file\""
has own.csv "\"train\",\"light/empty.jpg\",\"the file is empty\""
[ "$(find "$packed" -name '*.report.csv' | wc -l)" -eq 1 ] || fail 'there is no report beside the file'
prepare 3 'bad = fail' --set data.bad=fail
prepare 4 'a report that cannot be written' --set data.bad_limit=0.5 --report absent/own.csv

# --check writes no file.
rm -r "$MIXCL_CACHE_DIR"
prepare 0 '--check' --check --report own.csv --set data.bad_limit=0.5
matches out '^decoded   22 in '
has own.csv 'the file is empty'
[ "$(find "$MIXCL_CACHE_DIR" -name '*.pack*' | wc -l)" -eq 0 ] || fail '--check writes a file'
rm 'pictures/dark/a "b".png' pictures/light/empty.jpg

# Where the file goes.
prepare 0 'a folder of the file' --set data.cache=own
[ -n "$(find own -name '*.pack')" ] || fail 'data.cache = FOLDER is not where the file goes'
[ ! -e "$packed" ] || [ -z "$(find "$packed" -name '*.pack')" ] || fail 'the cache has it too'
prepare 2 'cache = off' --set data.cache=off
has err 'data.cache = off leaves nowhere'
prepare 0 'cache = off, --check' --set data.cache=off --check
expect 0 'train with cache = off' train exp.ini --set run.name=off --set data.cache=off
grep -q 'prepared' err && fail 'cache = off prepares a file'

# Nowhere to write: prepare fails, training goes on in memory with a warning.
: >occupied
export MIXCL_CACHE_DIR="$folder/occupied"
prepare 4 'no cache folder'
has err "cannot make folder '$folder/occupied'"
expect 0 'train without a cache folder' train exp.ini --set run.name=memory --set device.tune=off
has err 'prepared pictures stay in memory'
export MIXCL_CACHE_DIR="$folder/cache"

# A disk without room for the pictures.
(
    ulimit -f 8
    failures=0
    expect 4 'a full disk' prepare exp.ini --set data.size=64
    matches err "cannot write .*\\.partial': File too large"
    exit "$failures"
) || fail 'a full disk'
[ -z "$(find "$folder/cache" -name '*.partial')" ] || fail 'a full disk leaves a partial file'

# Two at once.
"$mixcl" prepare exp.ini --set data.size=48 --json >out-a 2>err-a &
"$mixcl" prepare exp.ini --set data.size=48 --json >out-b 2>err-b || fail "the second of two: $(cat err-b)"
wait $! || fail "the first of two: $(cat err-a)"
[ "$(cat out-a out-b | grep -c '"decoded": 20,')" -eq 1 ] || fail 'both of two at once decode'

finish
