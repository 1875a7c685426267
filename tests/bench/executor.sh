#!/bin/sh
# SPDX-License-Identifier: MIT
# The executor, recording, against the same programs on Tokio: one after the other in one run, several
# times in turn, and the median of their ratios. What one of the two lacks is named and left out.
# Usage: tests/bench/executor.sh [BUILD-DIRECTORY] [--short] [--workers N] (build/release).
set -eu
cd "$(dirname "$0")/../.."
build=build/release
case ${1:-} in
'' | --*) ;;
*) build=$1; shift ;;
esac
registry=/usr/share/cargo/registry
turns=5
case " $* " in *' --short '*) turns=1 ;; esac

if [ ! -x "$build/bin/bench_executor" ]; then
    echo "executor.sh: no bench_executor in '$build': build it first" >&2
    exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# Prints the path of Tokio's programs, built offline and kept in the build directory.
build_tokio() {
    for needed in /usr/bin/cargo /usr/bin/rustc "$registry/tokio-1.24.2"; do
        [ -e "$needed" ] || { echo "executor.sh: $needed is missing" >&2; return 1; }
    done
    tree=$build/tokio
    mkdir -p "$tree/home"
    cp -r tests/bench/tokio/. "$tree"
    printf '[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "%s"\n' \
        "$registry" > "$tree/home/config.toml"
    (cd "$tree" && CARGO_HOME="$PWD/home" RUSTC=/usr/bin/rustc \
        /usr/bin/cargo build --release --offline --quiet) || return 1
    echo "$tree/target/release/tokio-bench"
}

# One line a program: title, a tab, nanoseconds.
titles_and_times() {
    awk 'substr($0, 30) ~ /^ *[0-9.]+ ns/ {
        title = substr($0, 1, 28); sub(/ +$/, "", title)
        split(substr($0, 30), rest, " "); print title "\t" rest[1] }'
}

tokio=$(build_tokio) || tokio=
turn=0
while [ "$turn" -lt "$turns" ]; do
    turn=$((turn + 1))
    for bench in "$build"/bin/bench_executor "$build"/bin/bench_executor_*; do
        [ ! -x "$bench" ] || "$bench" "$@" > "$work/out"
        titles_and_times < "$work/out" >> "$work/ours"
        : > "$work/out"
    done
    [ -z "$tokio" ] || "$tokio" "$@" | titles_and_times >> "$work/tokio"
done
touch "$work/tokio"

printf '%-28s %12s %12s   %s\n' '' loopscope Tokio 'ratio (1.0: level)'
awk -F '\t' '
    function median(list, n,    i, j, v, s) {
        n = split(list, v, " ")
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { s = v[j]; v[j] = v[j - 1]; v[j - 1] = s }
        return v[int((n + 1) / 2)]
    }
    !($1 in known) { known[$1]; order[++titles] = $1 }
    FNR == NR { ours[$1] = ours[$1] " " $2; next }
    { tokio[$1] = tokio[$1] " " $2 }
    END {
        for (t = 1; t <= titles; t++) {
            title = order[t]
            if (!(title in ours)) { printf "%-28s skipped: not there for loopscope\n", title; continue }
            if (!(title in tokio)) { printf "%-28s skipped: not there for Tokio\n", title; continue }
            n = split(ours[title], a, " "); split(tokio[title], b, " ")
            ratios = ""
            for (i = 1; i <= n; i++) ratios = ratios " " a[i] / b[i]
            printf "%-28s %9.1f ns %9.1f ns   %.2f\n", title, median(ours[title]), median(tokio[title]), median(ratios)
        }
    }' "$work/ours" "$work/tokio"
