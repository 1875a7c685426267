# SPDX-License-Identifier: MIT
"""What `cmake --install` puts down works where it lies: the command finds its preload library, and a
program builds against the public header by pkg-config."""

import glob
import os
import subprocess

import observe
from observe import Build

EMITTER = """#include <loopscope/probe.h>
int main(void)
{
    lsc_task task = lsc_task_spawn(&(struct lsc_task_info){.kind = "request", .name = "one"});
    lsc_poll_begin(task);
    lsc_poll_end(task, LSC_POLL_RESULT_READY);
    lsc_task_end(task);
    return 0;
}
"""


class Installed(observe.Observed):
    def setUp(self):
        super().setUp()
        self.prefix = self.path("prefix")
        done = self.run_to_end(["cmake", "--install", Build.directory, "--prefix", self.prefix])
        self.assertEqual(done.status, 0, done.stderr)

    def installed(self, pattern):
        found = glob.glob(os.path.join(self.prefix, pattern), recursive=True)
        self.assertTrue(found, f"{pattern} was not installed")
        return found[0]

    def test_the_installed_command_observes(self):
        tool = self.installed("bin/loopscope")
        end = self.run_to_end([tool, "run", "--", Build.path("bin", "samples", "blocking_read")])
        self.assertEqual(end.status, 0, end.stderr)
        self.assertIn("read_price", end.stderr.decode())

    def test_a_program_builds_against_the_installed_header_and_library(self):
        package = self.installed("lib/**/pkgconfig/loopscope.pc")
        self.installed("include/loopscope/probe.h")
        with open(self.path("emitter.c"), "w", encoding="utf-8") as file:
            file.write(EMITTER)
        flags = subprocess.run(["pkg-config", "--define-prefix", "--cflags", "--libs", package], text=True, check=True,
                               capture_output=True).stdout.split()
        libraries = os.path.dirname(self.installed("lib/**/libloopscope.so"))
        built = self.run_to_end(["gcc", "-o", self.path("emitter"), self.path("emitter.c"), *flags,
                                 f"-Wl,-rpath,{libraries}"])
        self.assertEqual(built.status, 0, built.stderr)
        end = self.run_to_end([self.path("emitter")])
        self.assertEqual((end.status, end.stdout, end.stderr), (0, b"", b""))

    def test_man_pages_and_completion_are_installed(self):
        self.installed("share/man/man1/loopscope.1*")
        self.installed("share/bash-completion/completions/loopscope")


if __name__ == "__main__":
    observe.main()
