# Debian / Ubuntu packages, by what they are for. Sourced by the other scripts.
# shellcheck shell=sh disable=SC2034 # used where it is sourced
build_packages="gcc g++ make cmake pkg-config git ocl-icd-opencl-dev libclblast-dev libinih-dev
    libjansson-dev libpng-dev libjpeg-dev zlib1g-dev libzip-dev
    libcsv-dev libexpat1-dev libmatio-dev libcairo2-dev libprotobuf-c-dev protobuf-c-compiler"
device_packages="pocl-opencl-icd clinfo"
quickstart_packages="dataset-fashion-mnist"
test_packages="libcmocka-dev librandom123-dev dataset-fashion-mnist"
clang_packages="clang"
