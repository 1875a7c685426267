#!/bin/bash
# SPDX-License-Identifier: MIT
# loopscope check: limits that hold and limits that break.
. "$(dirname "$0")/claims.sh"

"$loopscope" record -o t.lsc -- "$samples/blocking_read" >out 2>err || fail "a trace is recorded"
run "$loopscope" check t.lsc --max-stall 20ms
claim "a broken limit gives 1 and the measured value" eval 'ends_with 1 && says out "BROKEN .*[0-9] ms"'
run "$loopscope" check t.lsc --max-stall 10s
claim "one that holds gives 0 and the measured value" eval 'ends_with 0 && says out "^ok .*[0-9] ms"'
run "$loopscope" check --max-stall 10s --max-findings 0 t.lsc
claim "one broken limit of two is enough" eval 'ends_with 1 && says out "^ok" && says out "^BROKEN"'
for limit in $("$loopscope" check --help | grep -Eo -- '--max-[a-z-]+'); do
    case $("$loopscope" check --help | grep -- "$limit ") in
    *DUR*) value=1h ;; *PERCENT*) value=100% ;; *) value=1000000 ;;
    esac
    run "$loopscope" check t.lsc "$limit" $value
    claim "$limit $value holds" eval 'ends_with 0 && [ "$(wc -l <out)" = 1 ]'
done
run "$loopscope" check --max-stall 20ms -- "$samples/blocking_read"
claim "a program can be checked" eval 'ends_with 1 && says err BROKEN && says out "^held"'
run "$loopscope" check --max-stall 10s -- sh -c '"$0" healthy; exit 6' "$samples/blocking_read"
claim "when its limits hold its own status counts" ends_with 6
run "$loopscope" check --max-stall 10s -o verdict t.lsc
claim "-o writes the verdicts" eval 'ends_with 0 && says verdict "^ok" && silent err'
run "$loopscope" check t.lsc --max-stall 10s --stall 1s
claim "what holds for a program only is refused for a file" ends_with 2
run "$loopscope" check --max-stall 10s -- true
claim "no limit holds where nothing was measured" eval 'ends_with 2 && says err "no event loop was seen"'
head -c 400 t.lsc >cut.lsc
run "$loopscope" check cut.lsc --max-stall 10s
claim "nor in a file cut so short that nothing is left" ends_with 2
run "$loopscope" report cut.lsc
claim "of which there is no report either" ends_with 2
run "$loopscope" check t.lsc
claim "a limit is needed" refused 'no limit given'
run "$loopscope" check --max-stall 5ms
claim "something to check is needed" refused 'nothing to check'
run "$loopscope" check t.lsc --max-stall quick
claim "a limit is a duration" refused "invalid --max-stall 'quick'"
run "$loopscope" check t.lsc --max-utilization 120%
claim "a percentage ends at 100" refused "invalid --max-utilization '120%'"
run "$loopscope" check t.lsc --max-stal 5 --max-findigs 3
claim "a misspelt limit is recognized" refused "(invalid --max-stall|unknown option)"
run "$loopscope" check t.lsc --max-findigs 3
claim "with the nearest one" refused "unknown option '--max-findigs': did you mean '--max-findings'\?"
run "$loopscope" check t.lsc true --max-stall 5ms
claim "a program goes after --" refused 'more than one trace file'
done_claiming
