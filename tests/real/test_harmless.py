# SPDX-License-Identifier: MIT
"""Programs that break naive probes: observed or left alone, never harmed. Each must behave under
loopscope, and under the library preloaded by hand, exactly as it does bare."""

import os

import observe
from observe import Build, PROGRAMS


def program(name):
    return Build.path("bin", "observed", name)


class Harmless(observe.Observed):
    def assert_same(self, *command):
        """The same output and status bare, by hand and under `run`; returns the last."""
        bare = self.bare(*command)
        by_hand = self.bare(*command, env=self.environment(preload=True))
        under = self.observe(*command, status=None)
        for end, how in ((by_hand, "preloaded by hand"), (under, "under loopscope run")):
            self.assertEqual((end.status, end.stdout, end.stderr),
                             (bare.status, bare.stdout, bare.stderr), how)
        return under

    def test_a_program_that_closes_every_descriptor_is_observed(self):
        end = self.assert_same(program("closes_descriptors"))
        self.assertIn(b"4 descriptors", end.stdout)
        self.assertTrue(sum(loop["turns"] for loop in end.report.loops()) >= 30)

    def test_children_forked_without_exec_are_each_observed(self):
        end = self.assert_same(program("forks_without_exec"))
        self.assertEqual(end.stdout, b"children left with 3 and 4\n")
        with_loops = [p for p in end.report.processes if p.get("loops")]
        self.assertEqual(len(with_loops), 3, "the parent, the late child and the grandchild loop")

    def test_a_turn_that_ends_in__exit_is_still_reported(self):
        end = self.assert_same(program("leaves_by__exit"))
        self.assertEqual(end.status, 5)
        source = os.path.join(PROGRAMS, "harmless", "leaves_by__exit.c")
        self.assert_found(end.report, "blocking-call", function="leave", file="leaves_by__exit.c",
                          line=observe.line_of(source, "DEFECT"))

    def test_a_join_after_the_loop_is_no_finding(self):
        end = self.assert_same(program("joins_after_loop"))
        self.assertFalse([f for f in end.report.findings() if f["call"] == "pthread_join"],
                         str(end.report))

    def test_a_program_that_drops_privileges_is_left_unharmed(self):
        end = self.assert_same(program("drops_privileges"))
        self.assertIn(b"worker left with 7", end.stdout)
        self.assertTrue(end.report.loops(), "the loop before the drop was observed")

    def test_a_seccomp_filter_that_refuses_is_survived_before_the_first_loop(self):
        end = self.assert_same(program("under_seccomp"), "errno", "before")
        self.assertEqual(end.stdout, b"still here\n")

    def test_a_seccomp_filter_that_refuses_is_survived_after_the_first_loop(self):
        end = self.assert_same(program("under_seccomp"), "errno", "after")
        self.assertEqual(end.stdout, b"still here\n")
        self.assert_found(end.report, "blocking-call", call="usleep")

    def test_a_seccomp_filter_that_kills_is_survived_before_the_first_loop(self):
        end = self.assert_same(program("under_seccomp"), "kill", "before")
        self.assertEqual(end.stdout, b"still here\n")

    def test_a_seccomp_filter_that_kills_is_survived_after_the_first_loop(self):
        end = self.assert_same(program("under_seccomp"), "kill", "after")
        self.assertEqual(end.stdout, b"still here\n")


if __name__ == "__main__":
    observe.main()
