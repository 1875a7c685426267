# SPDX-License-Identifier: MIT
# The trace file and the live source.
unit_test(trace loopscope_trace)
