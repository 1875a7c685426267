# SPDX-License-Identifier: MIT
# What the scripts of this folder share. Each is run as `script.sh BUILD-DIRECTORY`, makes claims about
# the command, and leaves with 1 when one of them does not hold.
set -u
build=${1:?usage: $0 BUILD-DIRECTORY}
loopscope=$build/bin/loopscope
samples=$build/bin/samples
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
console=$here/../../console
commands="run record report ps snapshot check doctor"

export LC_ALL=C.UTF-8
unset NODE_OPTIONS LD_PRELOAD NO_COLOR COLUMNS ${!LOOPSCOPE_*} LOOPSCOPE
work=$(mktemp -d)
# Segments of its own, so that other runs neither disturb nor are disturbed.
export LOOPSCOPE_DIR=$(mktemp -d /dev/shm/loopscope-test-XXXXXX)
trap 'rm -rf "$work" "$LOOPSCOPE_DIR"' EXIT
cd "$work" || exit 1
failures=0

fail() { # sentence
    echo "not so: $1"
    sed 's/^/    out: /' out 2>/dev/null | head -30
    sed 's/^/    err: /' err 2>/dev/null | head -30
    failures=$((failures + 1))
}

run() { # command…: its output goes to files out and err, its status to $status
    "$@" >out 2>err
    status=$?
}

claim() { # sentence, then a test command
    local sentence=$1
    shift
    if "$@"; then echo "so: $sentence"; else fail "$sentence"; fi
}

ends_with() { # status: of the last run
    [ "$status" = "$1" ] || { echo "status $status, not $1"; return 1; }
}

refused() { # pattern: the last run ended with 2 and one line on stderr that fits
    ends_with 2 && [ "$(wc -l <err)" = 1 ] && grep -Eq "^loopscope: $1" err
}

says() { # file pattern
    grep -Eq -- "$2" "$1"
}

silent() { # file: is empty
    [ ! -s "$1" ]
}

not() {
    ! "$@"
}

started() { # program…: in the background under the probe by hand; $pid; returns when it has a segment
    LD_PRELOAD=$build/lib/libloopscope-preload.so "$@" >started.out 2>&1 &
    pid=$!
    for _ in {1..100}; do
        compgen -G "$LOOPSCOPE_DIR/$pid-*" >/dev/null && return 0
        sleep 0.05
    done
    return 1
}

killed() { # the process that `started` has started
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

done_claiming() {
    [ $failures = 0 ] || echo "$failures claims do not hold"
    exit $((failures > 0))
}
