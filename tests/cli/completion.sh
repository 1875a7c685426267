#!/bin/bash
# SPDX-License-Identifier: MIT
# The bash completion: it loads, and offers what there is.
. "$(dirname "$0")/claims.sh"

"$loopscope" --print-completion >script
claim "the script loads" bash -n script
. ./script

completed() { # words…: completes the last one; the offers, one a line, in file out
    COMP_WORDS=(loopscope "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _loopscope
    printf '%s\n' "${COMPREPLY[@]}" >out
}
completed ''
for command in $commands; do
    claim "$command is offered" says out "^$command$"
done
completed re
claim "commands are narrowed down" [ "$(tr '\n' ' ' <out)" = "record report " ]
for command in $commands; do
    completed $command --
    for option in $("$loopscope" $command --help | grep -Eo '^ +(-., )?--[a-z-]+' | grep -Eo -- '--.*'); do
        claim "$command offers $option" says out "^$option$"
    done
done
completed run --format ''
claim "formats are offered" eval 'says out "^text$" && says out "^json$"'
completed run --color a
claim "choices are narrowed down" [ "$(tr '\n' ' ' <out)" = "auto always " ]
touch trace.lsc
completed report tr
claim "files are offered" says out '^trace.lsc$'
completed run tru
claim "programs are offered" says out '^true$'
completed run -- tru
claim "also after --" says out '^true$'
done_claiming
