# SPDX-License-Identifier: MIT
"""The flight recorder: what is in a program's segment is still there when the program was killed in
the middle of a stall, and can be had from one that hangs."""

import json
import os
import signal
import time

import observe
from observe import Build


class Killed(observe.Observed):
    def start_stuck(self, how):
        stuck = self.start(Build.path("bin", "observed", "stuck"), how, observed=False,
                           env=self.environment(preload=True))
        stuck.wait_for(lambda: "stuck" in stuck.read_output(), "stall")
        time.sleep(0.4)
        return stuck

    def tool(self, *arguments):
        done = self.run_to_end([Build.tool(), *arguments])
        self.assertEqual(done.status, 0, f"{arguments}: {done.stdout + done.stderr}")
        return done.stdout

    def snapshot(self, pid):
        trace = self.path("snapshot.lsc")
        self.tool("snapshot", str(pid), "-o", trace)
        return observe.Report(json.loads(self.tool("report", trace, "--format", "json")))

    def kill(self, stuck):
        stuck.process.send_signal(signal.SIGKILL)
        stuck.process.wait(10)
        return stuck.process.pid

    def assert_read_reported(self, report):
        found = self.assert_found(report, "blocking-call", call="read",
                                  function="read_for_ever", file="stuck.c", line=observe.line_of(
                                      os.path.join(observe.PROGRAMS, "stuck.c"), "DEFECT"))
        self.assertTrue(found[0]["in_progress"], observe.describe(found[0]))
        self.assertTrue(200e6 <= found[0]["worst_ns"] <= 60e9, observe.describe(found[0]))

    def test_the_call_that_a_killed_program_hung_in_is_reported(self):
        self.assert_read_reported(self.snapshot(self.kill(self.start_stuck("read"))))

    def test_the_loop_that_a_killed_program_span_in_is_reported(self):
        report = self.snapshot(self.kill(self.start_stuck("spin")))
        found = self.assert_found(report, "cpu-stall", function="spin_for_ever", file="stuck.c")
        seen = report.total_ms("cpu-stall") + report.total_ms("starved")
        self.assertTrue(found[0]["in_progress"] and 200 <= seen <= 60e3, str(report))

    def test_a_hanging_program_can_be_asked_while_it_hangs(self):
        self.assert_read_reported(self.snapshot(self.start_stuck("read").process.pid))

    def test_ps_lists_the_dead_beside_the_living(self):
        living = self.start_stuck("read")
        dead = self.start(Build.path("bin", "observed", "stuck"), "read", observed=False,
                          env=self.environment(preload=True))
        time.sleep(0.4)
        self.kill(dead)
        listed = self.tool("ps").decode()
        for stuck in (living, dead):
            self.assertIn(str(stuck.process.pid), listed)
        words = [line for line in listed.splitlines() if str(dead.process.pid) in line]
        self.assertTrue(any("dead" in line or "killed" in line for line in words), listed)


if __name__ == "__main__":
    observe.main()
