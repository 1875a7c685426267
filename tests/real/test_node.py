# SPDX-License-Identifier: MIT
"""Node, the official binary or Debian's: what blocks the event loop is named by its JavaScript
function, file and line, and a full thread pool is seen from outside."""

import contextlib
import http.client
import os
import socket
import threading
import time

import node_programs
import observe
from observe import Build, PROGRAMS

SERVER = os.path.join(PROGRAMS, "node", "server.js")


OWN_FILES = {"feed", "output", "report-1.json"}


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.unix_path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.sock.connect(self.unix_path)
        except OSError:
            self.sock.close()
            raise


class Node(observe.Observed):
    def setUp(self):
        super().setUp()
        self.node, variables = getattr(node_programs, Build.options.node)()
        self.variables = self.environment(variables)
        self.socket = self.path("node.sock")
        self.fifo = self.path("feed")
        os.mkfifo(self.fifo)

    def ask(self, path):
        """The answer of the server: the milliseconds that it says it spent."""
        with contextlib.closing(UnixConnection(self.socket)) as connection:
            connection.request("GET", path)
            return float(connection.getresponse().read())

    def serve(self, *paths, pause=0.15):
        """Runs the server, asks for the paths, and returns the report and the times spent."""
        server = self.start(*self.node, SERVER, self.socket, self.fifo, env=self.variables)
        server.wait_for(lambda: self.ask("/") == 0, "answer")
        time.sleep(pause)
        spent = [self.ask(path) for path in paths if not time.sleep(pause / 3)]
        self.ask("/quit")
        end = server.finish()
        self.assertEqual(end.status, 0, end.stdout)
        self.assertEqual(set(os.listdir(self.scratch)) - OWN_FILES, set(), "files were left behind")
        return end.report, spent

    def assert_blamed(self, report, spent, detector, function, share, **fields):
        found = self.assert_found(report, detector, function=function, file="server.js", **fields)
        body = observe.line_of(SERVER, f"function {function}(")
        for finding in found:
            line = finding["where"]["line"]
            self.assertTrue(line and body <= line <= body + 6,
                            f"line {line} is not in {function}, which begins at {body}")
        seen = sum(finding["total_ns"] for finding in found) / 1e6
        if detector == "cpu-stall":  # a busy machine keeps a computing loop waiting: said apart
            seen += report.total_ms("starved")
        self.assert_near(seen, sum(spent), share, f"time in {function}")

    def test_pbkdf2sync_is_a_cpu_stall_at_the_javascript_function(self):
        report, spent = self.serve(*["/hash"] * 5)
        self.assert_blamed(report, spent, "cpu-stall", "hashPassword", 0.15)

    def test_a_javascript_loop_is_a_cpu_stall_at_its_function(self):
        report, spent = self.serve(*["/loop"] * 5)
        self.assert_blamed(report, spent, "cpu-stall", "renderReport", 0.15)

    def test_execsync_is_a_blocking_call_at_the_javascript_line(self):
        report, spent = self.serve(*["/exec"] * 3)
        self.assert_blamed(report, spent, "blocking-call", "runHelper", 0.25)
        calls = {f["call"] for f in report.findings("blocking-call", function="runHelper")}
        self.assertTrue(calls & {"epoll_wait", "poll", "waitpid", "read"}, calls)

    def test_reading_a_slow_fifo_is_a_blocking_call_at_the_javascript_line(self):
        def feed():
            for _ in range(3):
                with open(self.fifo, "wb") as pipe:
                    time.sleep(0.2)
                    pipe.write(b"42\n")
                time.sleep(0.05)

        thread = threading.Thread(target=feed, daemon=True)
        thread.start()
        report, spent = self.serve(*["/fifo"] * 3)
        thread.join(10)
        self.assert_blamed(report, spent, "blocking-call", "readFeed", 0.25)
        calls = {f["call"] for f in report.findings("blocking-call", function="readFeed")}
        self.assertTrue(calls & {"read", "open"}, calls)

    def test_many_jobs_saturate_the_pool_of_four(self):
        report, spent = self.serve("/pool")
        self.assert_found(report, "queue-saturated")
        pools = [q for q in report.queues() if q.get("capacity") == 4 and q.get("saturated_ns")]
        self.assertTrue(pools, f"no pool of 4 with a saturated time in {report.queues()}")
        longest = max(q["saturated_ns"] for q in pools) / 1e6
        self.assertTrue(0.5 * spent[0] <= longest <= 1.2 * spent[0],
                        f"full for {longest:.0f} ms of the {spent[0]:.0f} ms the jobs took")
        for pool in pools:
            if not pool["inferred"]:
                wait = pool["wait_ns"]["max"] / 1e6
                self.assertTrue(wait == 0 or 0.9 * wait <= longest, f"{wait:.0f} ms waited, {longest:.0f} ms full")

    def test_a_server_that_only_answers_is_not_blamed(self):
        report, _ = self.serve(*["/"] * 40, pause=0.03)
        self.assert_healthy(report)


if __name__ == "__main__":
    observe.main(lambda parser: parser.add_argument("--node", choices=["stock", "debian"],
                                                    default="stock"))
