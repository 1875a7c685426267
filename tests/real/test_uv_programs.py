# SPDX-License-Identifier: MIT
"""Programs that link libuv dynamically: their handles and requests are seen as tasks, and they do the
same as without loopscope, with the same descriptors open and comparable memory at their end."""

import hashlib
import os
import re
import signal
import socket
import subprocess
import unittest

import node_programs
import observe
from observe import PROGRAMS, PYTHON

UV = os.path.join(PROGRAMS, "uv")
NAMES = 3000
NAMED = ("timer", "udp", "process", "signal", "getaddrinfo", "fs open", "fs stat", "fs poll")
# The segment's pages that were used, the libraries, and the unwinder's tables.
MEMORY_KB = 16 * 1024


def free_port():
    """Below those that the kernel gives to clients: dig shares its port, and would ask itself."""
    for port in range(20000 + os.getpid() % 10000, 32000):
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
            try:
                stream.bind(("127.0.0.1", port))
                datagram.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise unittest.SkipTest("no port is free")


class Held:
    """What a process has open, and the most memory it had."""

    def __init__(self, open_files, status):
        # What V8 writes for the names of JavaScript functions is wanted.
        self.open_files = sorted(re.sub(r":\[\d+\]$", "", target) for target in open_files
                                 if not target.startswith("/tmp/perf-"))
        self.memory_kb = int(re.search(r"^VmHWM:\s*(\d+) kB", status, re.M)[1])

    @classmethod
    def read(cls, path):
        """As the programs under uv/ write it to OPEN_FILE."""
        with open(path, encoding="utf-8") as file:
            text = file.read()
        os.unlink(path)
        return cls(re.findall(r"^fd (.*)$", text, re.M), text)

    @classmethod
    def of(cls, pid):
        folder = f"/proc/{pid}/fd"
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            return cls([os.readlink(os.path.join(folder, fd)) for fd in os.listdir(folder)], file.read())


class UvProgram(observe.Observed):
    def setUp(self):
        super().setUp()
        self.open_file = self.path("open")
        self.variables = self.environment({"OPEN_FILE": self.open_file})

    def assert_held_alike(self, bare, under):
        print(f"  {type(self).__name__}: {len(bare.open_files)} descriptors bare, {len(under.open_files)} "
              f"under loopscope; {bare.memory_kb} kB of memory bare, {under.memory_kb} kB under it")
        self.assertEqual(under.open_files, bare.open_files, "open at the end, under loopscope and bare")
        self.assertLess(under.memory_kb, bare.memory_kb + MEMORY_KB, f"bare: {bare.memory_kb} kB")

    def assert_same(self, *command, env=None, sorts=lambda text: text):
        """Runs it bare and under loopscope; returns the report and what it wrote."""
        env = env or self.variables
        bare = self.bare(*command, env=env)
        self.assertEqual(bare.status, 0, bare.stderr)
        held = Held.read(self.open_file)
        under = self.observe(*command, env=env)
        self.assertEqual(sorts(under.stdout), sorts(bare.stdout))
        self.assert_held_alike(held, Held.read(self.open_file))
        return under.report, under.stdout.decode()

    def assert_tasks(self, report, *kinds):
        """Of each kind there is a task that was polled and, where there is one to have, has a name."""
        seen = {task["kind"] for task in report.tasks()
                if task["polls"] and (task["name"] or task["kind"] not in NAMED)}
        self.assertEqual(sorted(set(kinds) - seen), [], f"kinds of the tasks seen: {sorted(seen)}")

    def assert_task(self, report, kind, name):
        found = [task for task in report.tasks() if task["kind"] == kind and name in task["name"]]
        names = sorted({task["name"] for task in report.tasks() if task["kind"] == kind})
        self.assertTrue(found, f"no {kind} is called {name}; there are {names[:20]}")
        return found

    def assert_depth_libuv(self, report):
        self.assertTrue(any("libuv" in process["depths"] for process in report.processes),
                        [process["depths"] for process in report.processes])


class Neovim(UvProgram):
    def edit(self, run):
        with open(self.path("edit.txt"), "w", encoding="utf-8") as file:
            file.writelines(f"{number}\n" for number in range(1, 200001))
        end = run(observe.needed("nvim"), "--headless", "-u", "NONE", "-i", "NONE", "-n", "edit.txt",
                  "-c", f"luafile {UV}/edit.lua", "-c", "%s/1/one/g", "-c", "g/9$/d", "-c", "sort! n",
                  "-c", "w", "-c", f"luafile {UV}/say_open.lua", "-c", "qa!", env=self.variables)
        with open(self.path("edit.txt"), "rb") as file:
            digest = hashlib.md5(file.read()).hexdigest()
        self.assertEqual(digest, "15c2e1a5f7130c25411feb3e7c65f121")
        self.assertIn(b"done=5", end.stderr)
        return end, Held.read(self.open_file)

    def test_an_edit_without_a_terminal_is_the_same(self):
        bare, held = self.edit(self.bare)
        under, held_under = self.edit(self.observe)
        self.assertEqual(bare.status, 0)
        self.assertIn(bare.stderr, under.stderr)
        self.assert_held_alike(held, held_under)
        self.assert_depth_libuv(under.report)
        self.assert_tasks(under.report, "timer", "async", "process", "work", "fs stat")
        self.assert_task(under.report, "process", "true")


class Named(UvProgram):
    def configure(self):
        self.port = free_port()
        with open(self.path("named.conf"), "w", encoding="utf-8") as file:
            file.write(f"""options {{
                directory "{self.scratch}"; pid-file none; session-keyfile none;
                listen-on port {self.port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
                recursion no; allow-transfer {{ any; }}; notify no; dnssec-validation no; }};
                controls {{ }};
                zone "example.test" {{ type primary; file "zone"; }};""")
        with open(self.path("zone"), "w", encoding="utf-8") as file:
            file.write("$TTL 60\n@ SOA ns root 1 60 60 60 60\n@ NS ns\nns A 127.0.0.1\n")
            file.writelines(f"host{i} A 127.0.{i // 256}.{i % 256}\n" for i in range(NAMES))
        with open(self.path("questions"), "w", encoding="utf-8") as file:
            file.writelines(f"host{i}.example.test A\n" for i in range(NAMES))

    def dig(self, *words):
        asked = subprocess.run([observe.needed("dig"), "-p", str(self.port), "@127.0.0.1", *words],
                               capture_output=True, text=True, timeout=60, check=False)
        return [line for line in asked.stdout.splitlines() if not line.startswith(";")]

    def serve(self, observed):
        """Its answers, what it has open when all are given, how it ended."""
        server = self.start(observe.needed("named"), "-n", "4", "-g", "-c", self.path("named.conf"),
                            observed=observed)
        server.wait_for(lambda: self.dig("+short", "+tries=1", "+time=1", "ns.example.test")
                        == ["127.0.0.1"], "answer")
        answers = self.dig("+short", "-f", self.path("questions"))
        answers += self.dig("+short", "+tcp", "host3.example.test")
        transfer = self.dig("axfr", "example.test")
        answers += [str(sum("\tA\t" in line for line in transfer))]
        pid = server.process.pid
        if observed:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
                pid = int(file.read().split()[0])
        held = Held.of(pid)
        return answers, held, server.finish(signal.SIGTERM)

    def test_it_answers_the_same_on_several_loops(self):
        self.configure()
        answers, held, bare = self.serve(False)
        self.assertEqual(len(answers), NAMES + 2)
        answers_under, held_under, under = self.serve(True)
        self.assertEqual((bare.status, under.status), (0, 0), under.stdout)
        self.assertEqual([pair for pair in zip(answers, answers_under) if pair[0] != pair[1]], [])
        self.assertEqual(len(answers_under), len(answers))
        self.assert_held_alike(held, held_under)
        self.assert_depth_libuv(under.report)
        busy = [loop for loop in under.report.loops() if loop["name"].startswith("isc-net")]
        self.assertGreaterEqual(len(busy), 4, under.report.loops())
        self.assert_tasks(under.report, "udp", "tcp", "async")
        self.assert_task(under.report, "udp", f"127.0.0.1:{self.port}")


class Cmake(UvProgram):
    def build_tree(self):
        return ["-S", os.path.join(UV, "project"), "-B", self.path("tree")]

    def test_configuring_a_project_is_the_same(self):
        def fresh(text):
            subprocess.run(["rm", "-rf", self.path("tree")], check=True)
            return text

        self.assert_same("cmake", "--fresh", *self.build_tree(), sorts=fresh)

    def test_ctest_runs_children_that_are_tasks(self):
        def outcomes(text):
            return sorted(re.findall(rb"Test +#\d+: (\w+) \.+ +(\w+)", text))

        self.bare("cmake", *self.build_tree(), env=self.variables)
        command = ["ctest", "--test-dir", self.path("tree"), "-j4"]
        bare, under = self.bare(*command), self.observe(*command)
        self.assertEqual(len(outcomes(bare.stdout)), 9, bare.stdout)
        self.assertEqual(outcomes(under.stdout), outcomes(bare.stdout))
        self.assert_depth_libuv(under.report)
        self.assert_tasks(under.report, "process", "pipe")
        self.assert_task(under.report, "process", "cmake")


class Uvloop(UvProgram):
    def test_an_echo_server_is_the_same_on_two_loops(self):
        asked = subprocess.run([PYTHON, "-c", "import uvloop"], capture_output=True, check=False)
        if asked.returncode != 0:
            raise unittest.SkipTest("python3-uvloop is not installed")
        report, _ = self.assert_same(PYTHON, os.path.join(UV, "echo_uvloop.py"))
        self.assert_depth_libuv(report)
        self.assertGreaterEqual(len(report.loops()), 2, report.loops())
        self.assert_tasks(report, "tcp", "timer", "async", "process", "pipe", "idle")


class Luv(UvProgram):
    def test_luajit_does_the_same_on_two_loops(self):
        luajit = observe.needed("luajit")
        asked = subprocess.run([luajit, "-e", "require 'luv'"], capture_output=True, check=False)
        if asked.returncode != 0:
            raise unittest.SkipTest("lua-luv is not installed")
        report, output = self.assert_same(luajit, os.path.join(UV, "exercise.lua"))
        self.assertIn("written 5000", output)
        self.assert_depth_libuv(report)
        self.assertGreaterEqual(len(report.loops()), 2, report.loops())
        self.assert_tasks(report, "timer", "idle", "tcp", "work", "fs open", "fs read", "fs close",
                          "getaddrinfo", "random", "signal")
        self.assert_task(report, "fs open", "/etc/hostname")


class DebianNode(UvProgram):
    def test_files_names_hashes_and_timers_are_the_same(self):
        command, variables = node_programs.debian()
        variables = {**self.variables, **variables}
        report, output = self.assert_same(*command, os.path.join(UV, "exercise.js"), env=variables)
        self.assertIn("from a worker, 0", output)
        self.assert_depth_libuv(report)
        self.assertGreaterEqual(len(report.loops()), 2, report.loops())
        self.assert_tasks(report, "timer", "async", "check", "tcp", "process", "fs open", "fs read",
                          "getaddrinfo", "work")
        self.assert_task(report, "fs open", "exercise.js")
        self.assert_task(report, "getaddrinfo", "localhost")


if __name__ == "__main__":
    observe.main()
