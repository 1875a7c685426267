# SPDX-License-Identifier: MIT
# The trace file's size and speed.
bench(trace_codec loopscope_trace loopscope_source)
