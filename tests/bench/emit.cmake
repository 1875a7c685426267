# SPDX-License-Identifier: MIT
# The cost of one emitted event. The count of instructions depends on the compiler alone, so it gates.
bench(emit loopscope Threads::Threads m)
target_sources(bench_emit PRIVATE slices_ratio.c)

bench_program(emit_instructions loopscope)
target_sources(bench_emit_instructions PRIVATE step_count.c)
add_test(NAME unit.emit_instructions COMMAND bench_emit_instructions)
set_tests_properties(unit.emit_instructions PROPERTIES TIMEOUT 60 LABELS unit SKIP_RETURN_CODE 77)

# Beside LTTng-UST, where it is installed.
pkg_check_modules(LTTNG_UST IMPORTED_TARGET lttng-ust)
if(LTTNG_UST_FOUND)
    add_executable(bench_emit_lttng emit.c slices_ratio.c emit_lttng_tracepoint.c)
    target_compile_definitions(bench_emit_lttng PRIVATE WITH_LTTNG)
    target_link_libraries(bench_emit_lttng PRIVATE loopscope_flags loopscope Threads::Threads m
        PkgConfig::LTTNG_UST ${CMAKE_DL_LIBS})
    target_include_directories(bench_emit_lttng PRIVATE ${PROJECT_SOURCE_DIR})
    bench_test(emit_lttng sh ${CMAKE_CURRENT_SOURCE_DIR}/emit_lttng.sh
        $<TARGET_FILE:bench_emit_lttng> --short)
    set_tests_properties(bench.emit_lttng PROPERTIES SKIP_RETURN_CODE 77)
endif()
