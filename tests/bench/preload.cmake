# SPDX-License-Identifier: MIT
bench(preload_startup)
target_compile_definitions(bench_preload_startup PRIVATE
    PRELOAD_LIBRARY="$<TARGET_FILE:loopscope_preload>" NOOP_LIBRARY="$<TARGET_FILE:loopscope_noop>")
add_dependencies(bench_preload_startup loopscope_preload loopscope_noop)
