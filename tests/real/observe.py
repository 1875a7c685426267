# SPDX-License-Identifier: MIT
"""What the tests of this folder share: run a real program bare and under loopscope, read the JSON
report, say in a sentence what is missing from it.

A test script is a unittest file that ends with `observe.main()`. It takes `--build DIR` (the build
tree that holds bin/loopscope and lib/libloopscope-preload.so) and otherwise unittest's arguments. It
leaves with status 77, which ctest shows as a skip, when every test of it was skipped; each skip says
why on a line of its own."""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

STATUS_SKIPPED = 77
PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SEVERE = ("critical", "warning")
PYTHON = "/usr/bin/python3"


class Build:
    """The build tree under test."""

    directory = None

    @classmethod
    def path(cls, *parts):
        return os.path.join(cls.directory, *parts)

    @classmethod
    def tool(cls):
        return cls.path("bin", "loopscope")

    @classmethod
    def preload(cls):
        return cls.path("lib", "libloopscope-preload.so")

    @classmethod
    def cache(cls, *parts):
        """A directory that later runs of any build find again: for other people's programs, fetched
        or built here."""
        caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        directory = os.path.join(caches, "loopscope-tests", *parts)
        os.makedirs(directory, exist_ok=True)
        return directory


class Report:
    """The JSON report of one run."""

    def __init__(self, document):
        self.document = document
        self.processes = document.get("processes", [document])

    @classmethod
    def read(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(json.load(file))

    def findings(self, detector=None, severe=False, **fields):
        """Findings of all processes; `function` and `file` are compared with `where`, the other
        fields with the finding's own, a file by its last part."""
        found = [f for p in self.processes for f in p.get("findings", [])]
        return [f for f in found if (detector is None or f["detector"] == detector)
                and (not severe or f["severity"] in SEVERE)
                and all(field_matches(f, k, v) for k, v in fields.items())]

    def total_ms(self, *arguments, **fields):
        return sum(f["total_ns"] for f in self.findings(*arguments, **fields)) / 1e6

    def loops(self):
        return [loop for p in self.processes for loop in p.get("loops", [])]

    def tasks(self):
        return [task for p in self.processes for task in p.get("tasks", [])]

    def queues(self):
        return [queue for p in self.processes for queue in p.get("queues", [])]

    def lost(self, what="records"):
        return sum((p.get("lost") or {}).get(what, 0) for p in self.processes)

    def __str__(self):
        return "\n".join(describe(f) for f in self.findings()) or "(no findings)"


def field_matches(finding, key, wanted):
    where = finding.get("where") or {}
    if key == "function":
        return wanted in (where.get("function") or "")
    if key == "file":
        return os.path.basename(where.get("file") or "") == wanted
    if key == "line":
        return where.get("line") == wanted
    return wanted in str(finding.get(key) or "")


def describe(finding):
    where = finding.get("where") or {}
    stack = " < ".join(str(frame.get("function")) for frame in finding.get("stack", []))
    return (f"{finding['severity']} {finding['detector']} {finding.get('call') or ''} in "
            f"{where.get('function')} {where.get('file')}:{where.get('line')} x{finding.get('count')} "
            f"total {(finding.get('total_ns') or 0) / 1e6:.1f} ms: {finding.get('title')}\n    {stack}")


class Finished:
    """How a program ended: its status as a shell would show it, and what it wrote."""

    def __init__(self, status, stdout, stderr, report=None):
        self.status, self.stdout, self.stderr, self.report = status, stdout, stderr, report


class Running:
    """A server that was started, bare or under loopscope."""

    def __init__(self, test, process, report_path=None):
        self.test, self.process, self.report_path = test, process, report_path

    def wait_for(self, is_ready, what, seconds=20):
        """Waits until `is_ready()` returns something true, and returns that."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                self.test.fail(f"the program ended with {self.process.returncode} before {what}: "
                               f"{self.read_output()}")
            try:
                ready = is_ready()
            except OSError:
                ready = None
            if ready:
                return ready
            time.sleep(0.02)
        self.test.fail(f"no {what} within {seconds} s: {self.read_output()}")

    def read_output(self):
        with open(self.test.path("output"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def finish(self, signal_number=None, seconds=60):
        """Sends the signal, if any, waits for the end and returns it with the report."""
        if signal_number is not None:
            self.process.send_signal(signal_number)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.test.fail(f"the program did not end within {seconds} s: {self.read_output()}")
        output = self.read_output()
        return Finished(status, output, "", self.test.read_report(self.report_path, output))


class Observed(unittest.TestCase):
    """A test with a scratch directory and segments of its own."""

    maxDiff = None
    longMessage = True

    def setUp(self):
        if not os.access(Build.tool(), os.X_OK):
            self.fail(f"{Build.tool()} is not built")
        self.scratch = tempfile.mkdtemp(prefix="loopscope-real-")
        self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)
        self.segments = tempfile.mkdtemp(prefix="loopscope-real-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, self.segments, ignore_errors=True)
        self.report_count = 0

    def path(self, name):
        return os.path.join(self.scratch, name)

    def environment(self, extra=None, preload=False):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("LOOPSCOPE", "LD_PRELOAD", "NODE_"))}
        env.update(LOOPSCOPE_DIR=self.segments, HOME=self.scratch, LC_ALL="C.UTF-8", TZ="UTC")
        if preload:
            env["LD_PRELOAD"] = Build.preload()
        env.update(extra or {})
        return env

    def run_to_end(self, command, env=None, stdin=None, seconds=60):
        """Runs a command to its end and returns how that was."""
        process = subprocess.Popen(command, env=env or self.environment(), cwd=self.scratch,
                                   stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
        self.addCleanup(end_session, process)
        try:
            stdout, stderr = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            end_session(process)
            stdout, stderr = process.communicate()
            self.fail(f"{command} did not end within {seconds} s: {stdout + stderr}")
        return Finished(process.returncode, stdout, stderr)

    def command_line(self, command, options=()):
        self.report_count += 1
        report = self.path(f"report-{self.report_count}.json")
        return report, [Build.tool(), "run", "--format", "json", "-o", report, *options, "--", *command]

    def bare(self, *command, **arguments):
        return self.run_to_end(list(command), **arguments)

    def observe(self, *command, options=(), status=0, **arguments):
        """Runs the program under `loopscope run` and returns how it ended, with the report."""
        report, line = self.command_line(command, options)
        end = self.run_to_end(line, **arguments)
        output = (end.stdout + end.stderr).decode(errors="replace")
        if status is not None:
            self.assertEqual(end.status, status, f"exit status of {command}: {output}")
        end.report = self.read_report(report, output)
        return end

    def observe_both(self, *command):
        """One run of the program, as judged live and as judged from the trace that was written."""
        trace, report = self.path("both.lsc"), self.path("both.json")
        live = self.observe(*command, options=("--trace", trace)).report
        end = self.run_to_end([Build.tool(), "report", trace, "--format", "json", "-o", report])
        self.assertEqual(end.status, 0, end.stderr)
        return live, Report.read(report)

    def read_report(self, path, output):
        if path is None:
            return None
        self.assertTrue(os.path.exists(path), f"no report was written: {output}")
        return Report.read(path)

    def start(self, *command, options=(), env=None, observed=True):
        """Starts a server; its output goes to the file `output` in the scratch directory."""
        report, line = self.command_line(command, options)
        with open(self.path("output"), "wb") as output:
            process = subprocess.Popen(line if observed else list(command), cwd=self.scratch,
                                       env=env or self.environment(), stdin=subprocess.DEVNULL,
                                       stdout=output, stderr=output, start_new_session=True)
        self.addCleanup(end_session, process)
        return Running(self, process, report if observed else None)

    def assert_found(self, report, detector, **fields):
        """The findings of that detector with those fields; at least one, or the test fails."""
        found = report.findings(detector, **fields)
        if not found:
            wanted = ", ".join(f"{k} {v}" for k, v in fields.items())
            self.fail(f"no {detector} with {wanted or 'anything'} in the report:\n{report}")
        return found

    def assert_frame(self, finding, function):
        """The finding's stack goes through a function of that name."""
        names = [str(frame.get("function")) for frame in finding.get("stack", [])]
        self.assertTrue(any(function in name for name in names),
                        f"{function} is not in the stack of\n{describe(finding)}")

    def assert_near(self, seen_ms, spent_ms, share, what):
        self.assertTrue(abs(seen_ms - spent_ms) <= share * spent_ms,
                        f"{what}: loopscope says {seen_ms:.1f} ms, the program {spent_ms:.1f} ms")

    def assert_healthy(self, report):
        """It watched a loop, found nothing to warn of, and says what it lost, if anything."""
        self.assertTrue(report.loops(), "no loop was observed")
        blamed = [f for f in report.findings(severe=True)
                  if f["detector"] != "starved" or not machine_is_busy()]
        self.assertEqual([f["title"] for f in blamed], [], f"a healthy program was blamed:\n{report}")
        for process in report.processes:
            self.assertIn("lost", process, "the report does not say what was lost")


def machine_is_busy():
    """Whether others want more processors than there are: then loops do wait for one."""
    return os.getloadavg()[0] > len(os.sched_getaffinity(0)) + 1


def end_session(process):
    """Ends a program and all that it started. Only sessions that this file began."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    if process.poll() is None:
        process.wait(10)


def needed(program):
    """The path of a program, or a skip that says it is not installed."""
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise unittest.SkipTest(f"{program} is not installed")
    return found


def held_ms(output):
    """What a sample says about itself: (times, milliseconds) of its line `held N times T ms`."""
    for line in output.decode().splitlines():
        words = line.split()
        if len(words) == 5 and words[0] == "held":
            return int(words[1]), float(words[3])
    raise AssertionError(f"the sample did not say how long it was held: {output}")


def free_port():
    """A TCP port of this machine where nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def line_of(path, mark):
    """The number of the one line of a source file that contains `mark`."""
    with open(path, encoding="utf-8") as file:
        numbers = [n for n, line in enumerate(file, 1) if mark in line]
    assert len(numbers) == 1, f"{mark!r} marks {len(numbers)} lines of {path}"
    return numbers[0]


def main(add_options=None):
    """Runs the tests of the calling script."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--build", required=True)
    if add_options:
        add_options(parser)
    options, rest = parser.parse_known_args()
    Build.directory = os.path.abspath(options.build)
    Build.options = options
    sys.stdout.reconfigure(line_buffering=True)
    program = unittest.main(argv=[sys.argv[0], *rest], verbosity=2, exit=False)
    result = program.result
    for test, reason in result.skipped:
        print(f"SKIP: {test.id()}: {reason}")
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun == len(result.skipped):
        sys.exit(STATUS_SKIPPED)
