#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs every benchmark and prints what it finds; ratios with their spread, as no absolute time holds on
# another machine. Usage: tests/bench/run.sh [BUILD-DIRECTORY] [--short] (build/release).
set -eu
cd "$(dirname "$0")/../.."
build=build/release
case ${1:-} in
'' | --short) ;;
*) build=$1; shift ;;
esac
list=$build/tests/bench/benches
if [ ! -f "$list" ]; then
    echo "run.sh: no benchmarks in '$build': build it first (cmake --preset release && cmake --build --preset release)" >&2
    exit 2
fi
grep -m1 '^model name' /proc/cpuinfo || true
uname -sr
while read -r name; do
    printf '\n== %s\n' "$name"
    if [ -x "$build/bin/$name" ]; then
        "$build/bin/$name" "$@" || echo "  $name failed ($?)"
    else
        echo "  skipped: not built"
    fi
done < "$list"
exec sh tests/bench/overhead.sh "$build" "$@"
