# SPDX-License-Identifier: MIT
"""Bad input: one clear line and exit 2 from the command; one line at most from the probe, and the
program runs on as if it were not there."""

import os
import random
import subprocess
import unittest

import observe
from observe import Build

SAMPLE = ("bin", "samples", "blocking_read")
NUMBERS = ["", " ", "-5", "abc", "0", "99999999999999999999999", "1e9", "20ms", "0x10", "\n", "%s%n"]
SIGNALS = ["9", "19", "0", "-1", "SIGKILL", "nonsense", "1000", ""]
NOBODY = 65534


class BadFiles(observe.Observed):
    def tool(self, *arguments):
        return self.run_to_end([Build.tool(), *arguments])

    def trace(self):
        path = self.path("good.lsc")
        end = self.tool("record", "-o", path, "--", Build.path(*SAMPLE))
        self.assertEqual(end.status, 0, end.stderr)
        with open(path, "rb") as file:
            return file.read()

    def report_on(self, content, name="bad.lsc"):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.tool("report", self.path(name), "--format", "json")

    def assert_refused(self, end, what):
        self.assertEqual(end.status, 2, f"{what}: {end.stdout + end.stderr}")
        lines = end.stderr.decode().splitlines()
        self.assertEqual(len(lines), 1, f"{what}: not one line: {lines}")
        self.assertRegex(lines[0], r"^loopscope: .+: .+|^loopscope: .+", what)

    def assert_survived(self, end, what):
        self.assertIn(end.status, (0, 2), f"{what}: {end.stderr[-500:]}")

    def test_a_trace_cut_anywhere_is_read_up_to_the_cut_or_refused(self):
        trace = self.trace()
        for n in range(0, 48):
            length = len(trace) * n // 48
            end = self.report_on(trace[:length])
            self.assert_survived(end, f"cut at {length} of {len(trace)}")
            if length < 16:
                self.assert_refused(end, f"cut at {length}")

    def test_a_trace_with_flipped_bits_never_breaks_the_reader(self):
        trace, chance = self.trace(), random.Random(7)
        for n in range(80):
            bad = bytearray(trace)
            for _ in range(1 + n % 5):
                bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
            self.assert_survived(self.report_on(bytes(bad)), f"flip {n}")

    def test_foreign_files_are_refused(self):
        os.mkfifo(self.path("fifo"))
        for path in ["/etc/passwd", "/bin/sh", "/dev/null", "/proc/self/mem", "/tmp", "/no/such",
                     self.path("fifo")]:
            with self.subTest(path=path):
                self.assert_refused(self.tool("report", path), path)

    def test_a_wrong_pid_is_refused(self):
        for pid in ["999999999", "abc", "-1", "0", str(os.getpid()), "99999999999999999999", "1x"]:
            with self.subTest(pid=pid):
                self.assert_refused(self.tool("snapshot", pid, "-o", self.path("x.lsc")), pid)
                self.assertFalse(os.path.exists(self.path("x.lsc")), "left a file behind")

    def test_a_program_that_cannot_be_run_is_refused(self):
        with open(self.path("text"), "w", encoding="utf-8") as file:
            file.write("not a program")
        for program in ["/no/such/program", "no-such-program-at-all", "/etc", self.path("text")]:
            with self.subTest(program=program):
                self.assert_refused(self.tool("run", "--", program), program)

    def test_wrong_usage_is_refused(self):
        for words in [["nonsense"], ["run"], ["run", "--nonsense", "--", "true"], ["record", "true"],
                      ["report"], ["snapshot"], ["check", "/no/such", "--max-stall", "quick"],
                      ["run", "--format", "nonsense", "--", "true"],
                      ["run", "-o", "/no/such/directory/f", "--", "true"]]:
            with self.subTest(words=words):
                self.assert_refused(self.tool(*words), words)

    def test_a_segment_that_is_none_is_passed_over(self):
        for name, content in [("12345.seg", b"x" * 5000), ("999", b""), ("1-2", os.urandom(70000))]:
            with open(os.path.join(self.segments, name), "wb") as file:
                file.write(content)
        os.symlink("/etc/passwd", os.path.join(self.segments, "4242"))
        end = self.tool("ps")
        self.assertEqual(end.status, 0, end.stderr)
        self.assertEqual(self.observe(Build.path(*SAMPLE), "healthy").status, 0)


class BadSurroundings(observe.Observed):
    """What the probe finds around it. `self.by_hand` preloads it without the command."""

    def by_hand(self, **variables):
        return self.bare(Build.path(*SAMPLE), "healthy", env=self.environment(variables, preload=True))

    def assert_runs_on(self, end, lines):
        """The sample's own output and status; on stderr at most so many lines, all loopscope's."""
        self.assertEqual(end.status, 0, end.stderr)
        self.assertIn(b"held", end.stdout)
        said = end.stderr.decode().splitlines()
        self.assertIn(len(said), lines, said)
        for line in said:
            self.assertTrue(line.startswith("loopscope: "), line)

    def test_a_directory_that_is_a_symlink_is_not_used(self):
        target = self.path("target")
        os.mkdir(target, 0o700)
        os.symlink(target, self.path("link"))
        self.assert_runs_on(self.by_hand(LOOPSCOPE_DIR=self.path("link")), [1])
        self.assertEqual(os.listdir(target), [])

    def test_a_directory_of_somebody_else_is_not_used(self):
        if os.geteuid() != 0:
            self.skipTest("only root can give a directory away")
        other = self.path("other")
        os.mkdir(other, 0o700)
        os.chown(other, NOBODY, NOBODY)
        self.assert_runs_on(self.by_hand(LOOPSCOPE_DIR=other), [1])
        self.assertEqual(os.listdir(other), [])

    def test_a_directory_open_to_others_is_not_used(self):
        open_to_all = self.path("open")
        os.mkdir(open_to_all)
        os.chmod(open_to_all, 0o777)
        self.assert_runs_on(self.by_hand(LOOPSCOPE_DIR=open_to_all), [1])
        self.assertEqual(os.listdir(open_to_all), [])

    def test_a_directory_that_is_none_is_not_used(self):
        for path in ["/etc/passwd", "/proc/nonsense", "/no/such/deep/path", "x" * 5000, "/" + "y" * 300]:
            with self.subTest(path=path[:40]):  # the probe may have another place for its segment
                self.assert_runs_on(self.by_hand(LOOPSCOPE_DIR=path), [0, 1])

    def test_the_command_says_in_one_line_that_the_directory_will_not_do(self):
        os.symlink("/tmp", self.path("link"))
        env = self.environment({"LOOPSCOPE_DIR": self.path("link")})
        end = self.run_to_end([Build.tool(), "run", "--", Build.path(*SAMPLE), "healthy"], env=env)
        self.assertIn(end.status, (0, 2))
        self.assertIn("loopscope: ", end.stderr.decode())

    def test_absurd_numbers_are_clamped(self):
        for variable in ["LOOPSCOPE_STALL_MS", "LOOPSCOPE_BLOCK_US", "LOOPSCOPE_RING_KB"]:
            for value in NUMBERS:
                with self.subTest(variable=variable, value=value):
                    self.assert_runs_on(self.by_hand(**{variable: value}), [0, 1])

    def test_absurd_signals_are_not_used(self):
        for value in SIGNALS:
            with self.subTest(value=value):
                self.assert_runs_on(self.by_hand(LOOPSCOPE_SIGNAL=value), [0, 1])

    def small_tmpfs(self, size):
        directory = self.path("small")
        os.mkdir(directory, 0o700)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "loopscope",
                                  directory], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            raise unittest.SkipTest(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", directory], check=False)
        return directory

    def test_on_a_full_tmpfs_the_program_runs_on(self):
        directory = self.small_tmpfs("64k")
        with open(os.path.join(directory, "filler"), "wb") as file:
            try:
                file.write(b"x" * 70000)
            except OSError:
                pass
        self.assert_runs_on(self.by_hand(LOOPSCOPE_DIR=directory), [1])

    def test_on_a_tmpfs_with_too_little_room_the_program_runs_on(self):
        for size in ["128k", "512k", "2m"]:
            with self.subTest(size=size):
                self.assert_runs_on(self.by_hand(LOOPSCOPE_DIR=self.small_tmpfs(size)), [0, 1])
                self.doCleanups()
                self.setUp()


if __name__ == "__main__":
    observe.main()
