# SPDX-License-Identifier: MIT
# The live console: screen, keys and scripts.
unit_test(screen loopscope_top)
unit_test(keys loopscope_top)
