#!/bin/bash
# SPDX-License-Identifier: MIT
# loopscope ps: the living and the dead, and what is cleared away.
. "$(dirname "$0")/claims.sh"

run "$loopscope" ps
claim "nothing is said to run when nothing does" eval 'ends_with 0 && says out "No process"'
started "$build/bin/observed/stuck" read || fail "the program has a segment"
run "$loopscope" ps
claim "a live process is listed" says out "^ *$pid +live .* stuck$"
run "$loopscope" ps --format json
claim "as JSON too" eval 'python3 -m json.tool out parsed && says parsed "\"pid\": $pid"'
killed
run "$loopscope" ps
claim "a killed one is listed as such" says out "^ *$pid +killed "
run "$loopscope" ps --format xml
claim "an unknown format is refused" refused "invalid --format 'xml': the choices are text, json"
run "$loopscope" ps nonsense
claim "arguments are refused" refused "unexpected argument 'nonsense'"

# A dozen dead ones, long dead as far as the files tell.
for _ in {1..11}; do
    started "$build/bin/observed/stuck" read
    killed
done
cat >heartbeat.c <<'END'
#include <stddef.h>
#include <stdio.h>
#include "probe/format/segment.h"
int main(void)
{
    return !printf("%zu\n", offsetof(struct lsc_segment_header, clock_latest.real_ns));
}
END
cc -I"$here/../.." -I"$here/../../probe/format" -o heartbeat heartbeat.c || exit 77
for segment in "$LOOPSCOPE_DIR"/*; do
    head -c 8 /dev/zero | dd of="$segment" bs=1 seek="$(./heartbeat)" conv=notrunc status=none
    touch -d '-5 minutes' "$segment"
done
run "$loopscope" ps --keep
claim "--keep removes none" [ "$(ls "$LOOPSCOPE_DIR" | wc -l)" = 12 ]
run "$loopscope" ps
claim "of the long dead eight are kept" [ "$(ls "$LOOPSCOPE_DIR" | wc -l)" = 8 ]
run "$loopscope" ps
claim "and listed" [ "$(grep -c killed out)" = 8 ]
chmod 777 "$LOOPSCOPE_DIR"
run "$loopscope" ps
claim "a directory open to others is refused" refused 'cannot read the segments'
done_claiming
