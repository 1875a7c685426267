#!/bin/bash
# SPDX-License-Identifier: MIT
# loopscope snapshot: of the living and the dead.
. "$(dirname "$0")/claims.sh"

started "$build/bin/observed/stuck" read || fail "the program has a segment"
sleep 0.3
run "$loopscope" snapshot $pid -o live.lsc
claim "a hanging process can be asked" eval 'ends_with 0 && says err "records of process $pid"'
killed
run "$loopscope" snapshot -o dead.lsc $pid
claim "a killed one too" ends_with 0
for trace in live dead; do
    run "$loopscope" report $trace.lsc
    claim "the call it hung in is in the $trace one's report" eval 'tr "\n" " " <out | grep -Eq "in read.* still +going"'
done
run "$loopscope" snapshot $$ -o x.lsc
claim "a process nothing is known of is refused" refused "nothing is known of process $$"
for bad in 0 abc 1x 99999999999999999999; do
    run "$loopscope" snapshot $bad -o x.lsc
    claim "'$bad' is no process id" refused "invalid process '$bad'"
done
run "$loopscope" snapshot $pid
claim "a file is needed" refused 'no trace file given'
run "$loopscope" snapshot -o x.lsc
claim "a process is needed" refused 'no process given'
claim "no file is left behind by a refusal" [ ! -e x.lsc ]
run "$loopscope" snapshot $pid -o /no/such/directory/f
claim "a file that cannot be written is told" refused 'cannot write'
done_claiming
