#!/bin/sh
# SPDX-License-Identifier: MIT
# compare.sh GOLDEN PROGRAM ARGS…: what PROGRAM prints must be the bytes of GOLDEN.
# With UPDATE_GOLDEN=1 the file is written instead: look at the diff before you commit it.
golden=$1
shift
if [ -n "$UPDATE_GOLDEN" ]; then
    "$@" >"$golden"
    exit
fi
"$@" | diff -u "$golden" -
