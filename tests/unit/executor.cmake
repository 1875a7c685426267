# SPDX-License-Identifier: MIT
# The executor, as programs use it.
foreach(subject executor_task executor_cancel executor_blocking executor_memory
        executor_misuse)
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

# From the inside: with the sources themselves.
unit_test(executor_timer loopscope)
target_sources(test_executor_timer PRIVATE
    ${PROJECT_SOURCE_DIR}/probe/executor/timer.c ${PROJECT_SOURCE_DIR}/probe/executor/lock.c)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
get_target_property(executor_sources loopscope_executor SOURCES)
list(TRANSFORM executor_sources PREPEND ${PROJECT_SOURCE_DIR}/probe/executor/)
unit_test(executor_post loopscope PkgConfig::UV Threads::Threads)
target_sources(test_executor_post PRIVATE ${executor_sources})
target_include_directories(test_executor_post PRIVATE ${PROJECT_SOURCE_DIR}/probe)
