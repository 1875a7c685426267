# SPDX-License-Identifier: MIT
# The core: libloopscope.so as a small program uses it, and the reader of segments.
add_executable(core_subject core_subject_main.c)
target_link_libraries(core_subject PRIVATE loopscope_flags loopscope Threads::Threads)
target_include_directories(core_subject PRIVATE ${PROJECT_SOURCE_DIR})
# Sanitizers bring an allocator of their own.
if(NOT LOOPSCOPE_SANITIZE)
    target_compile_definitions(core_subject PRIVATE COUNT_ALLOCATIONS)
    set_target_properties(core_subject PROPERTIES COMPILE_OPTIONS "-fno-builtin")
endif()

add_library(core_subject_runner STATIC core_subject.c segment_visit.c)
target_link_libraries(core_subject_runner PRIVATE loopscope_flags PkgConfig::CRITERION
    PUBLIC loopscope_reader)
target_compile_definitions(core_subject_runner PUBLIC CORE_SUBJECT="$<TARGET_FILE:core_subject>")

foreach(subject ring segment tables clock emit fork hostile_segment)
    unit_test(${subject} core_subject_runner)
    add_dependencies(test_${subject} core_subject)
endforeach()
target_link_libraries(test_clock PRIVATE loopscope)
unit_test(process_stat loopscope_reader)
if(LOOPSCOPE_SANITIZE)
    target_compile_definitions(test_segment PRIVATE SANITIZED)
endif()
