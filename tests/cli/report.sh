#!/bin/bash
# SPDX-License-Identifier: MIT
# loopscope report: the formats, and files that are no good.
. "$(dirname "$0")/claims.sh"

"$loopscope" record -o t.lsc -- "$samples/blocking_read" >out 2>err || fail "a trace is recorded"
run "$loopscope" report t.lsc
claim "text goes to the standard output" eval 'ends_with 0 && says out read_price && silent err'
claim "without colours" not says out $'\033'
cp out text
run "$loopscope" report t.lsc
claim "the same file gives the same report" cmp out text
run "$loopscope" report --format json t.lsc
claim "JSON is JSON" python3 -m json.tool out parsed
run "$loopscope" report t.lsc -o file
claim "-o writes a file, options may follow the name" eval 'silent out && cmp file text'
claim "nothing else is left in the directory" [ -z "$(ls | grep -v -E '^(t.lsc|text|file|out|err|parsed)$')" ]
TERM=xterm-256color python3 "$here/on_terminal.py" -- "$loopscope" report t.lsc >out
claim "colours on a terminal" says out $'\033\\['
NO_COLOR=1 python3 "$here/on_terminal.py" -- "$loopscope" report t.lsc >out
claim "NO_COLOR is respected" not says out $'\033'
TERM=dumb python3 "$here/on_terminal.py" -- "$loopscope" report t.lsc >out
claim "a dumb terminal too" not says out $'\033'

run "$loopscope" report
claim "a file is needed" refused 'no trace file given'
run "$loopscope" report t.lsc t.lsc
claim "one file" refused 'more than one trace file'
for bad in /no/such/file /etc/passwd /dev/null "$work" "$loopscope"; do
    run "$loopscope" report "$bad"
    claim "$bad is refused" refused "cannot read '$bad': "
done
head -c $(($(stat -c %s t.lsc) * 2 / 3)) t.lsc >cut.lsc
run "$loopscope" report cut.lsc
claim "a cut file is read as far as it goes, or refused" [ $status = 0 -o $status = 2 ]
run "$loopscope" report t.lsc -o /dev/full
claim "a full disk is told" refused 'cannot write'
run bash -c "'$loopscope' report t.lsc >/dev/full"
claim "also on the standard output" refused 'cannot write'
done_claiming
