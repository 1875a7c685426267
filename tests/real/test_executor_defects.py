# SPDX-License-Identifier: MIT
"""Each sample of samples/executor with a planted defect is told by its detector, live and from a
recording alike, and its healthy twin is not blamed."""

import os
import signal
import unittest

import observe
from observe import Build

SOURCES = os.path.join(observe.SOURCE, "samples", "executor")
# What a busy machine does to any program.
BY_THE_MACHINE = ("starved", "slow-wakeup", "cpu-stall")


class Defects(observe.Observed):
    def sample(self, name, *arguments):
        return [Build.path("bin", "samples", name), *arguments]

    def assert_told(self, name, detector, words, places):
        """`places`: evidence that must name a line, by the mark of that line in the source."""
        for report in self.observe_both(*self.sample(name)):
            finding, = self.assert_found(report, detector)
            self.assertIn(finding["severity"], observe.SEVERE)
            for part in words:
                self.assertIn(part, finding["title"])
            for key, mark in places.items():
                line = observe.line_of(os.path.join(SOURCES, name + ".c"), mark)
                self.assertIn(f"({name}.c:{line})", finding["evidence"][key])
            self.assertEqual(report.lost(), 0)

    def assert_not_blamed(self, name):
        for report in self.observe_both(*self.sample(name, "healthy")):
            blamed = [f for f in report.findings(severe=True)
                      if f["detector"] not in BY_THE_MACHINE or not observe.machine_is_busy()]
            self.assertEqual(blamed, [], str(report))

    def test_two_clerks_who_lock_in_opposite_orders_are_a_deadlock(self):
        second = "DEFECT */"
        self.assert_told("deadlock", "deadlock",
                         ["2 tasks wait for each other in a circle", "task 'ann' spawned by open_bank",
                          "for mutex 'expenses' held by task 'bob'",
                          "for mutex 'savings' held by task 'ann'"],
                         {"await_1": second, "await_2": second})
        self.assert_not_blamed("deadlock")

    def test_a_task_that_is_cancelled_with_a_lock_in_hand_is_told(self):
        bare = self.bare(*self.sample("cancelled_holding"))
        if bare.status == -signal.SIGABRT:  # a debug build of the executor
            self.assertRegex(bare.stderr.decode(), r"task 'leaving guest', spawned at \S+:\d+, has "
                                                   r"ended while it holds mutex 'plan'\n$")
        else:
            self.assertEqual(bare.stdout, b"8 sold, 1 reserved\n")
            self.assert_told("cancelled_holding", "cancelled-holding",
                             ["The task 'leaving guest' spawned by open_office", "was cancelled",
                              "mutex 'plan'"],
                             {"taken_in": "LSC_AWAIT(r, lsc_mutex_lock(cx, &plan.lock))"})
        self.assert_not_blamed("cancelled_holding")

    def test_wakers_that_are_dropped_on_failure_are_a_lost_wakeup(self):
        self.assert_told("lost_wakeup", "lost-wakeup",
                         ["task 'client 3'", "nobody could wake it", "by task 'resolve'",
                          "1 other of its kind"],
                         {"awaits_in": "LSC_AWAIT(r, answer_wait(cx, self->answer))"})
        self.assert_not_blamed("lost_wakeup")

    def test_a_lock_held_while_its_holder_sleeps_is_told_with_the_await(self):
        self.assert_told("lock_across_await", "lock-across-await",
                         ["task 'saver'", "mutex 'cache'", "12 times"],
                         {"awaited_in": "DEFECT",
                          "lock_created_by": 'lsc_mutex_init(&cache.lock, "cache")'})
        self.assert_not_blamed("lock_across_await")

    def test_tellers_who_queue_at_the_ledger_are_a_convoy(self):
        self.assert_told("lock_convoy", "lock-convoy", ["tasks queued at mutex 'ledger'"],
                         {"held_in": "LSC_AWAIT(r, lsc_mutex_lock(cx, &ledger.lock))",
                          "created_by": 'lsc_mutex_init(&ledger.lock, "ledger")'})
        self.assert_not_blamed("lock_convoy")

    def test_guards_that_are_never_told_to_go_are_a_task_leak(self):
        self.assert_told("task_leak", "task-leak", ["The tasks created by handle"],
                         {"await_in": "LSC_AWAIT(r, lsc_sleep(cx, LIMIT_MS))"})
        self.assert_not_blamed("task_leak")

    def test_a_clerk_slower_than_four_tills_keeps_their_channel_full(self):
        self.assert_told("channel_saturated", "queue-saturated",
                         ["channel 'orders'", "was full (32 of 32)", "tasks waited at it"],
                         {"created_by": '.name = "orders"', "filled_by": "FILLS"})
        self.assert_not_blamed("channel_saturated")

    def test_a_channel_with_room_for_a_million_grows(self):
        self.assert_told("channel_grows", "queue-growing",
                         ["channel 'log'", "only grows", "with room for 1000000"],
                         {"created_by": '.name = "log"', "filled_by": "FILLS"})
        self.assert_not_blamed("channel_grows")


class AwaitTree(observe.Observed):
    """Where tasks stand, in the JSON report."""

    def test_a_waiting_task_shows_its_awaits_and_what_it_waits_for(self):
        end = self.observe(Build.path("bin", "samples", "task_leak"))
        guard = [t for t in end.report.tasks() if t["name"] == "guard" and t["await"]][0]
        line = observe.line_of(os.path.join(SOURCES, "task_leak.c"), "lsc_sleep(cx, LIMIT_MS)")
        self.assertEqual(guard["await"]["site"]["line"], line)
        self.assertEqual([site["function"] for site in guard["await"]["tree"]], ["guard_request"])
        self.assertIsNone(guard["await"]["resource"])
        self.assertGreater(guard["await"]["since_ns"], guard["spawned_ns"])

    def test_a_lock_shows_who_holds_it_and_how_many_wait(self):
        end = self.observe(Build.path("bin", "samples", "lock_convoy"))
        ledger, = [q for q in end.report.queues() if q["name"] == "ledger"]
        self.assertEqual(ledger["kind"], "mutex")
        self.assertGreater(ledger["waiters_max"], 10)
        self.assertEqual((ledger["waiters"], ledger["holders"]), (0, []))


if __name__ == "__main__":
    observe.main()
