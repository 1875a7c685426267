# SPDX-License-Identifier: MIT
# Servers under load, with and without the probe; overhead.sh calls these with real servers.
if(NOT TARGET loopscope_reader)
    return()
endif()

set(BENCH_SOURCES slices_load.c slices_server.c slices_probe.c slices_sweep.c slices_ratio.c
    slices_options.c)
foreach(subject slices overhead overhead_startup)
    bench_program(${subject} loopscope_reader Threads::Threads m)
endforeach()
unset(BENCH_SOURCES)

bench_test(overhead sh ${CMAKE_CURRENT_SOURCE_DIR}/overhead.sh ${PROJECT_BINARY_DIR} --short)
set_tests_properties(bench.overhead PROPERTIES TIMEOUT 600)
