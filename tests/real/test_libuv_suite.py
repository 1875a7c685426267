# SPDX-License-Identifier: MIT
"""libuv's own test suite, of the version that the distribution carries: each of its tests comes out
the same with the preload library and without it."""

import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import observe
from observe import Build

SOURCES = ["/etc/apt/sources.list", *glob.glob("/etc/apt/sources.list.d/*")]


def installed_version():
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "libuv1"], capture_output=True,
                           text=True, check=False)
    if asked.returncode != 0:
        raise unittest.SkipTest("libuv1 is not installed")
    return asked.stdout


def source_lists(directory):
    """The machine's own package sources, asked for source packages instead of binary ones."""
    os.makedirs(os.path.join(directory, "parts"), exist_ok=True)
    os.makedirs(os.path.join(directory, "lists", "partial"), exist_ok=True)
    for path in SOURCES:
        if not path.endswith((".list", ".sources")) or not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            text = file.read()
        text = re.sub(r"^Types:.*$", "Types: deb-src", text, flags=re.M)
        text = re.sub(r"^deb\s", "deb-src ", text, flags=re.M)
        with open(os.path.join(directory, "parts", os.path.basename(path)), "w",
                  encoding="utf-8") as file:
            file.write(text)


def fetch_source(directory, version):
    """Fetches and unpacks the source package; returns its tree."""
    with tempfile.TemporaryDirectory() as apt:
        source_lists(apt)
        options = ["-q", "-o", "Dir::Etc::sourcelist=/dev/null",
                   "-o", f"Dir::Etc::sourceparts={apt}/parts", "-o", f"Dir::State::lists={apt}/lists",
                   "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="]
        for command in (["update"], ["source", "--only-source", f"libuv1={version}"]):
            done = subprocess.run(["apt-get", *options, *command], cwd=directory, text=True,
                                  capture_output=True, check=False)
            if done.returncode != 0:
                raise unittest.SkipTest(f"no source of libuv1 {version}: {done.stderr[-300:]}")
    return glob.glob(os.path.join(directory, "libuv1-*/"))[0]


def build_suite():
    """Builds the suite in the cache, once for each version. Returns (tree, program)."""
    version = installed_version()
    directory = Build.cache(f"libuv-{version}")
    programs = glob.glob(os.path.join(directory, "libuv1-*", "build", "uv_run_tests"))
    if not programs:
        shutil.rmtree(directory)
        os.makedirs(directory)
        tree = fetch_source(directory, version)
        for command in (["cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DLIBUV_BUILD_TESTS=ON",
                         "-DCMAKE_BUILD_TYPE=Release"],
                        ["ninja", "-C", "build", "uv_run_tests"]):
            subprocess.run(command, cwd=tree, check=True, capture_output=True)
        programs = [os.path.join(tree, "build", "uv_run_tests")]
    return os.path.dirname(os.path.dirname(programs[0])), programs[0]


class Outcome:
    """What one run of the suite said: the names of the tests by how they ended."""

    def __init__(self, output):
        self.output = output
        self.skipped = set(re.findall(r"^ok \d+ - (\S+) # SKIP", output, re.M))
        self.passed = set(re.findall(r"^ok \d+ - (\S+)", output, re.M)) - self.skipped
        self.failed = set(re.findall(r"^not ok \d+ - (\S+)", output, re.M))
        self.ran = self.passed | self.skipped | self.failed


def print_table(version, bare, under, again):
    """The result as it goes into a note; `again` failed once and then came out right, tried alone."""
    print(f"\nlibuv's own tests, version {version}     bare   under loopscope")
    for what in ("ran", "passed", "skipped", "failed"):
        print(f"  {what:<36} {len(getattr(bare, what)):>6}   {len(getattr(under, what)):>6}")
    for what, names in (("failed bare", bare.failed), ("failed under loopscope", under.failed),
                        ("of those right when tried again", again),
                        ("ended differently", under.failed ^ bare.failed)):
        print(f"  {what}: {', '.join(sorted(names)) or 'none'}")


class LibuvSuite(observe.Observed):
    @classmethod
    def setUpClass(cls):
        cls.version = installed_version()
        cls.tree, cls.program = build_suite()

    def run_suite(self, preload, *names):
        env = self.environment({"UV_RUN_AS_ROOT": "1", "UV_TEST_TIMEOUT_MULTIPLIER": "2",
                                "RES_OPTIONS": "attempts:0", "HOME": "/tmp"}, preload=preload)
        end = subprocess.run([self.program, *names], cwd=self.tree, env=env, capture_output=True,
                             stdin=subprocess.DEVNULL, text=True, errors="replace", timeout=250,
                             check=False)
        return Outcome(end.stdout)

    def test_each_test_comes_out_the_same(self):
        bare, under = self.run_suite(False), self.run_suite(True)
        # Some tests of the suite fail now and then on a busy machine: those are tried again alone.
        again = {name for name in under.failed - bare.failed
                 if any("not ok" not in self.run_suite(True, name).output for _ in range(2))}
        print_table(self.version, bare, under, again)
        self.assertTrue(len(bare.ran) > 300, f"only {len(bare.ran)} tests ran")
        self.assertEqual(under.ran, bare.ran)
        self.assertEqual(under.skipped, bare.skipped)
        self.assertEqual(under.failed - bare.failed - again, set(), under.output[-3000:])


if __name__ == "__main__":
    observe.main()
