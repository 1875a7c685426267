# SPDX-License-Identifier: MIT
# What callbacks, phases, timers, wakes and classes of tasks tell.
unit_test(model_polls test_stream)
unit_test(model_classes test_stream)
unit_test(detect_polls test_stream)
