#!/bin/sh
# SPDX-License-Identifier: MIT
# The executor, recording, against the same programs on Tokio and, where there is such a thing, on libuv
# alone: one after the other in one run, several times in turn, and the median of their ratios. What one
# of them lacks is left out.
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
    for part in '' _channels _net; do
        [ ! -x "$build/bin/bench_executor$part" ] || "$build/bin/bench_executor$part" "$@" |
            titles_and_times >> "$work/ours"
    done
    [ ! -x "$build/bin/bench_executor_uv" ] || "$build/bin/bench_executor_uv" "$@" |
        titles_and_times >> "$work/uv"
    [ -z "$tokio" ] || "$tokio" "$@" | titles_and_times >> "$work/tokio"
done
touch "$work/tokio" "$work/uv"

printf '%-28s %12s %12s %12s   %s\n' '' loopscope Tokio libuv 'over Tokio, over libuv (1.0: level)'
awk -F '\t' '
    function median(list, n,    i, j, v, s) {
        n = split(list, v, " ")
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { s = v[j]; v[j] = v[j - 1]; v[j - 1] = s }
        return v[int((n + 1) / 2)]
    }
    function cell(list) { return list == "" ? "            " : sprintf("%9.1f ns", median(list)) }
    function ratio(list, over,    a, b, n, i, ratios) {
        if (list == "" || over == "")
            return "     "
        n = split(list, a, " "); split(over, b, " ")
        for (i = 1; i <= n; i++) ratios = ratios " " a[i] / b[i]
        return sprintf("%5.2f", median(ratios))
    }
    !($1 in known) { known[$1]; order[++titles] = $1 }
    { times[FILENAME, $1] = times[FILENAME, $1] " " $2 }
    END {
        for (t = 1; t <= titles; t++) {
            ours = times[ARGV[1], order[t]]; tokio = times[ARGV[2], order[t]]; uv = times[ARGV[3], order[t]]
            printf "%-28s %12s %12s %12s   %s %s\n", order[t], cell(ours), cell(tokio), cell(uv),
                ratio(ours, tokio), ratio(ours, uv)
        }
    }' "$work/ours" "$work/tokio" "$work/uv"
