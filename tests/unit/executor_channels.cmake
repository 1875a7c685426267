# SPDX-License-Identifier: MIT
# How tasks of the executor hand things to each other.
foreach(subject mpsc mpsc_contract oneshot broadcast watch)
    unit_test(${subject} loopscope_executor)
endforeach()

# What they record: a small program, and the runner of the core's tests for it.
add_executable(channel_subject channel_subject_main.c)
target_link_libraries(channel_subject PRIVATE loopscope_flags loopscope_executor)
add_library(channel_subject_runner STATIC core_subject.c)
target_link_libraries(channel_subject_runner PRIVATE loopscope_flags PUBLIC loopscope_reader)
target_compile_definitions(channel_subject_runner PUBLIC CORE_SUBJECT="$<TARGET_FILE:channel_subject>")
unit_test(channel_record channel_subject_runner)
add_dependencies(test_channel_record channel_subject)
