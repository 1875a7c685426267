# SPDX-License-Identifier: MIT
# What fills the live console: history, what is held during a pause, replay, output of a program.
unit_test(history test_stream loopscope_top)
unit_test(hold loopscope_top)
unit_test(output_pane loopscope_top)
unit_test(feeder test_stream loopscope_top)
