#!/bin/bash
# SPDX-License-Identifier: MIT
# Signals and job control: what reaches the program, how often, and who stops.
. "$(dirname "$0")/claims.sh"

cat >count.sh <<'END'
trap 'n=$((n + 1)); echo "got $n"' INT TERM USR1 HUP
n=0
echo ready
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do sleep 0.05; done
echo "end $n"
exit 5
END

sent() { # signal: to loopscope, once; the program's count and status
    "$loopscope" run -o report -- sh count.sh >out 2>err &
    local tool=$!
    until grep -q ready out; do sleep 0.02; done
    kill -"$1" $tool
    wait $tool
    status=$?
    ends_with 5 && says out 'end 1' && [ -s report ]
}
for signal in INT TERM USR1 HUP; do
    if [ $signal = INT ]; then continue; fi # a shell starts background jobs with it ignored
    claim "SIG$signal sent to the command reaches the program once" sent $signal
done

on_terminal() {
    python3 "$here/on_terminal.py" "$@" >out 2>err
    status=$?
}
on_terminal ready '\x03' -- "$loopscope" run -o report -- sh count.sh
claim "an interrupt at the terminal reaches the program once" eval 'ends_with 5 && says out "end 1"'
claim "the report is written all the same" [ -s report ]

on_terminal '> ' "$loopscope run -o report -- sh count.sh\r" ready '\x1a' Stopped 'echo is shell; fg\r' \
    'end' 'exit\r' -- env PS1='> ' bash --norc --noediting -i
claim "^Z stops the command with the program, fg resumes both" \
    eval 'ends_with 5 && says out "is shell" && says out "end 0"'

"$loopscope" run -o report -- sleep 30 >out 2>err &
tool=$!
until pgrep -P $tool sleep >/dev/null; do sleep 0.02; done
kill -TERM $tool
wait $tool 2>/dev/null
status=$?
claim "death by a signal that was passed on is the command's own" ends_with 143
claim "there is a report of it" [ -s report ]

"$loopscope" run -o report -- sleep 0.8 &
tool=$!
sleep 0.3
kill -STOP "$(pgrep -P $tool sleep)"
sleep 0.2
claim "a program stopped by somebody does not stop the command" \
    not grep -q '^State:.T' /proc/$tool/status
kill -CONT "$(pgrep -P $tool sleep)"
wait $tool
done_claiming
