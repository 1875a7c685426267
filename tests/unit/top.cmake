# SPDX-License-Identifier: MIT
# The live console: screen, keys and scripts.
unit_test(screen loopscope_screen)
unit_test(keys loopscope_screen)
unit_test(script loopscope_screen)
unit_test(settings_file loopscope_top)

# Feeds made by hand.
add_library(test_top STATIC top_feed.c)
target_link_libraries(test_top PRIVATE loopscope_flags PUBLIC test_stream loopscope_top)

# The console without its terminal.
unit_test(top_requests loopscope_top)
unit_test(top_list loopscope_top)
unit_test(top_app test_top loopscope_top)
unit_test(top_views test_top)
