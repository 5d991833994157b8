# What the commands of this folder share: the library's side, built, and Python's packages.
# shellcheck shell=bash
# shellcheck source=scripts/common.bash
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.bash"

folder=build-bench/peers
# shellcheck disable=SC2034 # used by the scripts that read this file
python=$folder/venv/bin/python

build_bench() {
    need "${library_packages[@]}"
    need_meson
    configure build-bench -Dbuildtype=release -Dtests=disabled -Dexamples=false -Dbench=true
    build build-bench
}

# need_python FILE: the packages of bench/peers/FILE, in a virtual environment.
need_python() {
    local wanted
    wanted=$(cat bench/peers/scikit-learn.txt "bench/peers/$1")
    mkdir -p "$folder"
    [ "$wanted" != "$(cat "$folder/installed-$1" 2>/dev/null)" ] || return 0
    command -v python3.11 >/dev/null || { echo 'Python 3.11 is missing: neural-tangents 0.6.5 works with no later one'; exit 1; }
    say "installing Python's packages into $folder/venv"
    [ -x "$python" ] || python3.11 -m venv "$folder/venv"
    "$python" -m pip install --quiet --requirement "bench/peers/$1"
    echo "$wanted" >"$folder/installed-$1"
}

# PyTorch of the system, after the packages above.
use_system_torch() {
    echo /usr/lib/python3/dist-packages >"$folder/venv/lib/python3.11/site-packages/zz-system.pth"
}
