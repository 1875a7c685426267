# SPDX-License-Identifier: MIT
# What tasks of the executor agree through.
foreach(subject sync mutex rwlock notify barrier once)
    unit_test(${subject} loopscope_executor)
endforeach()

# What they record: a small program, and the runner of the core's tests for it.
add_executable(executor_locks executor_locks_main.c)
target_link_libraries(executor_locks PRIVATE loopscope_flags loopscope_executor)
add_library(executor_locks_runner STATIC core_subject.c)
target_link_libraries(executor_locks_runner PRIVATE loopscope_flags PUBLIC loopscope_reader)
target_compile_definitions(executor_locks_runner PUBLIC CORE_SUBJECT="$<TARGET_FILE:executor_locks>")
unit_test(executor_locks executor_locks_runner)
add_dependencies(test_executor_locks executor_locks)
