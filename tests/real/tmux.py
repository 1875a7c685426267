# SPDX-License-Identifier: MIT
"""A terminal of its own for a test: a shell in a tmux server that nobody else uses, of a fixed size,
with a fixed TERM, locale, time zone and home. Tests wait for what is shown, they never sleep."""

import os
import shlex
import subprocess
import time

SECONDS = 20


class Terminal:
    count = 0

    def __init__(self, test, env, columns=80, rows=24, term="tmux-256color"):
        self.test = test
        Terminal.count += 1
        self.socket = test.path(f"tmux-{Terminal.count}")
        pinned = {k: env[k] for k in ("LOOPSCOPE_DIR", "HOME", "LC_ALL", "TZ")}
        pinned.update(PS1="$ ", ESCDELAY="25", PATH=os.environ["PATH"], TERM=term)
        self.shell = ["env", "-i", *(f"{k}={v}" for k, v in pinned.items()), "bash", "--norc"]
        self.tmux("-f", "/dev/null", "start-server", ";", "set-option", "-g", "default-terminal", term,
                  ";", "set-option", "-g", "status", "off", ";", "new-session", "-d", "-x",
                  str(columns), "-y", str(rows), shlex.join(self.shell))
        test.addCleanup(self.close)
        self.wait_for("$")

    def tmux(self, *arguments, check=True):
        env = {k: v for k, v in os.environ.items() if k not in ("TMUX", "TMUX_PANE")}
        env["LC_ALL"] = "C.UTF-8"
        end = subprocess.run(["tmux", "-u", "-S", self.socket, *arguments], env=env, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
        if check and end.returncode:
            self.test.fail(f"tmux {arguments}: {end.stdout}")
        return end.stdout

    def close(self):
        self.tmux("kill-server", check=False)

    def screen(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def ask(self, variable):
        return self.tmux("display-message", "-p", "#{" + variable + "}").strip()

    def keys(self, *names):
        """By tmux' names: C-c, Enter, F10."""
        self.tmux("send-keys", *names)

    def text(self, text):
        self.tmux("send-keys", "-l", text)

    def bytes(self, raw):
        self.tmux("send-keys", "-H", *(f"{byte:02x}" for byte in raw))

    def command(self, *words):
        self.text(shlex.join(words))
        self.keys("Enter")

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def wait(self, is_so, what):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            shown = self.screen()
            if is_so(shown):
                return shown
            time.sleep(0.03)
        self.test.fail(f"the screen never shows {what}, but:\n{self.screen()}")

    def wait_for(self, text):
        return self.wait(lambda shown: text in shown, repr(text))

    def wait_gone(self, text):
        return self.wait(lambda shown: text not in shown, f"that {text!r} is gone")

    def state(self):
        """What a program may have changed of the terminal and must give back."""
        tty = self.ask("pane_tty")
        with open(tty, "rb", buffering=0) as terminal:
            modes = subprocess.run(["stty", "-a"], stdin=terminal, stdout=subprocess.PIPE, text=True,
                                   check=True).stdout
        flags = {name: self.ask(name) for name in ("alternate_on", "cursor_flag", "mouse_any_flag",
                                                   "keypad_flag", "keypad_cursor_flag", "insert_flag")}
        return modes, flags
