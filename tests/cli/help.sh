#!/bin/bash
# SPDX-License-Identifier: MIT
# --help and --version, and the words for those who mistype.
. "$(dirname "$0")/claims.sh"

run "$loopscope" --help
claim "help goes to the standard output" eval 'ends_with 0 && silent err'
for command in $commands; do
    claim "$command is in the list" says out "^  $command "
done
for command in $commands; do
    run "$loopscope" $command --help
    claim "$command has help" eval 'ends_with 0 && silent err && says out "^Usage: loopscope $command "'
    cp out by-option
    run "$loopscope" help $command
    claim "help $command is the same" cmp out by-option
    run "$loopscope" $command -h
    claim "$command -h too" cmp out by-option
    claim "no line of it is longer than a terminal" not says out '^.{81}'
    run "$loopscope" $command --no-such-option
    claim "$command refuses what it does not know" refused "unknown option '--no-such-option'"
done
run "$loopscope" report --format nonsense f
for format in $(sed 's/.*formats are//; s/,/ /g' err); do
    "$loopscope" report --help >out
    claim "help names the format $format" says out "Format of the report: .*$format"
done
run "$loopscope" --version
claim "the version is a number" says out '^loopscope [0-9]+\.[0-9]+'
run "$loopscope"
claim "a command is needed" refused 'no command given'
run "$loopscope" rnu
claim "a mistyped command is recognized" refused "unknown command 'rnu': did you mean 'run'\?"
run "$loopscope" xyzzy
claim "a wrong one is refused" refused "unknown command 'xyzzy'"
run "$loopscope" --verson
claim "a wrong option before the command too" refused "unknown option '--verson'"
run bash -c "'$loopscope' --help >/dev/full"
claim "a full disk is told" refused 'cannot write to the standard output'
"$loopscope" run --format json -o f.json -- true 0<&- 1>&- 2>&-
status=$?
claim "closed standard descriptors do no harm" eval 'ends_with 0 && python3 -m json.tool f.json parsed'
done_claiming
