#!/bin/sh
#
# The core under memcheck: unit tests, the replay of the fuzz targets' seeds,
# a short run of the model. An error, or memory that nothing points to any
# more, fails. `make test-valgrind` calls it:
#
#     t/valgrind.sh -jN build-directory

set -eu

jobs=$1
build=$2

# Left out: test_leaders, which is about processes killed at any instant, and
# gains nothing from being twenty times slower; test_threads, of which
# ThreadSanitizer sees more; and the loops of test_mutations and test_form, of
# which the seeds below are what counts.
left_out='test_leaders test_threads test_mutations test_form'

VALGRIND="valgrind -q --error-exitcode=99 --leak-check=full
    --errors-for-leak-kinds=definite --show-leak-kinds=definite
    --child-silent-after-fork=yes --num-callers=20
    --suppressions=t/valgrind.supp"

programs=
for program in "$build"/unit/test_*; do
    case " $left_out " in
        *" ${program##*/} "*) ;;
        *) programs="$programs $program" ;;
    esac
done

echo "unit tests"
CMOCKA_MESSAGE_OUTPUT=TAP prove "$jobs" --timer \
    --exec "$(echo $VALGRIND)" $programs

echo "seeds of the fuzz targets"
for program in "$build"/replay/fuzz_*; do
    name=${program##*/}
    case $name in *.log) continue ;; esac
    echo "$name"
    $VALGRIND "$program" $(find "t/fuzz/seeds/$name" -type f | sort) \
        > "$build/replay/$name.log" 2>&1 \
        || { cat "$build/replay/$name.log" >&2; exit 1; }
done

echo "model"
$VALGRIND "$build/model/model" "${TUANBO_SEED:-1}" 3000
