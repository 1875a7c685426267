# SPDX-License-Identifier: MIT
# Servers under load, with and without the probe; overhead.sh calls these with real servers.
add_library(bench_load STATIC slices_load.c slices_server.c slices_probe.c slices_sweep.c
    slices_ratio.c slices_options.c)
target_include_directories(bench_load PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(bench_load PRIVATE loopscope_flags PUBLIC loopscope_reader Threads::Threads m)

foreach(subject slices overhead overhead_startup overhead_count)
    bench_program(${subject} bench_load)
endforeach()

bench_test(overhead sh ${CMAKE_CURRENT_SOURCE_DIR}/overhead.sh ${PROJECT_BINARY_DIR} --short)
set_tests_properties(bench.overhead PROPERTIES TIMEOUT 600)
