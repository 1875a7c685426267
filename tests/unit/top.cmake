# SPDX-License-Identifier: MIT
# The live console: screen, keys and scripts.
unit_test(screen loopscope_screen)
unit_test(keys loopscope_screen)
unit_test(script loopscope_screen)
