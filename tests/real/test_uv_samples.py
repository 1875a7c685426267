# SPDX-License-Identifier: MIT
"""The samples on libuv: the report, as JSON and as text, names the fault, the function to change and the
figures; the healthy twin is blamed for nothing."""

import os
import re

import observe
from observe import Build, SOURCE


class UvSamples(observe.Observed):
    def run_sample(self, name, *arguments):
        """Records a sample; returns its output, the JSON report and the text report."""
        program = Build.path("bin", "samples", name)
        trace = self.path(f"{name}.lsc")
        recorded = self.bare(Build.tool(), "record", "-o", trace, "--", program, *arguments)
        self.assertEqual(recorded.status, 0, recorded.stderr)
        json = self.bare(Build.tool(), "report", "--format", "json", "-o", self.path("json"), trace)
        self.assertEqual(json.status, 0, json.stderr)
        text = self.bare(Build.tool(), "report", trace)
        self.assertEqual(text.status, 0, text.stderr)
        # Sentences are broken into lines.
        words = re.sub(r"\s+", " ", text.stdout.decode())
        return recorded.stdout.decode(), observe.Report.read(self.path("json")), words

    def assert_named(self, report, text, detector, name, function, mark="/* DEFECT", **fields):
        """The finding that names the function at the marked line; the text names them too."""
        line = observe.line_of(os.path.join(SOURCE, "samples", f"{name}.c"), mark)
        found = self.assert_found(report, detector, function=function, file=f"{name}.c", line=line,
                                  **fields)
        severe = [f for f in found if f["severity"] in observe.SEVERE]
        self.assertTrue(severe, f"only a note:\n{observe.describe(found[0])}")
        self.assertIn(function, text)
        self.assertIn(f"{name}.c:{line}", text)
        return severe[0]

    def assert_twin_healthy(self, name):
        output, report, _ = self.run_sample(name, "healthy")
        self.assert_healthy(report)
        return output

    def held(self, output):
        return observe.held_ms(output.encode())

    def queue(self, report, kind, **fields):
        found = [q for q in report.queues() if q["kind"] == kind
                 and all(q.get(key) == value for key, value in fields.items())]
        self.assertTrue(found, f"no {kind} with {fields} in {report.queues()}")
        return found[0]

    def test_look_ups_that_fill_the_pool_are_blamed_for_what_files_wait(self):
        output, report, text = self.run_sample("dns_starves_files")
        times, held = self.held(output)
        self.assert_named(report, text, "queue-saturated", "dns_starves_files", "look_up")
        pool = self.queue(report, "pool", capacity=4)
        self.assertFalse(pool["inferred"])
        self.assert_near(pool["saturated_ns"] / 1e6, 2000, 0.1, "two rounds of look-ups")
        kinds = {kind["kind"]: kind for kind in pool["by_kind"]}
        self.assertEqual(kinds["work"]["jobs"], 8)
        self.assert_near(kinds["work"]["service_total_ns"] / 1e6, 8000, 0.1, "eight look-ups")
        self.assert_near(kinds["fs stat"]["wait_total_ns"] / 1e6, held, 0.1, f"{times} file requests")
        self.assertIn("fs stat", text)

    def test_two_look_ups_at_a_time_are_not(self):
        self.assert_twin_healthy("dns_starves_files")

    def test_a_write_queue_that_grows_is_blamed_on_who_fills_it(self):
        output, report, text = self.run_sample("write_queue_grows")
        queued = int(output.split()[2])
        finding = self.assert_named(report, text, "queue-growing", "write_queue_grows", "publish",
                                    mark="/* GROWS")
        self.assertIn("127.0.0.1:", finding["title"])
        self.assertIn("created in feed_open", finding["title"])
        queue = self.queue(report, "write queue", growing=True)
        self.assert_near(queue["depth"]["max"] / 1e6, queued / 1e6, 0.15, "megabytes queued")

    def test_a_writer_that_waits_is_not(self):
        self.assert_twin_healthy("write_queue_grows")

    def test_a_full_accept_backlog_is_blamed_on_what_kept_the_loop(self):
        output, report, text = self.run_sample("backlog_burst")
        times, held = self.held(output)
        finding = self.assert_named(report, text, "queue-saturated", "backlog_burst",
                                    "rebuild_index")
        self.assertIn("127.0.0.1:", finding["title"])
        backlog = self.queue(report, "accept backlog", capacity=8)
        self.assertGreaterEqual(backlog["depth"]["max"], 8)
        # Looked at from time to time, it is full a little longer than the loop was kept.
        self.assertTrue(0.5 * held <= backlog["saturated_ns"] / 1e6 <= 1.4 * held,
                        f"{backlog['saturated_ns'] / 1e6:.0f} ms of {held:.0f} ms")
        self.assertGreater(backlog["dropped"], 0)
        blocks = self.assert_found(report, "blocking-call", function="rebuild_index")
        self.assertEqual(sum(f["count"] for f in blocks), times)

    def test_a_backlog_with_room_is_not(self):
        self.assert_twin_healthy("backlog_burst")

    def test_a_late_timer_is_blamed_on_its_neighbour(self):
        output, report, text = self.run_sample("late_timer")
        times, held = self.held(output)
        late = self.assert_found(report, "timer-late")
        # A neighbour that was itself kept from the processor is no reason to worry.
        if not observe.machine_is_busy():
            self.assertTrue([f for f in late if f["severity"] in observe.SEVERE], str(report))
        about = "\n".join(observe.describe(f) + str(f["evidence"]) for f in late)
        self.assertIn("on_heartbeat", about)
        self.assertIn("on_compaction", about)
        self.assertEqual({os.path.basename(f["where"]["file"]) for f in late}, {"late_timer.c"})
        heartbeat = [f for f in late if "on_heartbeat" in observe.describe(f) + str(f["evidence"])]
        # Both count from a period after the latest run; the sample leaves small delays out.
        self.assertTrue(times - 3 <= sum(f["count"] for f in heartbeat) <= 1.5 * times + 3, about)
        self.assert_near(max(f["worst_ns"] for f in heartbeat) / 1e6, held / times, 0.5, "lateness")
        self.assertIn("on_heartbeat", text)
        self.assertIn("late_timer.c:", text)

    def test_timers_among_short_neighbours_are_not(self):
        self.assert_twin_healthy("late_timer")

    def test_handles_that_are_never_closed_are_blamed_on_who_makes_them(self):
        output, report, text = self.run_sample("handle_leak")
        left = int(output.split()[0])
        finding = self.assert_named(report, text, "task-leak", "handle_leak", "request_begin")
        self.assertIn("timer", finding["title"])
        self.assertAlmostEqual(finding["count"], left, delta=left * 0.1)

    def test_handles_that_are_closed_are_not(self):
        self.assertEqual(self.assert_twin_healthy("handle_leak"), "0 handles were left\n")


if __name__ == "__main__":
    observe.main()
