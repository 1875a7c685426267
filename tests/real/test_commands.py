# SPDX-License-Identifier: MIT
"""The other subcommands on a real program: record, report, check, ps and doctor."""

import json
import os
import subprocess

import observe
from observe import Build

SAMPLES = ("bin", "samples")


class Commands(observe.Observed):
    def tool(self, *arguments, status=0):
        end = self.run_to_end([Build.tool(), *arguments])
        self.assertEqual(end.status, status, f"{arguments}: {end.stdout + end.stderr}")
        return end.stdout

    def record(self, sample, *arguments):
        trace = self.path(f"{sample}.lsc")
        self.tool("record", "-o", trace, "--", Build.path(*SAMPLES, sample), *arguments)
        return trace

    def test_a_recorded_trace_gives_the_same_culprit_as_the_live_run(self):
        report = observe.Report(json.loads(self.tool("report", self.record("blocking_read"),
                                                     "--format", "json")))
        found = self.assert_found(report, "blocking-call", function="read_price")[0]
        live = self.observe(Build.path(*SAMPLES, "blocking_read")).report
        seen = self.assert_found(live, "blocking-call", function="read_price")[0]
        self.assertEqual([found[k] for k in ("severity", "where", "call", "count")],
                         [seen[k] for k in ("severity", "where", "call", "count")])

    def test_a_trace_can_be_read_where_the_program_is_not(self):
        copy = self.path("moved")
        subprocess.run(["cp", Build.path(*SAMPLES, "cpu_spin"), copy], check=True)
        trace = self.path("moved.lsc")
        self.tool("record", "-o", trace, "--", copy)
        os.unlink(copy)
        report = observe.Report(json.loads(self.tool("report", trace, "--format", "json")))
        self.assert_found(report, "cpu-stall", function="score_catalogue", file="cpu_spin.c")

    def test_the_text_report_names_function_file_and_line_on_one_screen(self):
        text = self.tool("report", self.record("blocking_read")).decode()
        line = observe.line_of(os.path.join(observe.SOURCE, "samples", "blocking_read.c"), "/* DEFECT")
        self.assertIn("read_price", text)
        self.assertIn(f"blocking_read.c:{line}", text)
        self.assertTrue(len(text.splitlines()) <= 50, text)

    def test_the_text_report_of_a_healthy_program_says_so_with_evidence(self):
        text = self.tool("report", self.record("blocking_read", "healthy")).decode()
        self.assertRegex(text.lower(), r"no problem|nothing|healthy|fine")
        self.assertRegex(text, r"\b\d+ turns|turns\b")

    def test_check_breaks_when_a_limit_is_broken_and_only_then(self):
        self.tool("check", self.record("blocking_read"), "--max-stall", "20ms", status=1)
        self.tool("check", self.record("cpu_spin", "healthy"), "--max-stall", "500ms", status=0)

    def test_doctor_tells_what_can_be_observed(self):
        said = self.tool("doctor", Build.path(*SAMPLES, "cpu_spin")).decode()
        self.assertTrue(said.strip())

    def test_doctor_says_why_a_static_program_cannot(self):
        with open(self.path("s.c"), "w", encoding="utf-8") as file:
            file.write("int main(void) { return 0; }\n")
        subprocess.run(["gcc", "-static", "-o", self.path("static"), self.path("s.c")], check=True)
        end = self.run_to_end([Build.tool(), "doctor", self.path("static")])
        self.assertIn("static", (end.stdout + end.stderr).decode())

    def test_the_self_test_finds_every_hook_working(self):
        self.tool("doctor")

    def test_every_command_has_help(self):
        for command in ["run", "record", "report", "ps", "snapshot", "check", "doctor"]:
            self.assertIn(command, self.tool(command, "--help").decode())


if __name__ == "__main__":
    observe.main()
