# For test scripts: `check "what holds" command...` runs the command and prints a TAP line; finish prints the plan.
# What a failed command wrote follows its line.
tap_count=0
tap_failed=0

check() {
    local what=$1 output
    shift
    tap_count=$((tap_count + 1))
    if output=$("$@" 2>&1); then
        echo "ok $tap_count $what"
    else
        tap_failed=$((tap_failed + 1))
        echo "not ok $tap_count $what"
        printf '%s\n' "$output" | sed 's/^/# /'
    fi
}

skip() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count $1 # SKIP $2"
}

finish() {
    echo "1..$tap_count"
    [ "$tap_failed" = 0 ]
}
