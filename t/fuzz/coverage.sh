#!/bin/sh
#
# Which part of the core the seeds of the fuzz targets, and what fuzzing has
# found since, come through: lines and branches of each file, by llvm-cov.
#
#     t/fuzz/coverage.sh build-directory program ...

set -eu

build=$1
shift
objects=

for program in "$@"; do
    name=${program##*/}
    LLVM_PROFILE_FILE="$build/$name.profraw" "$program" \
        $(find "t/fuzz/seeds/$name" "build/fuzz/corpus/$name" -type f \
            2>/dev/null) > "$build/$name.log"
    objects="$objects ${objects:+-object} $program"
done

llvm-profdata merge -o "$build/all.profdata" "$build"/*.profraw
llvm-cov report $objects -instr-profile="$build/all.profdata" \
    -show-region-summary=0 ngx_module/core | sed '/^Files which/,/^---/d'
