#!/bin/sh
#
# The core under memcheck: unit tests, and the seeds of the fuzz targets, which
# take commands, folds and all parsers along. An error, or memory that nothing
# points to any more, fails. `make test-valgrind` calls it:
#
#     t/valgrind.sh -jN build-directory

set -eu

jobs=$1
build=$2

# Those that open few stores: memcheck keeps book of every byte of a map, some
# seconds for each store that is opened.  And none that says what things cost.
tests='answer db decide_order decide_refused entry json request ring rows
       transitions yajl'

memcheck='valgrind -q --error-exitcode=99 --leak-check=full
          --errors-for-leak-kinds=definite --show-leak-kinds=definite
          --child-silent-after-fork=yes --num-callers=20'

CMOCKA_MESSAGE_OUTPUT=TAP prove "$jobs" --timer --exec "$(echo $memcheck)" \
    $(printf "$build/unit/test_%s " $tests)

for program in $(find "$build/replay" -name 'fuzz_*' ! -name '*.log' | sort)
do
    name=${program##*/}
    echo "$name"
    $memcheck "$program" $(find "t/fuzz/seeds/$name" -type f | sort) \
        > "$build/replay/$name.log" 2>&1 \
        || { cat "$build/replay/$name.log" >&2; exit 1; }
done
