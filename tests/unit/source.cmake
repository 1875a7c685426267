# SPDX-License-Identifier: MIT
# The trace file and the live source.
unit_test(trace loopscope_trace)
unit_test(text loopscope_source)

# test_live observes a program that emits known records.
add_executable(live_emitter live_emitter.c)
target_include_directories(live_emitter PRIVATE ${PROJECT_SOURCE_DIR}/probe/core/writer)
target_link_libraries(live_emitter PRIVATE loopscope_flags loopscope Threads::Threads)
unit_test(live loopscope_source loopscope_trace)
target_compile_definitions(test_live PRIVATE LIVE_EMITTER="$<TARGET_FILE:live_emitter>")
add_dependencies(test_live live_emitter)
