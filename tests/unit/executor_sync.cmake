# SPDX-License-Identifier: MIT
# What tasks of the executor agree through.
unit_test(sync loopscope_executor)
