#!/bin/bash
# SPDX-License-Identifier: MIT
# loopscope doctor: the self-test proves every hook, and programs are judged from their files.
. "$(dirname "$0")/claims.sh"

run "$loopscope" doctor
claim "every hook fires" eval 'ends_with 0 && says out " 0 fail"'
claim "the machine is described" says out '^  (ok|less) +shared memory'
run "$loopscope" doctor --verbose
claim "libuv's hooks fire" says out '^  (pass|untested) +libuv +uv_timer_start'
claim "each hook has its line when asked for" [ "$(grep -c '^  pass' out)" -gt 150 ]
claim "nothing is left in shared memory" [ -z "$(ls "$LOOPSCOPE_DIR")" ]

# The table of the self-test and the library name the same functions.
"$loopscope" doctor --verbose | awk '$2 == "call" || $2 == "loop" || $2 == "queue" {print $3}' | sort -u >tested
nm -D --defined-only "$build/lib/libloopscope-preload.so" | awk '$2 ~ /^[TWi]$/ {sub(/@.*/, "", $3); print $3}' |
    grep -v -E '^(exec|vfork|fork|_?exit|_Exit|quick_exit|set(re|res|e)?uid|setns|unshare|chroot|prctl|seccomp)' |
    grep -v -E '^(pthread_create|pthread_exit|epoll_create1?|pipe2|posix_spawnp?|fexecve|sigaction|lsc_|thrd_|uv_)' |
    sort -u >hooked
comm -13 tested hooked >untested
claim "no timed hook is without a test ($(tr '\n' ' ' <untested))" silent untested

switched_off() {
    LOOPSCOPE=off "$loopscope" doctor >out 2>err
    status=$?
    [ $status != 0 ]
}
claim "the self-test can fail: with the probe switched off it does" switched_off

run "$loopscope" doctor "$samples/cpu_spin"
claim "a sample can be observed" eval 'ends_with 0 && says out "It can be observed"'
claim "its depths are listed" says out '^  yes  loop'
run "$loopscope" doctor true -- --nonsense
claim "the program's arguments are none of doctor's" [ $status != 2 ]
echo 'int main(void) { return 0; }' >s.c
if cc -static -o static s.c 2>err; then
    run "$loopscope" doctor ./static
    claim "a static program cannot be observed, and why" eval 'ends_with 1 && says out static'
    run "$loopscope" run -- ./static
    claim "run tells it too" says err static
fi
if cc -fsanitize=address -o asan s.c 2>err; then
    run "$loopscope" run -o report -- ./asan
    claim "a program with a shared AddressSanitizer runs on" eval 'ends_with 0 && silent err'
fi
run "$loopscope" doctor /no/such/program
claim "a missing program is refused" refused "cannot inspect '/no/such/program': No such file"
echo text >text && chmod +x text
run "$loopscope" doctor ./text
claim "a file that is no program is refused" refused "cannot inspect './text'"
done_claiming
