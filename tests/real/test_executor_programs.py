# SPDX-License-Identifier: MIT
"""The larger programs written for the executor: a broker whose slow consumers hold up nobody, and a
pipeline that its slowest stage paces, as its report says."""

import random
import signal
import socket
import subprocess
import unittest

import observe
from observe import Build


class Broker(observe.Observed):
    def setUp(self):
        super().setUp()
        self.broker = subprocess.Popen([Build.path("bin", "samples", "broker"), "0"],
                                       stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end)
        self.port = int(self.broker.stdout.readline().split()[-1])

    def end(self):
        if self.broker.poll() is None:
            self.broker.kill()
        self.broker.wait()
        self.broker.stdout.close()

    def connect(self, receive_bytes=None):
        client = socket.socket()
        if receive_bytes:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        client.settimeout(20)
        client.connect(("127.0.0.1", self.port))
        self.addCleanup(client.close)
        return client

    def publisher(self):
        lines = self.connect().makefile("rwb")
        self.addCleanup(lines.close)

        def publish(topic, text):
            lines.write(b"PUB %s %s\n" % (topic, text))
            lines.flush()
            return lines.readline()
        return publish

    def subscribe(self, publish, topic, count, receive_bytes=None):
        """A connection that listens, once the broker knows it."""
        client = self.connect(receive_bytes)
        client.sendall(b"SUB %s\n" % topic)
        while publish(topic, b"are you there?") != b"OK %d\n" % count:
            pass
        return client

    def test_every_listener_of_a_topic_gets_every_message_in_order(self):
        publish = self.publisher()
        listeners = [self.subscribe(publish, b"news", n + 1) for n in range(5)]
        self.assertEqual(publish(b"other", b"nobody listens"), b"OK 0\n")
        for number in range(200):
            self.assertEqual(publish(b"news", b"%d" % number), b"OK 5\n")
        for listener in listeners:
            lines = (line for line in listener.makefile("rb") if b"there?" not in line)
            self.assertEqual([next(lines) for _ in range(200)],
                             [b"MSG %d\n" % number for number in range(200)])

    def test_a_slow_consumer_is_told_what_it_missed_or_cut_off_and_holds_up_nobody(self):
        publish = self.publisher()
        self.subscribe(publish, b"news", 1, receive_bytes=4096)
        text = b"x" * 4000
        answers = set()
        for _ in range(5000):
            answers.add(publish(b"news", text))
        self.assertIn(b"OK 1\n", answers)
        while publish(b"news", b"still there?") != b"OK 0\n":
            pass

    def test_a_consumer_that_pauses_reads_how_many_passed_it_by(self):
        publish = self.publisher()
        listener = self.subscribe(publish, b"news", 1, receive_bytes=4096)
        sent = 3000
        for _ in range(sent):
            publish(b"news", b"y" * 4000)
        publish(b"news", b"end")
        got, missed = 0, 0
        for line in listener.makefile("rb"):
            if line.startswith(b"LAG "):
                missed += int(line.split()[1])
            elif line == b"MSG end\n":
                break
            elif line.startswith(b"MSG y"):
                got += 1
        self.assertGreater(missed, 0)
        self.assertEqual(got + missed, sent)

    def test_what_it_does_not_understand_ends_the_connection_only(self):
        for nonsense in (b"GET / HTTP/1.1\r\n", b"PUB\n", b"PUB topic\n", b"SUB \n", b"\n",
                         b"z" * 5000 + b"\n"):
            client = self.connect()
            client.sendall(nonsense)
            try:
                self.assertEqual(client.recv(100), b"")
            except ConnectionResetError:
                pass
        self.assertEqual(self.publisher()(b"news", b"x"), b"OK 0\n")

    def test_calls_under_the_threshold_block_nobody_though_a_lock_came_before_the_first_loop(self):
        self.end()
        report = self.path("report.json")
        self.broker = subprocess.Popen([Build.tool(), "run", "--format", "json", "-o", report, "--",
                                        Build.path("bin", "samples", "broker"), "0"],
                                       stdout=subprocess.PIPE, text=True, env=self.environment())
        self.port = int(self.broker.stdout.readline().split()[-1])
        publish = self.publisher()
        for _ in range(5):
            self.subscribe(publish, b"news", 1).close()
            while publish(b"news", b"gone?") != b"OK 0\n":
                pass
        self.broker.send_signal(signal.SIGTERM)
        self.assertEqual(self.broker.wait(20), 0)
        report = observe.Report.read(report)
        for finding in report.findings("blocking-call") + report.findings("lock-stall"):
            self.assertGreaterEqual(finding["worst_ns"], 1000000, finding)
        self.assertGreaterEqual(set(report.processes[0]["depths"]), {"loop", "blocking", "pools"})

    def test_sigterm_ends_it_with_listeners_there(self):
        publish = self.publisher()
        self.subscribe(publish, b"news", 1)
        self.broker.send_signal(signal.SIGTERM)
        self.assertEqual(self.broker.wait(10), 0)


class Pipeline(observe.Observed):
    def write_events(self, count):
        """The file's path, and what the accounts must come to."""
        chance = random.Random(1)
        total, path = 0, self.path("events")
        with open(path, "w", encoding="ascii") as file:
            for number in range(count):
                kind, cents = chance.choice(("deposit", "withdraw")), chance.randrange(1, 10000)
                total += cents if kind == "deposit" else -cents
                file.write(f"{kind} {chance.randrange(1024)} {cents}\n")
                if number % 100 == 0:
                    file.write("steal 1 100\n" + "deposit 1 1" * 20 + "\n\n")
            file.write("deposit 5 100")  # the last line may lack its end
        return path, total + 100

    def command(self, *arguments):
        return [Build.path("bin", "samples", "pipeline"), *arguments]

    def test_every_valid_event_is_in_the_journal_and_in_the_projections(self):
        events, total = self.write_events(20000)
        finished = self.run_to_end(self.command(events, self.path("journal")))
        self.assertEqual(finished.status, 0, finished.stderr)
        output = finished.stdout.decode()
        self.assertIn("20001 events, 600 lines rejected", output)
        self.assertIn(f"balances: {total} cents", output)
        with open(self.path("journal"), encoding="ascii") as journal:
            numbers = [int(line.split()[0]) for line in journal]
        self.assertEqual(numbers, list(range(1, 20002)))

    def test_a_file_that_is_not_there_is_an_error(self):
        finished = self.run_to_end(self.command(self.path("none"), self.path("journal")))
        self.assertEqual(finished.status, 1)
        self.assertIn("No such file", finished.stderr.decode())

    def test_the_report_names_each_channel_before_the_slow_stage_and_no_other(self):
        events, _ = self.write_events(2000)
        report = self.path("report.json")
        finished = self.run_to_end([Build.tool(), "run", "--format", "json", "-o", report, "--",
                                    *self.command(events, self.path("journal"), "slow")])
        self.assertEqual(finished.status, 0, finished.stderr)
        full = observe.Report.read(report).findings("queue-saturated", severe=True)
        self.assertEqual({f["entity"].split("'")[1] for f in full}, {"busiest", "events", "lines"},
                         full)


if __name__ == "__main__":
    observe.main()
