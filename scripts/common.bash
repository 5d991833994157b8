# What the scripts share: finding what is missing, building, counting.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

say() { printf '== %s\n' "$*"; }

# Debian packages for the library and examples; tests need some more.
# shellcheck disable=SC2034 # used by the scripts that read this file
library_packages=(pkg-config gcc libc6-dev libopenblas-dev liblapacke-dev libsleef-dev librandom123-dev libnlopt-dev libhdf5-dev zlib1g-dev)
# shellcheck disable=SC2034
test_packages=(check g++ cmake libsundials-dev)

has_package() { [ "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null)" = 'install ok installed' ]; }

# A tool counts as present wherever it came from; a library only as its Debian package.
is_present() {
    case $1 in
    meson | pkg-config | gcc | g++ | cmake | doxygen | python3) command -v "$1" >/dev/null ;;
    ninja-build) command -v ninja >/dev/null ;;
    *) has_package "$1" ;;
    esac
}

# Installs those of the packages that are missing, or says which they are.
need() {
    local package missing=() become=()
    command -v apt-get >/dev/null || return 0
    for package; do is_present "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
            echo "These packages are missing, and only root may install them:"
            echo "    apt-get install ${missing[*]}"
            exit 1
        fi
        become=(sudo)
    fi
    say "installing ${missing[*]}"
    "${become[@]}" apt-get update -qq
    "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Meson 1.0 or later: the distribution's, or one in build/tools where that is older.
need_meson() {
    local found
    need meson ninja-build
    found=$(meson --version)
    [ "${found%%.*}" -ge 1 ] && return 0
    if [ ! -x build/tools/bin/meson ]; then
        need python3-venv
        say "installing Meson into build/tools, since $found is too old"
        python3 -m venv build/tools && build/tools/bin/pip install --quiet 'meson>=1.0'
    fi
    PATH=$root/build/tools/bin:$PATH
}

# configure FOLDER [option...]: a build folder with these options, whatever was there before.
configure() {
    local folder=$1
    shift
    if [ -f "$folder/build.ninja" ] && meson setup --reconfigure "$folder" "$@" >/dev/null 2>&1; then return 0; fi
    if [ -d "$folder/meson-private" ]; then
        meson setup --wipe "$folder" "$@"
    else
        meson setup "$folder" "$@"
    fi
}

# build FOLDER [target...]
build() {
    ninja -C "$@"
}

# count FOLDER: "N passed, N failed" of the last run of that folder's tests, and what was skipped.
count() {
    meson runpython scripts/count.py "$1/meson-logs/testlog.json"
}
