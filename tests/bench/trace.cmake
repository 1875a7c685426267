# SPDX-License-Identifier: MIT
# The trace file's size and speed.
bench(trace_codec loopscope_trace loopscope_source)
# Draining a million records a second into a file.
bench(trace_drain loopscope_source loopscope_trace loopscope Threads::Threads)
