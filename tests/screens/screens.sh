#!/bin/sh
# SPDX-License-Identifier: MIT
# screens.sh [--update] PRINT_SCREEN [CASE…]: draws the cases of cases.txt at four sizes and compares
# them with their golden files, NAME.txt and NAME.styles.txt (letters of styles under each row).
# --update writes the files instead: look at the diff before you commit it.
update=
if [ "$1" = --update ]; then
    update=1
    shift
fi
print_screen=$1
shift
here=$(dirname "$0")
failed=0

# draw SCENARIO STATES KEYS WHAT
draw() {
    for size in 80x24 120x40 40x10 200x60; do
        printf '%s\n' "== $size"
        "$print_screen" "$1" "$2" "$size" "$3" "$4" || return 1
    done
}

# compare FILE SCENARIO STATES KEYS WHAT
compare() {
    file=$here/$1
    shift
    new=$(mktemp) || exit 1
    draw "$@" >"$new" || failed=1
    if [ -n "$update" ]; then
        cat "$new" >"$file"
    else
        diff -u "$file" "$new" || failed=1
    fi
    rm -f "$new"
}

trim() {
    printf '%s' "$1" | sed 's/^ *//; s/ *$//'
}

wanted() {
    [ -z "$cases" ] && return 0
    case " $cases " in *" $1 "*) return 0 ;; esac
    return 1
}

cases=$*
seen=0
while IFS='|' read -r name scenario states keys; do
    name=$(trim "$name")
    case $name in '' | '#'*) continue ;; esac
    wanted "$name" || continue
    seen=$((seen + 1))
    scenario=$(trim "$scenario") states=$(trim "$states") keys=$(trim "$keys")
    compare "$name.txt" "$scenario" "$states" "$keys" text
    compare "$name.styles.txt" "$scenario" "$states" "$keys" styles
done <"$here/cases.txt"
[ "$seen" -gt 0 ] || { echo "screens.sh: there is no such case" >&2; exit 2; }
exit "$failed"
