# SPDX-License-Identifier: MIT
# What holders and waits of tasks tell.
unit_test(detect_holds test_stream)
