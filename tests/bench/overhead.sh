#!/bin/sh
# SPDX-License-Identifier: MIT
# What loopscope costs real servers: by the run-time switch, against the no-op preload, V8's name flags
# apart, the start of programs, and the size of a trace. Prints; no figure fails it.
# Usage: overhead.sh BUILD-DIRECTORY [--short] [slices|arms|echo|flags|startup|record|instructions]…
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
shift
bin=$build/bin
preload=$build/lib/libloopscope-preload.so
noop=$build/lib/libloopscope-noop.so
scratch=$(mktemp -d)
# Segments of our own, in memory where they belong.
LOOPSCOPE_DIR=$(mktemp -d /dev/shm/loopscope-bench-XXXXXX)
export LOOPSCOPE_DIR
trap 'rm -rf "$scratch" "$LOOPSCOPE_DIR"' EXIT
trap 'exit 130' INT TERM

# Pairs and repetitions of each part, in full and in the short form.
runs=5 pairs=200 arm_runs=5 arm_sweeps=100 starts=300 node_starts=30 record_seconds=20
redis_loads="redis-ping redis-set redis-get" parts="slices arms echo flags startup record instructions"
if [ "${1:-}" = --short ]; then
    runs=1 pairs=40 arm_runs=1 arm_sweeps=20 starts=30 node_starts=3 record_seconds=3 redis_loads=redis-get
    parts="slices arms echo flags startup record"
    shift
fi
parts=${*:-$parts}

say() { printf '\n== %s\n' "$*"; }
skip() { printf '  skipped: %s\n' "$*"; }
has() { PATH=$PATH:/usr/sbin command -v "$1" > /dev/null 2>&1; }

# Calls a bench with each server that is there: with_servers FUNCTION.
with_servers() {
    if has node; then "$1" "node http" http node "$here/overhead_server.js" '{port}'; else skip "no node"; fi
    if has redis-server; then
        for load in $redis_loads; do
            "$1" "$load" "$load" redis-server --bind 127.0.0.1 --port '{port}' --save '' --dir "$scratch"
        done
    else skip "no redis-server"; fi
    if has nginx; then "$1" "nginx file" http sh "$here/overhead_nginx.sh" "$scratch" '{port}'; else skip "no nginx"; fi
}

# A bench that cannot run says why on stderr; the others go on.
slices_of() {
    printf ' %s\n' "$1"
    load=$2
    shift 2
    "$bin/bench_slices" -l "$load" -n $pairs -r $runs --drain --arm "probe,LD_PRELOAD=$preload" -- "$@" ||
        skip "bench_slices failed"
}

arms_of() {
    printf ' %s\n' "$1"
    load=$2
    shift 2
    "$bin/bench_overhead" -l "$load" -n $arm_sweeps -r $arm_runs -e 2 \
        --arm "no-op,LD_PRELOAD=$noop" --arm bare --arm "off,off,LD_PRELOAD=$preload" \
        --arm "on,LD_PRELOAD=$preload" --arm "on+reader,drain,LD_PRELOAD=$preload" -- "$@" ||
        skip "bench_overhead failed"
}

starts_of() {
    count=$1
    shift
    printf ' %s\n' "$*"
    "$bin/bench_overhead_startup" -n "$count" --arm bare --arm "no-op,LD_PRELOAD=$noop" \
        --arm "preload,LD_PRELOAD=$preload" -- "$@" || skip "bench_overhead_startup failed"
}

# Slices of one process each: what the probe costs, and what LTTng's tracepoints at the same places do.
echo_slices() {
    printf ' loopscope, a reader draining (aim: at most +2 %%, better +1 %%)\n'
    "$bin/bench_slices" -l echo -n $pairs -r $runs --drain --arm "probe,LD_PRELOAD=$preload" \
        -- "$bin/bench_echo_server" '{port}' || skip "bench_slices failed"
    printf ' LTTng-UST, 8 tracepoints a round trip and 2 a turn, overwriting buffers\n'
    if [ ! -x "$bin/bench_echo_server_lttng" ]; then
        skip "built without lttng-ust (Debian's liblttng-ust-dev)"
        return
    fi
    status=0
    sh "$here/emit_lttng.sh" "$bin/bench_slices" -l echo -n $pairs -r $runs --signals --arm lttng \
        -- "$bin/bench_echo_server_lttng" '{port}' || status=$?
    [ $status = 0 ] || [ $status = 77 ] || skip "bench_slices failed"
}

# The first flag without -only-functions leaves a log in the working directory; the names are the same.
flags() {
    names=--perf-basic-prof-only-functions frames=--interpreted-frames-native-stack
    "$bin/bench_overhead" -l http -n $arm_sweeps -r $arm_runs -e 2 --arm without \
        --arm "names,NODE_OPTIONS=$names" --arm "frames,NODE_OPTIONS=$frames" \
        --arm "both,NODE_OPTIONS=$names $frames" \
        -- node "$here/overhead_server.js" '{port}' || skip "bench_overhead failed"
}

# The recorder is started as the server; it passes the end on to its program, and prints the figure.
# With one connection each request is a turn of the loop, with more several share one.
record() {
    for connections in 1 16; do
        BENCH_SHOW_OUTPUT=1 "$bin/bench_overhead" -l http -c $connections -n $record_seconds -r 1 -s 1000 \
            --arm recorded -- "$bin/loopscope" record -o "$scratch/node.lsc" -- \
            node "$here/overhead_server.js" '{port}' > "$scratch/record" 2>&1 || skip "the recording failed"
        printf '  %s connections: %s\n' $connections "$(grep '^loopscope:' "$scratch/record")"
    done
}

instructions_of() {
    printf ' %s, %s connections\n' "$1" "$2"
    load=$1 connections=$2
    shift 2
    sh "$here/overhead_instructions.sh" "$build" "$load" "$connections" "$@" || skip "valgrind failed"
}

# Redis' own timer ticks rarely, for it ticks by the clock and not by the request.
instructions() {
    for connections in 1 16; do
        if has redis-server; then
            instructions_of redis-get $connections redis-server --bind 127.0.0.1 --port '{port}' \
                --save '' --hz 1 --dir "$scratch"
        else skip "no redis-server"; fi
        if has nginx; then
            instructions_of http $connections sh "$here/overhead_nginx.sh" "$scratch" '{port}'
        else skip "no nginx"; fi
    done
}

for part in $parts; do
    case $part in
    slices)
        say "probe switched on and off inside one process (pairs of slices of 10 ms, a reader draining)"
        with_servers slices_of ;;
    arms)
        say "servers side by side, the first arm is the no-op preload (aim: on, at most +2 %)"
        with_servers arms_of ;;
    echo)
        say "an echo server on libuv (pairs of slices of 10 ms, switched inside one process)"
        echo_slices
        arms_of "side by side, the first arm is the no-op preload" echo "$bin/bench_echo_server" '{port}' ;;
    flags)
        say "V8's name flags on node http"
        if has node; then flags; else skip "no node"; fi ;;
    startup)
        say "start and end of a program"
        starts_of $starts /bin/true
        if has node; then starts_of $node_starts node -e 0; else skip "no node"; fi ;;
    instructions)
        say "instructions of user space a request, exact"
        if has valgrind; then instructions; else skip "no valgrind"; fi ;;
    record)
        say "a recorded node http server (aim: at most 3 bytes a record)"
        if has node; then record; else skip "no node"; fi ;;
    *) echo "overhead.sh: no part is called '$part'" >&2; exit 2 ;;
    esac
done
