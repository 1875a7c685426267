# SPDX-License-Identifier: MIT
# The executor, as programs use it.
foreach(subject executor_task executor_cancel executor_blocking executor_memory)
    unit_test(${subject} loopscope_executor)
endforeach()

# What it records: a small program, and the runner of the core's tests for it.
add_executable(executor_subject executor_subject_main.c)
target_link_libraries(executor_subject PRIVATE loopscope_flags loopscope_executor)
add_library(executor_subject_runner STATIC core_subject.c)
target_link_libraries(executor_subject_runner PRIVATE loopscope_flags PUBLIC loopscope_reader)
target_compile_definitions(executor_subject_runner PUBLIC CORE_SUBJECT="$<TARGET_FILE:executor_subject>")
unit_test(executor_record executor_subject_runner)
add_dependencies(test_executor_record executor_subject)
