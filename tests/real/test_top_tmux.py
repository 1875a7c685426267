# SPDX-License-Identifier: MIT
"""The live console on a real terminal: it starts, goes where keys and the mouse lead, takes any size,
and whatever ends it, or what it watches, the terminal is as it was."""

import os
import re
import select
import shlex
import signal
import subprocess

import observe
from observe import Build
from tmux import Terminal

LOOP = os.path.join(observe.PROGRAMS, "python", "named_loop.py")
NAME = "ticker"


class Top(observe.Observed):
    def setUp(self):
        super().setUp()
        observe.needed("tmux")

    def terminal(self, **arguments):
        return Terminal(self, self.environment(), **arguments)

    def loop(self, name=NAME, *arguments):
        """A program to look at."""
        with open(self.path("output"), "wb") as output:
            process = subprocess.Popen([observe.PYTHON, LOOP, name, *arguments], cwd=self.scratch,
                                       env=self.environment(preload=True), stdin=subprocess.DEVNULL,
                                       stdout=output, stderr=output, start_new_session=True)
        self.addCleanup(observe.end_session, process)
        running = observe.Running(self, process)
        running.wait_for(lambda: "ready" in running.read_output(), "start of the program")
        return process

    def open_top(self, terminal, *arguments, shows="Overview"):
        terminal.command(Build.tool(), "top", *map(str, arguments))
        return terminal.wait_for(shows)

    def top_pid(self, terminal):
        shell = terminal.ask("pane_pid")
        children = subprocess.run(["pgrep", "-P", shell], stdout=subprocess.PIPE, text=True).stdout
        self.assertTrue(children.split(), "the console does not run")
        return int(children.split()[0])

    def assert_restored(self, terminal, before, text):
        """The shell is back with the screen and the modes there were before."""
        after = terminal.wait(lambda shown: shown.rstrip().endswith("$"), "the shell's prompt")
        self.assertTrue(after.startswith(text.rstrip()), f"before:\n{text}\nafter:\n{after}")
        self.assertNotIn("Overview", after)
        self.assertEqual(terminal.state(), before)

    def test_it_starts_and_after_q_the_terminal_is_as_it_was(self):
        process, terminal = self.loop(), self.terminal()
        terminal.command("echo", "what was here before")
        text, before = terminal.wait_for("\nwhat was here before"), terminal.state()
        shown = self.open_top(terminal, process.pid)
        self.assertIn(str(process.pid), shown.splitlines()[0])
        self.assertEqual(terminal.ask("alternate_on"), "1")
        self.assertEqual(terminal.ask("cursor_flag"), "0")
        terminal.keys("q")
        self.assert_restored(terminal, before, text)

    def test_keys_lead_from_view_to_view_and_back(self):
        terminal = self.terminal()
        self.open_top(terminal, self.loop().pid)
        terminal.keys("Tab")
        terminal.wait_gone("Nothing is stalled now")
        terminal.keys("BTab")
        terminal.wait_for("Nothing is stalled now")
        terminal.keys("F1")
        terminal.wait_for("Help")
        terminal.keys("Escape")
        terminal.wait_for("Nothing is stalled now")
        self.open_loops(terminal)
        terminal.keys("Enter")
        terminal.wait_for("Ready batch")
        terminal.keys("Escape")
        terminal.wait_gone("Ready batch")

    def open_loops(self, terminal):
        tabs = terminal.wait_for("Loops").splitlines()[1]
        terminal.keys(re.search(r"(\d)Loops", tabs).group(1))
        terminal.wait_for("Lag p99")

    def click(self, terminal, row, column, times=1):
        """Presses and releases the first button, as xterm says it."""
        place = bytes([33 + column, 33 + row])
        terminal.bytes((b"\033[M\x20" + place + b"\033[M\x23" + place) * times)

    def test_the_mouse_selects_tabs_and_opens_rows(self):
        terminal = self.terminal()
        shown = self.open_top(terminal, self.loop().pid)
        self.assertEqual(terminal.ask("mouse_any_flag"), "1")
        column = shown.splitlines()[1].index("Loops")
        self.click(terminal, 1, column + 1)
        shown = terminal.wait_for("Lag p99")
        row = next(n for n, line in enumerate(shown.splitlines()) if n > 2 and line.startswith(NAME))
        self.click(terminal, row, 3, times=2)
        terminal.wait_for("Ready batch")
        for _ in range(3):
            terminal.bytes(b"\033[M" + bytes([32 + 65, 40, 40]))
        terminal.wait_gone("of waiting")
        for _ in range(3):
            terminal.bytes(b"\033[M" + bytes([32 + 64, 40, 40]))
        terminal.wait_for("of waiting")

    def test_any_size_is_taken_at_once(self):
        terminal = self.terminal()
        self.open_top(terminal, self.loop().pid)
        for columns, rows in ((120, 40), (40, 10), (200, 60), (20, 4), (80, 24)):
            terminal.resize(columns, rows)
            shown = terminal.wait(
                lambda text: len(text.split("\n")) == rows + 1 and
                ("F10" in text.splitlines()[-1] if rows > 4 else NAME[:3] in text), "its last line")
            self.assertTrue(all(len(line) <= columns for line in shown.splitlines()))
        terminal.keys("q")
        terminal.wait(lambda text: text.rstrip().endswith("$"), "the shell's prompt")

    def test_the_size_is_the_terminal_s_whatever_the_environment_says(self):
        terminal = self.terminal()
        top = shlex.join([Build.tool(), "top", str(self.loop().pid)])
        terminal.text(f"COLUMNS=33 LINES=7 {top}")
        terminal.keys("Enter")
        terminal.wait(lambda text: "F10" in text.split("\n")[23], "its last line")

    def test_what_it_watched_is_killed_and_the_last_picture_stays(self):
        process, terminal = self.loop(), self.terminal()
        text, before = terminal.screen(), terminal.state()
        self.open_top(terminal, process.pid)
        self.open_loops(terminal)
        terminal.wait_for(NAME)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        shown = terminal.wait(lambda screen: re.search(r"killed|ended|gone|vanished|dead",
                                                       screen.splitlines()[0]), "the end")
        self.assertRegex(shown, rf"(?m)^{NAME}")
        terminal.keys("q")
        self.assert_restored(terminal, before, text)

    def test_signals_end_it_and_the_terminal_is_as_it_was(self):
        process = self.loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            with self.subTest(signal=number.name):
                terminal = self.terminal()
                text, before = terminal.screen(), terminal.state()
                self.open_top(terminal, process.pid)
                os.kill(self.top_pid(terminal), number)
                self.assert_restored(terminal, before, text)
                terminal.close()

    def test_a_crash_gives_the_terminal_back(self):
        process = self.loop()
        for number in (signal.SIGSEGV, signal.SIGABRT):
            with self.subTest(signal=number.name):
                terminal = self.terminal()
                terminal.command("ulimit", "-c", "0")
                text, before = terminal.screen(), terminal.state()
                self.open_top(terminal, process.pid)
                os.kill(self.top_pid(terminal), number)
                self.assert_restored(terminal, before, text)
                terminal.close()

    def test_it_can_be_suspended_and_resumed(self):
        terminal = self.terminal()
        self.open_top(terminal, self.loop().pid)
        for _ in range(2):
            terminal.keys("C-z")
            terminal.wait_for("Stopped")
            self.assertEqual(terminal.ask("alternate_on"), "0")
            terminal.text("clear")
            terminal.keys("Enter")
            terminal.wait_gone("Stopped")
            terminal.text("fg")
            terminal.keys("Enter")
            terminal.wait_for("Overview")
        terminal.keys("q")
        terminal.wait(lambda text: text.rstrip().endswith("$"), "the shell's prompt")

    def test_its_terminal_goes_away_and_so_does_it(self):
        terminal = self.terminal()
        self.open_top(terminal, self.loop().pid)
        pid = self.top_pid(terminal)
        end = os.pidfd_open(pid)
        terminal.close()
        self.assertTrue(select.select([end], [], [], 20)[0], "it still runs")
        os.close(end)

    def test_names_of_any_bytes_do_not_disturb_the_screen(self):
        names = (b"\033[2J\033[1;1Hgone", b"\033]0;title\007x", b"\xff\xfe\xc3(", b"a\tb\rc\x08d",
                 "\u202eabc".encode(), "\u65e5\u672c\u8a9e\u65e5".encode(), b"\x9b2Jx", b"e\xcc\x81" * 5)
        for name in names:
            with self.subTest(name=name):
                process, terminal = self.loop(name), self.terminal()
                self.open_top(terminal, process.pid)
                self.open_loops(terminal)
                lines = terminal.wait_for(str(process.pid)).splitlines()
                self.assertIn("Overview", lines[1])
                self.assertTrue(lines[2].startswith("Loop"), lines[2])
                self.assertIn("F10", lines[23])
                self.assertEqual(terminal.ask("pane_title"), os.uname().nodename)
                self.assertFalse(re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]",
                                           "\n".join(lines)))
                # A picture drawn anew is the same picture: nothing was written past its place.
                rows = [line for line in terminal.screen().splitlines() if str(process.pid) in line]
                terminal.keys("C-l")
                again = terminal.wait_for(str(process.pid)).splitlines()
                self.assertEqual(lines[2], again[2])
                self.assertEqual(len(rows), sum(str(process.pid) in line for line in again))
                terminal.close()
                observe.end_session(process)

    def test_without_colours_and_unicode_it_uses_neither(self):
        process = self.loop()
        terminal = self.terminal()
        terminal.text(f"NO_COLOR=1 LC_ALL=C {shlex.join([Build.tool(), 'top', str(process.pid)])}")
        terminal.keys("Enter")
        terminal.wait_for("Overview")
        drawn = terminal.screen("-e")
        self.assertTrue(drawn.isascii(), drawn)
        self.assertFalse(re.search(r"\033\[[0-9;]*\b[34][0-8]\b", drawn), drawn)
        terminal.keys("q")

    def test_a_terminal_that_cannot_place_text_is_refused_in_one_sentence(self):
        process = self.loop()
        for term, why in (("dumb", "TERM=dumb"), ("nonsense", "not known"), ("", "TERM is not set")):
            terminal = self.terminal()
            terminal.text(f"clear; TERM={term} {shlex.join([Build.tool(), 'top', str(process.pid)])};"
                          " echo \"status $?\"")
            terminal.keys("Enter")
            shown = terminal.wait_for("status 2")
            self.assertRegex(shown.replace("\n", ""), "loopscope: .*" + re.escape(why))
            terminal.close()
        end = self.run_to_end([Build.tool(), "top", str(process.pid)])
        self.assertEqual(end.status, 2)
        self.assertRegex(end.stderr.decode(), r"^loopscope: .*not a terminal.*\n$")


observe.main()
