# SPDX-License-Identifier: MIT
"""The live console on real programs: a stall is on the screen while it happens, whoever comes late
sees what there is, the dead leave their last picture, traces are wound forward and back."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import node_programs
import observe
from observe import Build

STALL_SECONDS = 1.0 if not observe.machine_is_busy() else 2.0


def ask(path, url):
    """What the server answers; it may take its time."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(path)
        connection.sendall(f"GET {url} HTTP/1.0\r\n\r\n".encode())
        return connection.recv(4096)


class Top(observe.Observed):
    def top(self, *arguments, seconds=60):
        """The screen that a script of the console ends with."""
        done = self.run_to_end([Build.tool(), "top", *arguments], seconds=seconds)
        self.assertEqual(done.status, 0, f"top {arguments}: {done.stdout + done.stderr}")
        return done.stdout.decode()

    def start_top(self, *arguments):
        process = subprocess.Popen([Build.tool(), "top", *arguments], env=self.environment(),
                                   cwd=self.scratch, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
        self.addCleanup(observe.end_session, process)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def screen_of(self, process, seconds=30):
        stdout, stderr = process.communicate(timeout=seconds)
        self.assertEqual(process.returncode, 0, stdout + stderr)
        return stdout.decode()

    def pid_of(self, program):
        listed = self.run_to_end([Build.tool(), "ps", "--format", "json"])
        for process in json.loads(listed.stdout)["processes"]:
            if process["program"] == program and process["alive"]:
                return process["pid"]
        return None

    def start_server(self, by_hand=False):
        """A Node server under the probe: (pid, path of its socket). By hand: what it leaves in
        shared memory stays when it ends."""
        command, env = node_programs.stock()
        path = self.path("socket")
        server = self.start(*command, os.path.join(observe.PROGRAMS, "top", "stalls.js"), path,
                            env=self.environment(env, preload=by_hand), observed=not by_hand)
        server.wait_for(lambda: "listening" in server.read_output(), "listening")
        return server.wait_for(lambda: self.pid_of("node"), "segment"), path

    def start_names(self, workers=0):
        """The program of tasks with bad names: its pid."""
        names = self.start(Build.path("bin", "observed", "names"), str(workers),
                           env=self.environment({"LOOPSCOPE_RING_KB": "16"}))
        names.wait_for(lambda: "ready" in names.read_output(), "tasks")
        return names.wait_for(lambda: self.pid_of("names"), "segment")

    def test_a_stall_is_on_the_overview_within_a_second_with_the_name_of_its_function(self):
        pid, path = self.start_server()
        watching = self.start_top(str(pid), "--keys", "<Wait:computeTotals>", "--size", "120x30")
        time.sleep(2.5)
        self.assertIsNone(watching.poll(), "it waits for the stall")
        begun = time.monotonic()
        asking = threading.Thread(target=ask, args=(path, "/stall"))
        asking.start()
        screen = self.screen_of(watching)
        passed = time.monotonic() - begun
        self.assertTrue(asking.is_alive(), "the stall goes on")
        asking.join()
        self.assertIn("1 stalled now", screen)
        self.assertRegex(screen, r"\d+ ms +computeTotals \(stalls\.js:\d+\)")
        self.assertLess(passed, STALL_SECONDS, f"seen only after {passed:.2f} s:\n{screen}")

    def test_what_happens_during_a_pause_is_shown_after_it(self):
        pid, path = self.start_server()
        watching = self.start_top(str(pid), "--size", "120x30", "--keys",
                                  "<Space><Wait:PAUSED +><Wait:4500ms><Space><Wait:computeTotals>")
        time.sleep(2.5)
        ask(path, "/stall")
        self.assertIsNone(watching.poll(), "nothing is shown while it is paused")
        screen = self.screen_of(watching)
        self.assertNotIn("PAUSED", screen)
        self.assertNotIn("lost", screen)

    def test_whoever_comes_late_sees_every_task_with_its_totals(self):
        pid = self.start_names(workers=20)
        screen = self.top(str(pid), "--once", "--view", "tasks", "--size", "120x60")
        for worker in range(20):
            self.assertRegex(screen, rf"worker-{worker} .*\b3000\b")

    def test_several_may_look_at_once(self):
        pid = self.start_names(workers=3)
        watching = [self.start_top(str(pid), "--once", "--view", "tasks") for _ in range(3)]
        for process in watching:
            self.assertIn("worker-2", self.screen_of(process))

    def test_a_killed_process_leaves_its_last_picture(self):
        pid, path = self.start_server(by_hand=True)
        ask(path, "/")
        watching = self.start_top(str(pid), "--keys", "<Wait:dead><Wait:300ms>", "--view", "loops")
        time.sleep(2)
        os.kill(pid, signal.SIGKILL)
        screen = self.screen_of(watching)
        self.assertRegex(screen.splitlines()[0], rf"node {pid} .* dead")
        self.assertRegex(screen, rf"(?m)^node {pid} ")
        later = self.top(str(pid), "--once", "--view", "loops")
        self.assertRegex(later, rf"(?m)^node {pid} ", "what it left can be looked at afterwards")

    def record_stall(self):
        trace = self.path("stall.lsc")
        _, path = self.start_server()
        recording = self.start_recording(trace)
        ask(path, "/stall")
        time.sleep(0.5)
        recording.send_signal(signal.SIGINT)
        self.assertEqual(recording.wait(30), 0)
        return trace

    def start_recording(self, trace):
        process = subprocess.Popen([Build.tool(), "record", "-o", trace, "-p",
                                    str(self.pid_of("node"))], env=self.environment(),
                                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        self.addCleanup(observe.end_session, process)
        time.sleep(1.5)
        return process

    def test_a_trace_is_shown_to_its_end_and_wound_back_and_forward(self):
        trace = self.record_stall()
        screen = self.top(trace, "--once", "--size", "120x30")
        self.assertIn("end of file", screen)
        self.assertIn("computeTotals", screen)
        before = self.top(trace, "--once", "--at", "100ms", "--size", "120x30")
        self.assertNotIn("computeTotals", before)
        self.assertIn("100 ms of ", before)
        again = self.top(trace, "--keys", ":0.1<Enter><Wait:100 ms of>", "--size", "120x30")
        self.assertNotIn("computeTotals", again)
        forth = self.top(trace, "--at", "100ms", "--size", "120x30", "--keys",
                         "<Wait:100 ms of>:1:00<Enter><Wait:end of file>")
        self.assertIn("computeTotals", forth)
        played = self.top(trace, "--speed", "1000", "--keys", "<Wait:end of file>")
        self.assertIn("computeTotals", played)

    def test_what_is_in_memory_can_be_written_down_and_read_again(self):
        pid = self.start_names(workers=2)
        trace = self.path("exported.lsc")
        self.top(str(pid), "--keys", f"w<C-u>{trace}<Enter><Wait:wrote>", "--size", "200x20")
        self.assertIn("worker-1", self.top(trace, "--once", "--view", "tasks"))

    def test_a_program_of_its_own_writes_into_a_view_and_a_file(self):
        output = self.path("output")
        script = "printf '\\033[31mred\\033[0m\\n'; seq 1 40; stty size; exit 3"
        done = self.run_to_end([Build.tool(), "top", "--once", "--view", "output", "--size",
                                "90x30", "-o", output, "--", "sh", "-c", script])
        screen = done.stdout.decode()
        self.assertEqual(done.status, 3, done.stderr)
        self.assertRegex(screen, r"(?m)^40$")
        self.assertRegex(screen, r"(?m)^Everything is in .*; it ended with status 3$")
        with open(output, "rb") as file:
            written = file.read()
        self.assertTrue(written.startswith(b"\033[31mred\033[0m\r\n1\r\n2\r\n"), written[:40])

    def test_a_program_of_its_own_is_ended_when_one_leaves(self):
        marker = self.path("ended")
        script = f"trap 'echo yes > {marker}; exit 0' TERM; while :; do sleep 0.05; done"
        self.top("--keys", "<Wait:300ms>", "-o", self.path("output"), "--", "sh", "-c", script)
        self.assertTrue(os.path.exists(marker), "it was sent SIGTERM")

    def test_a_signal_ends_the_console_and_its_program(self):
        marker = self.path("ended")
        script = f"trap 'echo yes > {marker}; exit 0' TERM; echo up; while :; do sleep 0.05; done"
        watching = self.start_top("--keys", "<Wait:30s>", "--view", "output", "-o",
                                  self.path("output"), "--", "sh", "-c", script)
        time.sleep(2)
        watching.send_signal(signal.SIGTERM)
        self.assertRegex(self.screen_of(watching), r"(?m)^up$")
        self.assertTrue(os.path.exists(marker), "it was sent SIGTERM")

    def test_a_process_is_shown_with_its_children(self):
        command, env = node_programs.stock()
        child = os.path.join(observe.PROGRAMS, "top", "stalls.js")
        parent = self.start(*command, "-e", f"require('child_process').fork('{child}', "
                            f"['{self.path('socket')}']); setInterval(() => {{}}, 20)",
                            env=self.environment(env))
        parent.wait_for(lambda: "listening" in parent.read_output(), "listening")
        listed = self.run_to_end([Build.tool(), "ps", "--format", "json"]).stdout
        pids = [p["pid"] for p in json.loads(listed)["processes"] if p["program"] == "node"]
        self.assertEqual(len(pids), 2, listed)
        screen = self.top(str(min(pids)), "--once", "--view", "processes")
        for pid in pids:
            self.assertRegex(screen, rf"(?m)^ *[^\d]*{pid} ", screen)
        screen = self.top(str(max(pids)), "--once", "--view", "processes")
        self.assertNotIn(str(min(pids)), screen, "not with its parent")

    def test_names_of_tasks_do_no_harm_to_a_terminal(self):
        pid = self.start_names()
        for options in ([], ["--ascii"]):
            screen = self.top(str(pid), "--once", "--view", "tasks", "--size", "100x40", *options)
            self.assertIn("cleared", screen)
            self.assertIn("reset", screen)
            harmful = re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", screen)
            self.assertEqual(harmful, [], screen)
            self.assertLessEqual(max(map(len, screen.splitlines())), 110)
        self.assertTrue(screen.isascii())

    def test_what_cannot_be_shown_is_told(self):
        for arguments, complaint in ((["--once"], "nothing runs under the probe"),
                                     (["/nonexistent"], "cannot read '/nonexistent'"),
                                     (["1"], "nothing is known of process 1"),
                                     (["--view", "nonsense", "--once", "--", "true"],
                                      "unknown view 'nonsense'"),
                                     (["--"], "no program given"),
                                     (["/bin/true"], "loopscope top -- /bin/true"),
                                     (["--keys", "2<Foo>", "--", "true"], "at '<Foo>'"),
                                     (["--at", "1s"], "--at and --speed are for a trace file"),
                                     (["--once", "--size", "80", "--", "true"], "invalid --size")):
            done = self.run_to_end([Build.tool(), "top", *arguments])
            self.assertEqual(done.status, 2, done.stdout)
            self.assertIn(complaint, done.stderr.decode())


if __name__ == "__main__":
    observe.main()
