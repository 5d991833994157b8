# What the tests of figures share.  Each is called NAME PROGRAM SOURCE-ROOT, and works in a folder of its own.
# shellcheck shell=bash
program=$(realpath "$1")
# shellcheck disable=SC2034 # used by the tests that read this file
source_root=$(realpath "$2")
# shellcheck source=tests/examples/programs.bash
. "$(dirname "${BASH_SOURCE[0]}")/../examples/programs.bash"
cd "$scratch" || exit 1

# Their products are small: where other tests run beside these, threads of BLAS would mostly wait for each other.
export OPENBLAS_NUM_THREADS=1

# drawn [data]: the program writes out.csv at its quick sizes.
drawn() { expect 0 "$program" --quick "$@" out.csv && silent err; }

# table COLUMNS ROWS: below its comments the table has a header and so many rows, and each field is a name, empty or a finite number.
table() {
    grep -v '^#' out.csv | awk -F, -v columns="$1" -v rows="$2" '
        NF != columns || /(^|,)[-+]?(nan|inf)/ { bad++ }
        NR > 1 { for (i = 2; i <= NF; i++) bad += $i != "" && $i != $i + 0 }
        END { exit !(NR == rows + 1 && !bad) }'
}

# rows_hold AWK: the program reads the rows, and ok holds at their end.
rows_hold() { grep -v '^#' out.csv | awk -F, "NR > 1 { row++ } NR == 1 { next } $1 END { exit !ok }"; }
