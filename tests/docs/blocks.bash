# For test scripts: the code blocks of a Markdown document, run in their order in a folder of their own.
# ```c: a program, which compiles without a warning and exits with 0.  ```sh: commands, which succeed.  ```cmake, ```meson: files that
# later commands use.  ```console and ```text are for reading.  A block is kept as the file that a comment in its first line names.
# shellcheck shell=bash

# blocks_of DOCUMENT FOLDER: writes each block to FOLDER/LINE.LANGUAGE and prints "LINE LANGUAGE NAME"; code that is no block of a known
# language is printed as "LINE lost".
blocks_of() {
    awk -v folder="$2" '
        /^```/ && language { close(file); print start, language, name; language = ""; next }
        /^```/ { language = substr($0, 4); start = NR; name = "-"; file = folder "/" start "." language
                 if (language !~ /^(c|sh|cmake|meson|console|text)$/) print start, "lost"; next }
        language && NR == start + 1 && match($0, /[A-Za-z_]+\.[a-z]+/) && /^(\/\* [A-Za-z_.]+ \*\/|# [A-Za-z_.]+)$/ {
            name = substr($0, RSTART, RLENGTH) }
        language { print > file; next }
        /^    / && !text { print NR, "lost" }
        { text = /[^ ]/ }' "$1"
}

program() { # FILE
    local flags packages=(ntk)
    ! grep -q 'ntk_hdf5\.h' "$1" || packages+=(ntk-hdf5)
    read -ra flags <<<"$(pkg-config --cflags --libs "${packages[@]}")"
    ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -O2 "$1" -o "$1.program" "${flags[@]}" -lm && "./$1.program"
}

# run_blocks DOCUMENT FOLDER: a check for each block that runs.
run_blocks() {
    local document=$1 folder=$2 line language name
    mkdir -p "$folder"
    while read -r line language name; do
        [ "${name:--}" = - ] || cp "$folder/$line.$language" "$folder/$name"
        case $language in
        c) check_in "$folder" "$document:$line" program "$line.c" ;;
        sh) check_in "$folder" "$document:$line" bash -eu "$line.sh" ;;
        lost) check "$document:$line is a block of a known language" false ;;
        esac
    done < <(blocks_of "$document" "$folder")
}

in_folder() { (cd "$1" && "${@:2}"); }

check_in() { # FOLDER WHAT COMMAND...
    if grep -qs 'ntk_hdf5\.h' "$1/${*: -1}" && ! pkg-config --exists ntk-hdf5; then
        skip "$2" 'there is no libntk-hdf5 here'
    elif grep -qs '^cmake' "$1/${*: -1}" && { [ -z "${CMAKE_PREFIX_PATH:-}" ] || ! command -v cmake >/dev/null; }; then
        skip "$2" 'it takes CMake and an installed libntk'
    else
        check "$2" in_folder "$1" "${@:3}"
    fi
}
