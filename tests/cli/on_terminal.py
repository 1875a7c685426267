#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a command on a terminal of its own and plays a person at it:
    on_terminal.py [TEXT KEYS]... -- COMMAND...
waits for each TEXT in the output and then types KEYS (\\x03 is an interrupt). Prints all output; leaves as
the command does, with 128 + N after signal N, or with 99 when a TEXT does not come within ten seconds."""

import os
import pty
import select
import sys
import time

SECONDS = 10


def read_until(master, seen, text):
    """Reads on until `text` is in what comes after the part already used up; the whole output then."""
    end = time.monotonic() + SECONDS
    start = len(seen)
    while text is None or text not in seen[max(0, start - len(text)):]:
        ready, _, _ = select.select([master], [], [], max(0, end - time.monotonic()))
        if not ready:
            return seen, False
        try:
            chunk = os.read(master, 65536)
        except OSError:
            chunk = b""
        if not chunk:
            return seen, text is None
        seen += chunk
    return seen, True


def main():
    split = sys.argv.index("--")
    script, command = sys.argv[1:split], sys.argv[split + 1:]
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    seen = b""
    for text, keys in zip(script[0::2], script[1::2]):
        seen, found = read_until(master, seen, text.encode())
        if not found:
            sys.stdout.buffer.write(seen + f"\n(never came: {text})\n".encode())
            return 99
        os.write(master, keys.encode().decode("unicode_escape").encode("latin-1"))
    seen, _ = read_until(master, seen, None)
    sys.stdout.buffer.write(seen)
    _, status = os.waitpid(pid, 0)
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


sys.exit(main())
