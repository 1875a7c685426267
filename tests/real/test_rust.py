# SPDX-License-Identifier: MIT
"""Tokio, async-std and smol, built from Debian's crate sources: parked threads are no stall, and a
planted block is reported once, on the thread where it was, at its Rust source line."""

import os
import re
import shutil
import subprocess
import unittest

import observe
from observe import Build, PROGRAMS

REGISTRY = "/usr/share/cargo/registry"
CARGO, RUSTC = "/usr/bin/cargo", "/usr/bin/rustc"
SOURCES = os.path.join(PROGRAMS, "rust")
PLANT = os.path.join(SOURCES, "src", "plant.rs")
CARGO_CONFIGURATION = f"""[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "{REGISTRY}"
[net]
offline = true
"""


def require_toolchain():
    for path, package in [(CARGO, "cargo"), (RUSTC, "rustc"),
                          (f"{REGISTRY}/tokio-1.24.2", "librust-tokio-dev"),
                          (f"{REGISTRY}/async-std-1.12.0", "librust-async-std-dev"),
                          (f"{REGISTRY}/smol-1.3.0", "librust-smol-dev")]:
        if not os.path.exists(path):
            raise unittest.SkipTest(f"{package} is not installed")


def build_programs():
    """Builds the programs offline, in the cache; a second time only what changed."""
    require_toolchain()
    home, tree = Build.cache("rust", "home"), Build.cache("rust", "tree")
    with open(os.path.join(home, "config.toml"), "w", encoding="utf-8") as file:
        file.write(CARGO_CONFIGURATION)
    shutil.copytree(SOURCES, tree, dirs_exist_ok=True)
    built = subprocess.run([CARGO, "build", "--release", "--offline"], cwd=tree, text=True,
                           capture_output=True, env={**os.environ, "CARGO_HOME": home,
                                                     "RUSTC": RUSTC}, check=False)
    if built.returncode != 0:
        raise AssertionError(f"cargo failed:\n{built.stderr[-3000:]}")
    return os.path.join(tree, "target", "release")


class Rust(observe.Observed):
    @classmethod
    def setUpClass(cls):
        cls.directory = build_programs()

    def run_program(self, name, *arguments):
        end = self.observe(os.path.join(self.directory, name), *arguments)
        self.assertIn(b"done", end.stdout)
        return end

    def assert_blamed_once(self, end, detector, function, line=None):
        """One finding, counted once, as long as the program says, on the thread that it names."""
        tid, spent = re.search(rb"planted tid=(\d+) ns=(\d+)", end.stdout).groups()
        found = self.assert_found(end.report, detector, function=function, file="plant.rs")
        others = [f for f in end.report.findings(severe=True)
                  if f not in found and f["detector"] != "starved"]
        self.assertEqual(others, [], str(end.report))
        self.assertEqual((len(found), found[0]["count"]), (1, 1), str(end.report))
        self.assertIn(f"(tid {int(tid)})", found[0]["entity"])
        seen = found[0]["total_ns"] / 1e6
        if detector == "cpu-stall":  # what a busy machine adds is said apart
            seen += found[0]["evidence"].get("stalls_starved_ns", 0) / 1e6
        self.assert_near(seen, int(spent) / 1e6, 0.15, f"time in {function}")
        if line:
            self.assertEqual(found[0]["where"]["line"], line)

    def assert_sleep_blamed(self, *program):
        line = observe.line_of(PLANT, "std::thread::sleep(")
        self.assert_blamed_once(self.run_program(*program, "sleep"), "blocking-call",
                                "sleep_on_worker", line)

    def assert_spin_blamed(self, *program):
        self.assert_blamed_once(self.run_program(*program, "spin"), "cpu-stall", "spin_on_worker")

    def assert_not_blamed(self, *program):
        for scenario in ("rest", "load"):
            self.assert_healthy(self.run_program(*program, scenario).report)

    def test_tokio_current_thread_sleep(self):
        self.assert_sleep_blamed("on_tokio", "current")

    def test_tokio_current_thread_spin(self):
        self.assert_spin_blamed("on_tokio", "current")

    def test_tokio_current_thread_healthy(self):
        self.assert_not_blamed("on_tokio", "current")

    def test_tokio_multi_thread_sleep(self):
        self.assert_sleep_blamed("on_tokio", "multi")

    def test_tokio_multi_thread_spin(self):
        self.assert_spin_blamed("on_tokio", "multi")

    def test_tokio_multi_thread_healthy(self):
        self.assert_not_blamed("on_tokio", "multi")

    def test_async_std_sleep(self):
        self.assert_sleep_blamed("on_async_std")

    def test_async_std_healthy(self):
        self.assert_not_blamed("on_async_std")

    def test_smol_sleep(self):
        self.assert_sleep_blamed("on_smol")

    def test_smol_healthy(self):
        self.assert_not_blamed("on_smol")


if __name__ == "__main__":
    observe.main()
