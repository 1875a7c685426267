# SPDX-License-Identifier: MIT
# The live console at a million records a second, and idle.
bench(top loopscope_top loopscope Threads::Threads)
