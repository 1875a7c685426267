# SPDX-License-Identifier: MIT
# The libuv echo server that overhead.sh puts under load, and the same with LTTng's tracepoints.
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)
bench_program(echo_server PkgConfig::LIBUV)

pkg_check_modules(LTTNG_UST IMPORTED_TARGET lttng-ust)
if(LTTNG_UST_FOUND)
    add_executable(bench_echo_server_lttng echo_server.c emit_lttng_tracepoint.c)
    target_compile_definitions(bench_echo_server_lttng PRIVATE WITH_LTTNG)
    target_link_libraries(bench_echo_server_lttng PRIVATE loopscope_flags PkgConfig::LIBUV
        PkgConfig::LTTNG_UST ${CMAKE_DL_LIBS})
    target_include_directories(bench_echo_server_lttng PRIVATE ${PROJECT_SOURCE_DIR})
endif()
