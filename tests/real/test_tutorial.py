# SPDX-License-Identifier: MIT
"""The tutorial's program is what it says: 40 lines that compile as they stand, serve many clients,
and show up in a report with the lines where their tasks wait."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import observe
from observe import Build, SOURCE

TUTORIAL = os.path.join(SOURCE, "samples", "executor", "README.md")


def program_of_tutorial():
    with open(TUTORIAL, encoding="utf-8") as page:
        return "".join(re.findall(r"^```c\n(.*?)^```$", page.read(), re.M | re.S))


class Tutorial(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.segments = tempfile.mkdtemp(prefix="loopscope-real-", dir="/dev/shm")
        cls.port = observe.free_port()
        source = os.path.join(cls.directory.name, "echo.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write(program_of_tutorial().replace("8080", str(cls.port)))
        cls.program = os.path.join(cls.directory.name, "echo")
        libraries = Build.path("lib")
        subprocess.run(["cc", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-g",
                        "-I", os.path.join(SOURCE, "probe", "include"), "-o", cls.program, source,
                        "-L", libraries, "-lloopscope-executor", "-lloopscope",
                        f"-Wl,-rpath,{libraries}"], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()
        shutil.rmtree(cls.segments, ignore_errors=True)

    def connect(self):
        for _ in range(200):
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=10)
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise AssertionError(f"nobody listens on {self.port}")

    def talk(self):
        """Many clients at once; one of them stays while the others leave."""
        clients = [self.connect() for _ in range(50)]
        for number, client in enumerate(clients):
            client.sendall(b"%d\n" % number)
        for number, client in enumerate(clients):
            self.assertEqual(client.recv(100), b"%d\n" % number)
        for client in clients[1:]:
            client.close()
        return clients[0]

    def test_is_40_lines(self):
        lines = [line for line in program_of_tutorial().splitlines() if line.strip()]
        self.assertEqual(len(lines), 40)

    def test_serves_many_clients(self):
        server = subprocess.Popen([self.program])
        try:
            self.talk().close()
            self.assertIsNone(server.poll())
        finally:
            server.kill()
            server.wait()

    def test_its_tasks_are_seen_with_the_lines_they_wait_at(self):
        report = os.path.join(self.directory.name, "report.json")
        loopscope = subprocess.Popen([Build.tool(), "run", "--format", "json", "-o", report, "--",
                                      self.program],
                                     env=dict(os.environ, LOOPSCOPE_DIR=self.segments))
        try:
            client = self.talk()
            loopscope.send_signal(signal.SIGINT)
            loopscope.wait(timeout=30)
            client.close()
        finally:
            if loopscope.poll() is None:
                loopscope.kill()
                loopscope.wait()
        tasks = observe.Report.read(report).tasks()
        waiting = [task for task in tasks if task["name"] == "serve_client"]
        self.assertTrue(waiting, "no task named serve_client")
        source = program_of_tutorial().splitlines()
        site = waiting[0]["await"]["site"]
        self.assertIn("lsc_read", source[site["line"] - 1])


if __name__ == "__main__":
    observe.main()
