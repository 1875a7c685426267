# SPDX-License-Identifier: MIT
"""What the workers of an executor do: each sample of samples/executor with a defect of that sort is
told by its detector, live and from a recording, and its healthy twin by none of them."""

import os
import unittest

import observe
from observe import Build

SOURCES = os.path.join(observe.SOURCE, "samples", "executor")
DETECTORS = {"slow-wakeup", "never-yields", "busy-poll", "livelock", "worker-imbalance"}


class Workers(observe.Observed):
    def reports_of(self, name, *arguments):
        return self.observe_both(Build.path("bin", "samples", name), *arguments)

    def assert_told(self, name, detector, words, places, evidence=None):
        """`places`: evidence that must name a line, by the mark of that line in the source."""
        for report in self.reports_of(name):
            finding = self.assert_found(report, detector)[0]
            self.assertIn(finding["severity"], observe.SEVERE, str(report))
            for part in words:
                self.assertIn(part, finding["title"])
            for key, mark in places.items():
                line = observe.line_of(os.path.join(SOURCES, name + ".c"), mark)
                self.assertIn(f"({name}.c:{line})", finding["evidence"][key])
            for key, least in (evidence or {}).items():
                self.assertGreaterEqual(finding["evidence"][key], least, finding)
            self.assertEqual(report.document["verdicts"][detector], "finding")

    def assert_not_blamed(self, name):
        for report in self.reports_of(name, "healthy"):
            blamed = [f for f in report.findings() if f["detector"] in DETECTORS]
            self.assertEqual(blamed, [], str(report))

    def test_a_task_that_was_woken_waits_for_the_one_that_woke_it(self):
        self.assert_told("slow_wakeup", "slow-wakeup",
                         ["task 'mailer'", "was in one poll of task 'desk'"],
                         {"late_task_spawned_by": "lsc_spawn(cx, send_mails",
                          "ran_spawned_by": "lsc_spawn(cx, take_orders"},
                         {"delay_p50_ns": 1000, "ran_ns": 50e6})
        self.assert_not_blamed("slow_wakeup")

    def test_an_indexer_that_awaits_too_seldom_never_yields(self):
        self.assert_told("never_yields", "never-yields", ["Task 'indexer'", "12 times"],
                         {"spawned_by": "lsc_spawn(cx, index_books",
                          "waited_last_in": "LSC_AWAIT(r, lsc_sleep(cx, 20))"})
        self.assert_not_blamed("never_yields")

    def test_a_task_that_looks_at_a_flag_is_a_busy_poll(self):
        self.assert_told("busy_poll", "busy-poll", ["task 'report'"],
                         {"spawned_by": "lsc_spawn(cx, write_report"},
                         {"polls_without_progress": 100000, "polls_per_second": 100000})
        self.assert_not_blamed("busy_poll")

    def test_proposers_that_outbid_each_other_are_a_livelock(self):
        self.assert_told("livelock", "livelock",
                         ["2 tasks woke one another", "task 'proposer 1'", "task 'proposer 2'"],
                         {"spawned_1": "lsc_spawn(cx, propose, &one"},
                         {"wakes_per_second": 10000})
        self.assert_not_blamed("livelock")

    def test_a_shard_with_all_the_customers_is_an_imbalance(self):
        self.assert_told("worker_imbalance", "worker-imbalance",
                         ["Worker 'shard 0'", "while worker 'shard 1'"], {}, {"windows": 5})
        self.assert_not_blamed("worker_imbalance")

    def test_workers_are_listed_with_what_they_did(self):
        report = self.observe(Build.path("bin", "samples", "worker_imbalance")).report
        workers = {worker["name"]: worker for worker in report.document["workers"]}
        self.assertEqual(set(workers), {"shard 0", "shard 1"})
        self.assertGreater(workers["shard 0"]["utilization"], 0.8)
        self.assertLess(workers["shard 1"]["utilization"], 0.2)
        self.assertGreater(workers["shard 1"]["parks"], 50)
        self.assertGreater(workers["shard 0"]["sched_delay_ns"]["p50"], 500000)


if __name__ == "__main__":
    observe.main()
