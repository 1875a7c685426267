# SPDX-License-Identifier: MIT
# Queues and what fills them.
unit_test(growth loopscope_model)
