# SPDX-License-Identifier: MIT
"""Each sample: loopscope says what its header comment promises, and nothing of its healthy twin."""

import os

import observe
from observe import Build, PYTHON, SOURCE

import node_programs


def source(name):
    return os.path.join(SOURCE, "samples", name)


def other_ms(report, detector):
    """Time in which a busy machine kept a computing loop off the processor: said apart, and rightly."""
    return 0 if detector in ("blocking-call", "lock-stall") else report.total_ms("starved")


class Samples(observe.Observed):
    def run_sample(self, name, *arguments):
        return self.observe(Build.path("bin", "samples", name), *arguments)

    def assert_blamed(self, name, detector, function, share=0.15, mark=None, **fields):
        """The defect is found in that function, as often and as long as the sample says."""
        end = self.run_sample(name, *fields.pop("arguments", ()))
        times, spent = observe.held_ms(end.stdout)
        found = self.assert_found(end.report, detector, function=function, file=f"{name}.c",
                                  **fields)
        if mark:
            line = observe.line_of(source(f"{name}.c"), mark)
            self.assertEqual([f["where"]["line"] for f in found], [line] * len(found))
        self.assert_near(sum(f["total_ns"] for f in found) / 1e6 + other_ms(end.report, detector), spent,
                         share, function)
        self.assertAlmostEqual(sum(f["count"] for f in found), times, delta=3)
        return end.report

    def assert_twin_healthy(self, name, *arguments):
        self.assert_healthy(self.run_sample(name, "healthy", *arguments).report)

    def test_blocking_read(self):
        self.assert_blamed("blocking_read", "blocking-call", "read_price", mark="/* DEFECT", call="read")

    def test_blocking_read_healthy(self):
        self.assert_twin_healthy("blocking_read")

    def test_cpu_spin(self):
        self.assert_blamed("cpu_spin", "cpu-stall", "score_catalogue")

    def test_cpu_spin_healthy(self):
        self.assert_twin_healthy("cpu_spin")

    def test_lock_contention(self):
        self.assert_blamed("lock_contention", "lock-stall", "count_request", mark="/* DEFECT",
                           call="pthread_mutex_lock")

    def test_lock_contention_healthy(self):
        self.assert_twin_healthy("lock_contention")

    def test_short_calls(self):
        end = self.run_sample("short_calls")
        found = self.assert_found(end.report, "short-blocking-calls", function="load_template",
                                  file="short_calls.c")
        self.assertTrue(found[0]["evidence"]["worst_turn_calls"] >= 900, found[0]["evidence"])

    def test_short_calls_healthy(self):
        self.assert_twin_healthy("short_calls")

    def test_page_fault(self):
        # To read a page costs the kernel processor time, too, and then the thread waits for a
        # processor again: said apart, and rightly.
        end = self.run_sample("page_fault", os.path.join(Build.directory, "dictionary"))
        times, spent = observe.held_ms(end.stdout)
        found = self.assert_found(end.report, "fault-stall", function="look_up", file="page_fault.c")
        self.assertGreaterEqual(sum(f["count"] for f in found), times - 1, str(end.report))
        told = sum(end.report.total_ms(d) for d in ("fault-stall", "cpu-stall", "starved"))
        self.assert_near(told, spent, 0.15, "look_up")

    def test_page_fault_healthy(self):
        self.assert_twin_healthy("page_fault", os.path.join(Build.directory, "dictionary"))

    def test_starved(self):
        end = self.run_sample("starved")
        times, spent = observe.held_ms(end.stdout)
        found = self.assert_found(end.report, "starved")
        self.assertEqual(end.report.findings("cpu-stall"), [], str(end.report))
        self.assertAlmostEqual(sum(f["count"] for f in found), times, delta=2)
        self.assert_near(end.report.total_ms("starved"), spent, 0.2, "time without a processor")

    def test_starved_healthy(self):
        self.assert_twin_healthy("starved")

    def test_pool_saturated(self):
        end = self.run_sample("pool_saturated")
        _, spent = observe.held_ms(end.stdout)
        self.assert_found(end.report, "queue-saturated")
        pools = [q for q in end.report.queues() if q.get("capacity") == 4]
        self.assertEqual(len(pools), 1, end.report.queues())
        self.assertIn("pool_thread", pools[0]["name"])
        self.assert_near(pools[0]["saturated_ns"] / 1e6, spent, 0.2, "time with all four busy")

    def test_pool_saturated_healthy(self):
        self.assert_twin_healthy("pool_saturated")

    def test_slow_login(self):
        node, variables = node_programs.stock()
        end = self.observe(*node, source("javascript/slow_login.js"),
                           env=self.environment(variables))
        _, spent = observe.held_ms(end.stdout)
        found = self.assert_found(end.report, "cpu-stall", function="hashPassword",
                                  file="slow_login.js")
        self.assert_near(sum(f["total_ns"] for f in found) / 1e6 + other_ms(end.report, "cpu-stall"),
                         spent, 0.15, "hashPassword")

    def test_sleepy_coroutine(self):
        end = self.observe(PYTHON, source("python/sleepy_coroutine.py"))
        self.assert_found(end.report, "blocking-call", call="sleep")

    def test_threads_that_live_shortly_are_called_what_they_call_themselves(self):
        end = self.observe(observe.Build.path("bin", "observed", "brief"))
        names = sorted(loop["name"] for loop in end.report.loops())
        self.assertEqual(names, ["brief"] + ["short-lived"] * 4)


if __name__ == "__main__":
    observe.main()
