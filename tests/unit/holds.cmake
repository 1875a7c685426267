# SPDX-License-Identifier: MIT
# What holders and waits of tasks tell.
unit_test(detect_holds test_stream)
unit_test(detect_locks test_stream)
unit_test(detect_lost_wakeup test_stream)
