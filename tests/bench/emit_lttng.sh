#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a bench whose program carries LTTng-UST's tracepoint: starts a session daemon of its own, without
# the kernel tracer, records in snapshot mode (overwriting buffers, like ours), and ends the daemon.
# Usage: emit_lttng.sh BENCH [ARGUMENT]…. Exit 77: skipped.
set -eu
bench=$1
shift
for tool in lttng lttng-sessiond; do
    if ! command -v "$tool" > /dev/null; then
        echo "skipped: $tool is not installed (Debian's lttng-tools)"
        exit 77
    fi
done
LTTNG_HOME=$(mktemp -d)
export LTTNG_HOME
daemon=
finish()
{
    lttng --no-sessiond destroy loopscope-bench > /dev/null 2>&1 || true
    [ -z "$daemon" ] || kill "$daemon" 2> /dev/null || true
    [ -z "$daemon" ] || wait "$daemon" 2> /dev/null || true
    rm -rf "$LTTNG_HOME"
}
trap finish EXIT INT TERM

if lttng --no-sessiond list > /dev/null 2>&1; then
    echo "skipped: an LTTng session daemon runs already; it is left alone"
    exit 77
fi
lttng-sessiond --no-kernel > "$LTTNG_HOME/daemon.log" 2>&1 &
daemon=$!
tries=0
until lttng --no-sessiond list > /dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 50 ]; then
        echo "skipped: lttng-sessiond does not start"
        exit 77
    fi
    sleep 0.1
done
lttng --no-sessiond create loopscope-bench --snapshot --output="$LTTNG_HOME/out" > /dev/null
lttng --no-sessiond enable-event --userspace 'loopscope_bench:*' > /dev/null
lttng --no-sessiond start > /dev/null
LTTNG_UST_REGISTER_TIMEOUT=5000 "$bench" "$@"
