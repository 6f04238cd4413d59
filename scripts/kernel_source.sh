# What a driver compiles of a kernel file. Sourced by the other scripts from the project's root.
# shellcheck shell=sh

kernel_source() { # FILE: its text behind the headers that src/ocl/source.c puts before it
    headers="shared.h defs.h"
    case $1 in
    *gemm*) ;;
    conv_*) headers="$headers register_tile.h" ;;
    esac
    case $1 in
    *winograd*gemm*) headers="$headers winograd.h" ;;
    *winograd*) headers="$headers winograd.h winograd_cpu.h" ;;
    esac
    for header in $headers "$1"; do
        echo "#line 1 \"cl/$header\""
        cat "cl/$header"
    done
}
