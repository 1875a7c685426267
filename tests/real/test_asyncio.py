# SPDX-License-Identifier: MIT
"""CPython's asyncio, and uvloop in its place: a sleep in a coroutine is a blocking call."""

import os
import subprocess
import unittest

import observe
from observe import PYTHON, SOURCE

SLEEPY = os.path.join(SOURCE, "samples", "python", "sleepy_coroutine.py")


def has_uvloop():
    probe = subprocess.run([PYTHON, "-c", "import uvloop"], capture_output=True, check=False)
    return probe.returncode == 0


class Asyncio(observe.Observed):
    def assert_sleep_blamed(self, end):
        times, spent = observe.held_ms(end.stdout)
        found = self.assert_found(end.report, "blocking-call", call="sleep")
        self.assertEqual(sum(f["count"] for f in found), times)
        self.assert_near(end.report.total_ms("blocking-call", call="sleep"), spent, 0.15, "sleeps")

    def test_a_sleep_in_a_coroutine_is_a_blocking_call(self):
        self.assert_sleep_blamed(self.observe(PYTHON, SLEEPY))

    def test_an_awaited_sleep_is_none(self):
        self.assert_healthy(self.observe(PYTHON, SLEEPY, "healthy").report)

    @unittest.skipUnless(has_uvloop(), "python3-uvloop is not installed")
    def test_under_uvloop_it_is_the_same(self):
        run = f"import uvloop, runpy; uvloop.install(); runpy.run_path({SLEEPY!r}, run_name='__main__')"
        self.assert_sleep_blamed(self.observe(PYTHON, "-c", run))


if __name__ == "__main__":
    observe.main()
