#!/bin/bash
# SPDX-License-Identifier: MIT
# loopscope record: of a program and of a process.
. "$(dirname "$0")/claims.sh"

run "$loopscope" record -o t.lsc -- "$samples/blocking_read"
claim "the program ends as it does" ends_with 0
claim "its output is its own" says out '^held'
claim "a closing line counts the records" \
    says err "^loopscope: recorded [1-9][0-9]* records, lost 0, [0-9.]+ bytes each, in 't.lsc'"
run "$loopscope" report t.lsc
claim "the trace names the culprit" says out 'read_price.*blocking_read\.c:[0-9]+'
run "$loopscope" record -o t.lsc -- sh -c 'exit 9'
claim "an exit status is passed on" ends_with 9
run "$loopscope" record -o t.lsc --duration 100ms -- sh -c 'sleep 0.5; echo late; exit 4'
claim "the program outlives the recording" eval 'ends_with 4 && says out late'

started "$build/bin/observed/stuck" read || fail "the program has a segment"
run "$loopscope" record -o p.lsc -p $pid --duration 300ms
claim "a process can be recorded for a while" eval 'ends_with 0 && [ -s p.lsc ]'
claim "the process runs on" kill -0 $pid
"$loopscope" record -o q.lsc -p $pid >out 2>err &
tool=$!
sleep 0.4
kill -TERM $tool
wait $tool
status=$?
claim "a signal ends the recording of a process" eval 'ends_with 0 && says err "recorded"'
claim "and not the process" kill -0 $pid
"$loopscope" record -o r.lsc -p $pid >out 2>err &
tool=$!
sleep 0.4
killed
wait $tool
status=$?
claim "the end of the process ends its recording" ends_with 0
run "$loopscope" record -o s.lsc -p $pid
claim "a process that has ended is refused" refused "cannot observe process $pid: it has ended"

run "$loopscope" record -o s.lsc -p $$
claim "a process without the probe is refused, with what to do" \
    refused "cannot observe process $$: it does not run under the probe; start it with"
run "$loopscope" record -o s.lsc -p 2147483646
claim "a process that is none is refused" refused 'cannot observe process 2147483646: there is no such'
run "$loopscope" record -- true
claim "a file is needed" refused 'no trace file given'
run "$loopscope" record -o s.lsc
claim "something to record is needed" refused 'nothing to record'
run "$loopscope" record -o s.lsc -p $$ -- true
claim "one thing at a time" refused 'both --pid and a program'
run "$loopscope" record -o s.lsc -p 12x
claim "a process id is a number" refused "invalid --pid '12x'"
run "$loopscope" record -o /no/such/directory/f -- touch ran
claim "a file that cannot be written is told before the program runs" \
    eval 'refused "cannot write" && [ ! -e ran ]'
done_claiming
