#!/bin/bash
# SPDX-License-Identifier: MIT
# From a bare Debian 12 to the name of the culprit: installs what is missing, builds loopscope and the
# samples, and runs the one whose event loop waits for a slow pipe (samples/blocking_read.c).
set -euo pipefail

cd "$(dirname "$0")/.."
sample=${1:-blocking_read}

.ci/install build
echo "building loopscope…"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { cmake --preset release -DLOOPSCOPE_TESTS=OFF && cmake --build --preset release; } >"$log" 2>&1; then
    tail -40 "$log" >&2
    exit 1
fi

command=build/release/bin/loopscope
program=build/release/bin/samples/$sample
echo "\$ loopscope run -- $program"
exec "$command" run -- "$program"
