# SPDX-License-Identifier: MIT
"""Under the probe a program's stdin, stdout, stderr, exit status and signal death are its own, and
the programs that it starts are followed."""

import signal
import time

import observe
from observe import Build, PYTHON

C_SOURCE = 'int main(void){return 3;}'
COMMANDS = [
    ["true"],
    ["false"],
    ["sh", "-c", "exit 7"],
    ["sh", "-c", "kill -SEGV $$"],
    ["sh", "-c", "kill -TERM $$"],
    ["bash", "-c", "kill -ABRT $BASHPID"],
    ["sh", "-c", "echo out; echo err >&2; echo ${LOOPSCOPE-unset}"],
    ["cat"],
    ["env", "-i", "/bin/echo", "no environment"],
    [PYTHON, "-c", "import sys, os; print(sys.stdin.read()); os.abort()"],
    [PYTHON, "-c", "import asyncio; asyncio.run(asyncio.sleep(0.05)); raise SystemExit(9)"],
    ["node", "-e", "console.log(process.argv.length); process.exitCode = 4"],
    ["node", "-e", "setTimeout(() => { throw new RangeError('late') }, 20)"],
    ["git", "--version"],
    ["sh", "-c", f"echo '{C_SOURCE}' | gcc -x c -o three - && ./three"],
    ["sh", "-c", "echo text > a && tar cf - a | tar tf -"],
    ["redis-cli", "-s", "/nonexistent", "ping"],
    ["perl", "-e", "print STDERR 'bye'; exit 2"],
    ["sh", "-c", "seq 100000 | sort -rn | head -1; seq 10 | xargs -P4 -n1 echo | sort"],
    ["curl", "--version"],
]


class Passthrough(observe.Observed):
    def assert_same(self, command):
        words = b"some words\n"
        bare = self.bare(*command, stdin=words)
        by_hand = self.bare(*command, stdin=words, env=self.environment(preload=True))
        under = self.observe(*command, stdin=words, status=None)
        for end, how in ((by_hand, "preloaded by hand"), (under, "under loopscope run")):
            self.assertEqual((end.status, end.stdout, without_addresses(end.stderr)),
                             (bare.status, bare.stdout, without_addresses(bare.stderr)), how)

    def test_commands_are_the_same_under_the_probe(self):
        for command in COMMANDS:
            with self.subTest(command=" ".join(command)):
                observe.needed(command[0])
                self.assert_same(command)

    def test_a_signal_sent_to_loopscope_reaches_the_program(self):
        trap = self.start("sh", "-c", "trap 'echo caught; exit 6' USR1; echo ready; "
                                      "while :; do sleep 0.05; done")
        trap.wait_for(lambda: "ready" in trap.read_output(), "trap")
        end = trap.finish(signal.SIGUSR1)
        self.assertEqual((end.status, "caught" in end.stdout), (6, True), end.stdout)

    def test_death_by_a_forwarded_signal_is_passed_on(self):
        program = self.start("sleep", "20")
        time.sleep(0.5)
        self.assertEqual(program.finish(signal.SIGTERM).status, -signal.SIGTERM)

    def test_children_are_followed(self):
        samples = Build.path("bin", "samples")
        both = f"{samples}/blocking_read & {samples}/cpu_spin; wait"
        report = self.observe("sh", "-c", both).report
        self.assert_found(report, "blocking-call", function="read_price")
        self.assert_found(report, "cpu-stall", function="score_catalogue")

    def test_children_are_left_alone_when_asked(self):
        sample = Build.path("bin", "samples", "blocking_read")
        report = self.observe("sh", "-c", f"{sample}; true", options=["--no-follow"]).report
        self.assertEqual(report.findings(), [])

    def test_switched_off_by_the_environment_it_observes_nothing(self):
        env = self.environment({"LOOPSCOPE": "off"}, preload=True)
        end = self.bare(Build.path("bin", "samples", "blocking_read"), env=env)
        self.assertEqual((end.status, end.stderr), (0, b""))


def without_addresses(text):
    """Stderr without what differs from run to run: process numbers and times of a shell or Node."""
    words = [b"N" if word.strip(b"[]():").isdigit() else word for word in text.split()]
    return b" ".join(words)


if __name__ == "__main__":
    observe.main()
