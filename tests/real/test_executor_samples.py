# SPDX-License-Identifier: MIT
"""The programs written for the executor do what they are for: an echo server, an HTTP/1.1 server
under clients, limits, hostile input and SIGTERM."""

import os
import shutil
import signal
import socket
import subprocess
import time
import unittest

import observe
from observe import Build


def connect(port, tries=100):
    for _ in range(tries):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=10)
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise AssertionError(f"nobody listens on {port}")


class EchoServer(unittest.TestCase):
    def test_clients_get_back_what_they_send(self):
        port = observe.free_port()
        server = subprocess.Popen([Build.path("bin", "samples", "echo_server"), str(port)])
        try:
            clients = [connect(port) for _ in range(20)]
            data = os.urandom(100000)
            for client in clients:
                client.sendall(data[:1000])
            for client in clients:
                got = b""
                while len(got) < 1000:
                    got += client.recv(4096)
                self.assertEqual(got, data[:1000])
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(client.recv(1), b"")
                client.close()
        finally:
            server.kill()
            server.wait()


class HttpServer(unittest.TestCase):
    def setUp(self):
        self.server = subprocess.Popen([Build.path("bin", "samples", "http_server"), "0"],
                                       stdout=subprocess.PIPE, text=True)
        self.port = int(self.server.stdout.readline().split()[-1])

    def tearDown(self):
        if self.server.poll() is None:
            self.server.kill()
        self.server.wait()
        self.server.stdout.close()

    def ask(self, data):
        """Sends, reads until the server closes."""
        with connect(self.port) as client:
            client.sendall(data)
            answer = b""
            while True:
                part = client.recv(65536)
                if not part:
                    return answer.decode()
                answer += part

    def test_curl_gets_a_page_and_its_body_back(self):
        if not shutil.which("curl"):
            self.skipTest("curl is not installed")
        url = f"http://127.0.0.1:{self.port}"
        page = subprocess.run(["curl", "-sS", "-m", "10", url + "/", url + "/"],
                              capture_output=True, text=True)
        self.assertEqual(page.stdout, "hello\nhello\n", page.stderr)
        body = "x" * 50000
        echo = subprocess.run(["curl", "-sS", "-m", "10", "--data-binary", "@-", url + "/echo"],
                              input=body, capture_output=True, text=True)
        self.assertEqual(echo.stdout, body, echo.stderr)

    def test_wrk_finds_no_error(self):
        if not shutil.which("wrk"):
            self.skipTest("wrk is not installed")
        run = subprocess.run(["wrk", "-t1", "-c50", "-d1s", f"http://127.0.0.1:{self.port}/"],
                             capture_output=True, text=True, timeout=30)
        self.assertNotIn("Socket errors", run.stdout)
        self.assertNotIn("Non-2xx", run.stdout)
        self.assertRegex(run.stdout, r"[1-9]\d* requests in")

    def test_requests_that_come_together_are_answered_in_order(self):
        answer = self.ask(b"POST /echo HTTP/1.1\r\nContent-Length: 3\r\n\r\none"
                          b"GET /none HTTP/1.1\r\n\r\n"
                          b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        self.assertRegex(answer, r"(?s)^HTTP/1.1 200 .*one"
                                 r"HTTP/1.1 404 .*HTTP/1.1 200 .*close\r\n\r\nhello\n$")

    def test_what_is_wrong_or_too_much_is_refused(self):
        for request, status in ((b"nonsense\r\n\r\n", 400),
                                (b"GET / HTTP/1.1\r\nX: " + b"x" * 9000, 431),
                                (b"POST /echo HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", 413),
                                (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
                                (b"GET / HTTP/1.1\r\nContent-Length: 1\r\n"
                                 b"Content-Length: 2\r\n\r\n", 400),
                                (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
                                (b"GET / HTTP/2.0\r\n\r\n", 505),
                                (b"GET /" + b"x" * 300 + b" HTTP/1.1\r\n\r\n", 414)):
            with self.subTest(request=request[:40]):
                self.assertTrue(self.ask(request).startswith(f"HTTP/1.1 {status} "))

    def test_a_request_that_does_not_end_times_out(self):
        self.assertTrue(self.ask(b"GET / HTTP/1.1\r\nX").startswith("HTTP/1.1 408 "))

    def test_sigterm_answers_what_has_begun_and_closes_the_idle(self):
        idle, begun = connect(self.port), connect(self.port)
        self.addCleanup(idle.close)
        self.addCleanup(begun.close)
        begun.sendall(b"POST /echo HTTP/1.1\r\nContent-Length: 4\r\n\r\nab")
        time.sleep(0.1)
        self.server.send_signal(signal.SIGTERM)
        self.assertEqual(idle.recv(1), b"")
        begun.sendall(b"cd")
        answer = b""
        while part := begun.recv(4096):
            answer += part
        self.assertIn(b"Connection: close", answer)
        self.assertTrue(answer.endswith(b"abcd"))
        self.assertEqual(self.server.wait(10), 0)


class ForeignExecutor(observe.Observed):
    """An executor that loopscope knows nothing of, and that uses loopscope/probe.h alone."""

    def run_sample(self, *arguments):
        end = self.observe(Build.path("bin", "samples", "foreign_executor"), *arguments)
        pages = int(end.stdout.split()[0])
        tasks = {task["name"]: task for task in end.report.tasks()}
        self.assertEqual({task["kind"] for task in tasks.values()}, {"foreign task"})
        self.assertEqual(os.path.basename(tasks["crawler"]["site"]["file"]), "foreign_executor.c")
        queue, = [q for q in end.report.queues() if q["name"] == "pages"]
        self.assertEqual((queue["kind"], queue["capacity"]), ("channel", 16))
        self.assertEqual(end.report.lost(), 0)
        return end.report, pages, tasks, queue

    def test_its_tasks_and_its_full_channel_are_shown(self):
        report, pages, tasks, queue = self.run_sample()
        self.assertEqual(pages, 1000)
        self.assertEqual(tasks["indexer"]["polls"], 1000)
        # Once a round, and once more when there is room.
        self.assertTrue(1900 <= tasks["crawler"]["polls"] <= 2000, tasks["crawler"])
        self.assertTrue(1800 <= tasks["crawler"]["wakes"] < 2000, tasks["crawler"])
        finding, = self.assert_found(report, "queue-saturated")
        self.assertIn("channel 'pages'", finding["title"])
        self.assertEqual(queue["depth"]["max"], 16)
        self.assertGreater(queue["saturated_ns"], 0.7e9)

    def test_a_channel_that_is_emptied_is_not_blamed(self):
        report, pages, tasks, queue = self.run_sample("healthy")
        self.assertEqual(pages, 8000)
        self.assertEqual(tasks["crawler"]["polls"], 1000)
        self.assertLess(queue["depth"]["max"], 16)
        self.assertEqual(report.findings(severe=True), [], str(report))


if __name__ == "__main__":
    observe.main()
