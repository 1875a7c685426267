# SPDX-License-Identifier: MIT
# How tasks of the executor hand things to each other.
unit_test(mpsc loopscope_executor)
