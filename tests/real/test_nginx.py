# SPDX-License-Identifier: MIT
"""nginx: a master that forks its workers without exec; each process is shown, and none is blamed."""

import os
import re
import signal
import subprocess
import urllib.request

import observe

CONFIGURATION = """
daemon off;
worker_processes 2;
pid {scratch}/nginx.pid;
error_log {scratch}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {scratch}; proxy_temp_path {scratch}; fastcgi_temp_path {scratch};
    uwsgi_temp_path {scratch}; scgi_temp_path {scratch};
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 "hello\\n"; }} }}
}}
"""


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
        return set(file.read().split())


class Nginx(observe.Observed):
    def setUp(self):
        super().setUp()
        self.nginx = observe.needed("nginx")
        port = observe.free_port()
        self.url = f"http://127.0.0.1:{port}/"
        with open(self.path("nginx.conf"), "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(scratch=self.scratch, port=port))

    def body(self):
        with urllib.request.urlopen(self.url, timeout=5) as answer:
            return answer.read()

    def serve(self):
        server = self.start(self.nginx, "-c", self.path("nginx.conf"))
        server.wait_for(lambda: self.body() == b"hello\n", "answer")
        return server

    def test_master_and_both_workers_are_shown_and_none_is_blamed_under_load(self):
        wrk = observe.needed("wrk")
        server = self.serve()
        loaded = subprocess.run([wrk, "-t1", "-c16", "-d3s", self.url], capture_output=True,
                                text=True, timeout=30, check=False)
        self.assertEqual(loaded.returncode, 0, loaded.stderr)
        self.assertTrue(int(re.search(r"(\d+) requests in", loaded.stdout)[1]) > 100)
        end = server.finish(signal.SIGQUIT)
        self.assertEqual(end.status, 0, end.stdout)
        with_loops = [p for p in end.report.processes if p.get("loops")]
        pids = {p["process"]["pid"] for p in with_loops}
        self.assertEqual(len(pids), 2, f"not both workers were observed: {end.report.document}")
        for process in with_loops:
            self.assertTrue(process["process"]["command"].startswith("nginx: worker process"), process["process"])
        self.assertTrue(sum(loop["turns"] for loop in end.report.loops()) > 100)
        self.assert_healthy(end.report)

    def test_a_reload_replaces_the_workers_and_shows_the_new_ones(self):
        server = self.serve()
        with open(self.path("nginx.pid"), encoding="utf-8") as file:
            master = int(file.read())
        before = children_of(master)
        os.kill(master, signal.SIGHUP)
        server.wait_for(lambda: len(children_of(master)) == 2 and not children_of(master) & before,
                        "new workers")
        for _ in range(20):
            self.assertEqual(self.body(), b"hello\n")
        end = server.finish(signal.SIGQUIT)
        self.assertEqual(end.status, 0, end.stdout)
        looping = [p for p in end.report.processes if p.get("loops")]
        self.assertTrue(len(looping) >= 2, "the new workers were not observed")


if __name__ == "__main__":
    observe.main()
