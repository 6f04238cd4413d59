#!/bin/sh
# Holds the layers of docs/design.md: an include may go down, never up.
# usage: scripts/check_layers.sh
cd "$(dirname "$0")/.." || exit 1

allowed() { # LAYER -> the layers that it may include, itself among them
    case $1 in
    base) echo "base" ;;
    ocl) echo "base ocl" ;;
    ops) echo "base ocl ops" ;;
    io) echo "base io" ;;
    data) echo "base io data" ;;
    report) echo "base io report" ;;
    nn) echo "base io ocl ops nn" ;;
    train) echo "base io data report ocl ops nn train" ;;
    cli) echo "base io data report ocl ops nn train cli" ;;
    *) echo "" ;;
    esac
}

bad=0
for file in src/*/*.c src/*/*.h; do
    layer=${file#src/}
    layer=${layer%%/*}
    for target in $(sed -n 's|^#include "\([a-z]*\)/.*|\1|p' "$file"); do
        [ "$target" = tests ] && continue
        case " $(allowed "$layer") " in
        *" $target "*) ;;
        *)
            # The check library stands beside the program: selftest is its only caller.
            [ "$layer/$target" = cli/ops ] && continue
            echo "$file: layer '$layer' must not include '$target'"
            bad=1
            ;;
        esac
    done
    # Raw OpenCL calls stay in ocl/ and, for CLBlast's queue, ops/gemm.
    case $file in
    src/ocl/* | src/ops/gemm.c) ;;
    *)
        if grep -nE '\bcl[A-Z][A-Za-z]*\(' "$file"; then
            echo "$file: raw OpenCL call outside src/ocl"
            bad=1
        fi
        ;;
    esac
done
exit $bad
