# SPDX-License-Identifier: MIT
"""Redis: what a command does to the event loop is named by the command's function."""

import os
import subprocess

import observe


class Redis(observe.Observed):
    def setUp(self):
        super().setUp()
        self.server_path = observe.needed("redis-server")
        self.client_path = observe.needed("redis-cli")
        self.socket = self.path("redis.sock")

    def ask(self, *words):
        answer = subprocess.run([self.client_path, "-s", self.socket, *words], capture_output=True,
                                text=True, timeout=60, check=False)
        return answer.stdout.strip()

    def serve(self):
        server = self.start(self.server_path, "--port", "0", "--unixsocket", self.socket, "--save",
                            "", "--enable-debug-command", "yes", "--dir", self.scratch)
        server.wait_for(lambda: self.ask("ping") == "PONG", "answer to PING")
        return server

    def shut_down(self, server):
        self.ask("shutdown", "nosave")
        end = server.finish()
        self.assertEqual(end.status, 0, end.stdout)
        return end.report

    def test_debug_sleep_is_a_blocking_call_of_the_debug_command(self):
        server = self.serve()
        for _ in range(3):
            self.assertEqual(self.ask("debug", "sleep", "0.3"), "OK")
        report = self.shut_down(server)
        found = self.assert_found(report, "blocking-call", call="sleep")
        self.assert_frame(found[0], "debugCommand")
        self.assert_near(found[0]["total_ns"] / 1e6, 900, 0.15, "three sleeps of 0.3 s")

    def test_keys_over_a_million_keys_is_a_cpu_stall_of_redis_own_function(self):
        server = self.serve()
        self.assertEqual(self.ask("debug", "populate", "1000000"), "OK")
        self.assertEqual(self.ask("keys", "nothing*"), "")
        report = self.shut_down(server)
        found = [f for f in report.findings("cpu-stall")
                 if any("keysCommand" in str(frame.get("function")) for frame in f["stack"])]
        self.assertTrue(found, f"no cpu-stall goes through keysCommand:\n{report}")
        where = found[0]["where"]
        self.assertTrue(where["function"], f"no function is named: {where}")
        self.assertEqual(os.path.basename(where["module"] or ""), "redis-check-rdb", where)

    def test_a_loaded_server_is_not_blamed(self):
        benchmark = observe.needed("redis-benchmark")
        server = self.serve()
        loaded = subprocess.run([benchmark, "-s", self.socket, "-q", "-n", "40000", "-c", "10", "-t",
                                 "set,get,incr", "-r", "10000"], capture_output=True, timeout=60,
                                check=False)
        self.assertEqual(loaded.returncode, 0, loaded.stderr)
        self.assert_healthy(self.shut_down(server))


if __name__ == "__main__":
    observe.main()
