#!/bin/sh
# Holds cl/ to what every OpenCL 1.2 device has: rules over the text, and the compiler's over every variant.
# usage: scripts/check_kernels.sh [BUILD]
#   BUILD: a built tree, build/gcc otherwise, whose checkcl says with which options kernels are built
# What no rule here can hold: that a kernel's answer does not depend on the order of work-groups (equal bits twice,
# in the tests, and no race in scripts/test-opencl oclgrind).
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/kernel_source.sh
build=${1:-build/gcc}
. scripts/packages.sh
# shellcheck disable=SC2154,SC2086 # lists of names
scripts/install_packages $clang_packages $device_packages || exit 1
clang=${CLANG:-clang}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0

# Text without comments, lines kept.
code_of() { # FILE
    awk '{
        line = $0; out = ""
        while (length(line)) {
            if (inside) {
                end = index(line, "*/")
                if (!end) break
                line = substr(line, end + 2); inside = 0
            } else {
                begin = index(line, "/*")
                if (!begin) { out = out line; break }
                out = out substr(line, 1, begin - 1); line = substr(line, begin + 2); inside = 1
            }
        }
        sub("//.*", "", out); print out
    }' "$1"
}

refuse() { # PATTERN REASON
    for file in cl/*; do
        code_of "$file" | grep -nE "$1" | sed "s|^|$file:|; s|\$|  <- $2|"
    done >"$scratch/found"
    [ ! -s "$scratch/found" ] || {
        cat "$scratch/found"
        bad=1
    }
}

vector='(vfloat|vint|(u?(char|short|int|long)|float)(2|3|4|8|16))'
refuse '\b(double|half)[0-9]*\b|\b[0-9]+\.[0-9]*(e[-+]?[0-9]+)?([^0-9efx.]|$)' 'no double and no half: optional'
refuse 'sub_?group' 'sub-groups are an extension'
refuse '#pragma +OPENCL +EXTENSION' 'extensions are optional'
refuse '\batom_|\batomic_(xchg|cmpxchg|[a-z]+_explicit|init|load|store)' 'atomics of integers only, none that a float could hide in'
refuse '\bvolatile\b|\b(read_|write_)?mem_fence\b|while *\( *\*' 'work-groups run in any order: none may wait for another'
refuse "__(global|local|constant) +(const +)?$vector +(restrict +)?\\*|\\b$vector *\\* *\\)|\\bv(load|store)a" \
    'vectors are read by VLOAD and vloadN, which need the alignment of an element only'
refuse '\bv(load|store)_half' 'half is optional'
refuse '__local +[a-z0-9_]+ +[a-z0-9_]+((\[[^]]*\])*\[[0-9 +*]*\])' 'local arrays are arguments, or as large as a macro says that the host has checked'
refuse '\b(image[123]d|sampler_t|printf|pipe)\b' 'images are optional, printf and pipes are not needed'
refuse '\bget_(global|local)_linear_id\b|\benqueue_kernel\b|\bwork_group_' 'OpenCL C 2.0'

# Options that change answers differ from driver to driver.
if grep -nE '"[^"]*-cl-[a-z]' src/*/*.c | grep -v -e '-cl-std=CL1.2 %s'; then
    echo "src: kernels are built with -cl-std=CL1.2 and macros only"
    bad=1
fi

compile() { # FILE OPTION...: as a device without any extension would
    file=$1
    shift
    kernel_source "$file" >"$scratch/$file"
    "$clang" -x cl "$@" -Xclang -cl-ext=-all -target spir64 -Xclang -finclude-default-header -D__OPENCL_VERSION__=120 \
        -fsyntax-only -Wall -Wextra -Werror -Wvla -Wno-unused-function -Wno-unknown-pragmas "$scratch/$file"
}

for type in cpu gpu; do
    scripts/kernel_variants $type "$build" -n 40000 || bad=1
done | sort -u >"$scratch/variants"
for file in cl/*.cl; do
    grep -q "^${file#cl/} " "$scratch/variants" || {
        echo "$file: checkcl builds none of its kernels"
        bad=1
    }
done
while read -r file options; do
    # shellcheck disable=SC2086 # several options
    compile "$file" $options || {
        echo "$file [$options] is not plain OpenCL C 1.2"
        bad=1
    }
done <"$scratch/variants"
exit $bad
