#!/bin/sh
# SPDX-License-Identifier: MIT
# How many instructions of user space one request costs a server, counted exactly by valgrind: with the
# no-op preload, with the probe off, with it on. The slope between few and many requests, so that the
# start does not count. This sees no cache and no kernel, but it also sees no noise. The thresholds are
# set out of reach, because valgrind makes everything slow and the samples of stalls would be counted.
# Usage: overhead_instructions.sh BUILD-DIRECTORY LOAD CONNECTIONS SERVER [ARGUMENT]…
set -eu
build=$1 load=$2 connections=$3
shift 3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# count REQUESTS ARM SERVER…: prints requests answered and instructions executed.
count() {
    wanted=$1 arm=$2
    shift 2
    rm -f "$scratch"/out.*
    answered=$("$build/bin/bench_overhead_count" -l "$load" -c "$connections" -n "$wanted" -s 1 --arm "$arm" -- \
        valgrind -q --tool=callgrind --trace-children=yes --callgrind-out-file="$scratch/out.%p" "$@")
    instructions=$(cat "$scratch"/out.* | awk '/^(summary|totals):/ { sum[$1] += $2 } END { print sum["totals:"] ? sum["totals:"] : sum["summary:"] }')
    echo "$answered $instructions"
}

probe=LD_PRELOAD=$build/lib/libloopscope-preload.so,LOOPSCOPE_STALL_MS=60000,LOOPSCOPE_BLOCK_US=60000000
for arm in "no-op,LD_PRELOAD=$build/lib/libloopscope-noop.so" "off,off,$probe" "on,$probe"; do
    few=$(count 2000 "$arm" "$@") && many=$(count 12000 "$arm" "$@") || exit 1
    echo "${arm%%,*} $few $many"
done | awk '
    { slope = ($5 - $3) / ($4 - $2); if (NR == 1) first = slope }
    { printf "  %-6s %8.0f instructions a request, %+5.0f (%+.2f %%)\n", $1, slope, slope - first, (slope / first - 1) * 100 }'
