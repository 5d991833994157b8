# What the tests that run example programs share.
# shellcheck shell=bash
# shellcheck source=tests/tap.bash
. "$(dirname "${BASH_SOURCE[0]}")/../tap.bash"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# expect STATUS command...: the command's exit status; its output goes to the files out and err, and to the log.
expect() {
    local wanted=$1 status=0
    shift
    "$@" >out 2>err || status=$?
    cat out err
    [ "$status" = "$wanted" ]
}

says() { grep -qF -- "$1" err; }
silent() { [ ! -s "$1" ]; }

# holds AWK-CONDITION FILE: the condition holds at the file's end.
holds() { awk "$1 END { exit !ok }" "$2"; }

refused() { # refused STATUS SENTENCE command...: nothing on stdout, the sentence on stderr
    local status=$1 sentence=$2
    shift 2
    expect "$status" "$@" && silent out && says "$sentence"
}
