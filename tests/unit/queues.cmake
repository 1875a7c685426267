# SPDX-License-Identifier: MIT
# Queues and what fills them.
unit_test(growth loopscope_model)
unit_test(replay loopscope_model)
unit_test(model_jobs test_stream)
unit_test(detect_queues test_stream)
unit_test(detect_growing test_stream)
