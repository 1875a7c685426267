#!/bin/bash
# SPDX-License-Identifier: MIT
# The manual pages: one a command, with every option of its help, and without a complaint of mandoc.
. "$(dirname "$0")/claims.sh"

page() { # command, or nothing for the program's own: expands it into the file page
    "$loopscope" --print-manual "$1" <"$console/man/loopscope${1:+-$1}.1.in" >page
}
for command in "" $commands; do
    claim "there is a page loopscope${command:+-$command}" page "$command"
    claim "no placeholder is left in it" not says page '^@'
    if command -v mandoc >/dev/null; then
        mandoc -T lint -W warning page >out 2>err
        claim "mandoc has no complaint about it" silent out
    fi
done
for command in $commands; do
    page $command
    for option in $("$loopscope" $command --help | grep -Eo -- '--[a-z-]+' | sort -u); do
        case $option in --LIMIT | --) continue ;; esac
        claim "loopscope-$command names $option" says page "^\.It .*Fl \\\\-${option#--}( |$)"
    done
done
page ""
for command in $commands; do
    claim "loopscope(1) refers to $command" says page "^\.Xr loopscope-$command 1"
done
for variable in $(grep -Eoh 'LOOPSCOPE_[A-Z_]+' "$here/../../probe/core/writer/config.c" | sort -u); do
    [ $variable = LOOPSCOPE_RUN ] && continue # between the command and the probe
    claim "loopscope(1) explains $variable" says page "^\.It Ev $variable"
done
done_claiming
