#!/bin/bash
# SPDX-License-Identifier: MIT
# loopscope run: the program is what it was without it, and the report comes out.
. "$(dirname "$0")/claims.sh"

same() { # command…: the same output, errors and status under the command as without it
    printf 'some words\n' | "$@" >bare.out 2>bare.err
    local bare=$?
    printf 'some words\n' | "$loopscope" run -o report -- "$@" >out 2>err
    status=$?
    ends_with $bare && cmp out bare.out && cmp err bare.err
}
claim "true is true" same true
claim "an exit status is passed on" same sh -c 'exit 7'
claim "standard input reaches the program" same cat
claim "output and errors stay apart" same sh -c 'echo out; echo err >&2; exit 255'
claim "descriptors are those of the bare program" same sh -c 'ls /proc/$$/fd'
claim "signal masks and handlers are too" same grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status
claim "a program may have options of its own" same env -i /bin/echo --stall nonsense
claim "so may a program without --" same sh -c 'echo "$0 $1"' --format xml

dies_alike() { # signal number
    "$loopscope" run -o report -- sh -c "kill -$1 \$\$" >out 2>err
    status=$?
    ends_with $((128 + $1)) && [ ! -e core ]
}
for signal in 1 2 6 9 11 15; do
    claim "death by signal $signal is passed on" dies_alike $signal 2>/dev/null
done

# The environment of the program.
show='printenv LD_PRELOAD NODE_OPTIONS LOOPSCOPE_RUN LOOPSCOPE_STALL_MS LOOPSCOPE_BLOCK_US LOOPSCOPE_FOLLOW'
run "$loopscope" run -o report -- $show
claim "the probe is preloaded" says out "^$build/lib/libloopscope-preload.so$"
claim "V8 is told to name JavaScript functions" \
    says out '^--perf-basic-prof-only-functions --interpreted-frames-native-stack$'
claim "the run has a number" says out '^[0-9a-f]{1,16}$'
claim "thresholds are left alone" not says out '^20$'
LD_PRELOAD=$build/lib/libloopscope.so run "$loopscope" run -o report -- $show
claim "another preloaded library stays" says out "preload.so:$build/lib/libloopscope.so$"
NODE_OPTIONS='--max-old-space-size=99' run "$loopscope" run -o report -- $show
claim "the user's NODE_OPTIONS stay" \
    says out '^--max-old-space-size=99 --perf-basic-prof-only-functions --interpreted'
NODE_OPTIONS='--perf_basic_prof' run "$loopscope" run -o report -- $show
claim "a flag that is there is not added" says out '^--perf_basic_prof --interpreted-frames-native-stack$'
run "$loopscope" run -o report --no-js-names -- printenv NODE_OPTIONS
claim "--no-js-names adds none" silent out
run "$loopscope" run -o report --stall 50ms --block 2.5ms --no-follow -- $show
claim "--stall reaches the probe" says out '^50$'
claim "--block reaches the probe" says out '^2500$'
claim "--no-follow reaches the probe" says out '^0$'

# The report.
run "$loopscope" run -- "$samples/blocking_read"
claim "the culprit is named on stderr" says err 'read_price.*blocking_read\.c:[0-9]+'
claim "stdout is the program's alone" not says out 'loopscope'
claim "nothing of the run is left in shared memory" [ -z "$(ls "$LOOPSCOPE_DIR")" ]
claim "no colours where there is no terminal" not says err $'\033'
run "$loopscope" run --color always -- "$samples/blocking_read"
claim "colours when asked for" says err $'\033\\['
LC_ALL=C run "$loopscope" run -- "$samples/blocking_read"
claim "ASCII only in a locale without UTF-8" not env LC_ALL=C grep -q '[^ -~]' err
run "$loopscope" run --format json -o report.json --trace t.lsc -- "$samples/blocking_read"
claim "the JSON report is JSON" python3 -m json.tool report.json parsed
claim "with -o nothing is printed" silent err
claim "a trace is written beside it" [ -s t.lsc ]
run "$loopscope" run --format json -o - -- true
claim "-o - is the standard output" python3 -m json.tool out parsed
run "$loopscope" run -- true
claim "without a loop the report says so" says err 'no (event )?loop|epoll'
run "$loopscope" run -- sh -c "$samples/blocking_read >/dev/null & exec sleep 0.4"
claim "a child that still runs is mentioned" says err 'still running'
wait

# Usage and input.
run "$loopscope" run
claim "a program is needed" refused 'no program given'
run "$loopscope" run -- /no/such/program
claim "a missing program is refused" refused "cannot run '/no/such/program': No such file"
run "$loopscope" run -- /etc
claim "a directory is refused" refused "cannot run '/etc'"
run "$loopscope" run -- $'bad\033[31mname'
claim "names are made safe for the terminal" not says err $'\033'
run "$loopscope" run --formt json -- true
claim "a misspelt option is recognized" refused "unknown option '--formt': did you mean '--format'\?"
run "$loopscope" run --stall 50 -- true
claim "a duration needs a unit" refused "invalid --stall '50': .*unit"
run "$loopscope" run --stall 2h -- true
claim "a threshold has bounds" refused "invalid --stall '2h'"
run "$loopscope" run --format nonsense -- true
claim "an unknown format is refused" refused "invalid --format 'nonsense': the formats are text"
echo precious >kept
run "$loopscope" run -o kept -- /no/such/program
claim "a report that cannot be made leaves the old one" says kept precious
run "$loopscope" run -o /no/such/directory/f -- touch ran
claim "an output that cannot be written is told before the program runs" \
    eval 'refused "cannot write" && [ ! -e ran ]'
mkdir "a b" && cp -r "$build/bin" "$build/lib" "a b"
run "a b/bin/loopscope" run -- true
claim "a path that LD_PRELOAD cannot hold is refused" refused 'cannot preload .*space or colon'

# Node's names, and the files that V8 writes for them.
if command -v node >/dev/null; then
    spin='setTimeout(function late() { const end = Date.now() + 300; while (Date.now() < end); }, 20)'
    echo "console.log(process.pid); $spin" >late.js
    for _ in 1 2 3 4; do # on a busy machine Node may get no CPU while it spins
        run "$loopscope" run --format json -o late.json -- node late.js
        says late.json '"function": ?"late"' && break
    done
    claim "a JavaScript function is named" says late.json '"function": ?"late"'
    claim "V8's file of names is removed" [ ! -e "/tmp/perf-$(head -1 out).map" ]
    claim "V8 leaves no log behind" not compgen -G 'isolate*.log'
    NODE_OPTIONS=--perf-basic-prof-only-functions run "$loopscope" run -- node late.js
    claim "a file of names that the user asked for stays" [ -e "/tmp/perf-$(head -1 out).map" ]
    rm -f "/tmp/perf-$(head -1 out).map"
fi
done_claiming
