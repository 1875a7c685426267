#!/bin/bash
# SPDX-License-Identifier: MIT
# Installs what is missing, builds, and runs the tests:  tests/run.sh [ctest arguments]
#   tests/run.sh                 all but the slow ones, in build/release
#   tests/run.sh -R real.redis   those whose name fits
#   tests/run.sh -L slow         the slow ones (also: soak, bench, fuzz)
#   PRESET=asan tests/run.sh -L unit
set -euo pipefail

cd "$(dirname "$0")/.."
preset=${PRESET:-release}

.ci/install build test
case " $* " in *slow* | *rust* | *suite* | *uv_programs*) .ci/install slow ;; esac
case $preset in clang | fuzz) .ci/install check ;; esac

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { cmake --preset "$preset" -DLOOPSCOPE_TESTS=ON && cmake --build --preset "$preset"; } >"$log" 2>&1; then
    tail -60 "$log" >&2
    exit 1
fi

selection=(-LE 'slow|soak|bench|fuzz')
for argument in "$@"; do
    case $argument in -L | -R | -I | -L* | -R*) selection=() ;; esac
done
ctest --test-dir "build/$preset" --output-on-failure --no-tests=error "${selection[@]}" "$@"
