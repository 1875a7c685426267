# SPDX-License-Identifier: MIT
# What the workers of executors and the progress of their tasks tell.
unit_test(model_workers test_stream)
unit_test(detect_workers test_stream)
unit_test(detect_progress test_stream)
