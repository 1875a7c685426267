# SPDX-License-Identifier: MIT
# What the executor costs.
bench(executor loopscope_executor)
bench(executor_net loopscope_executor)
bench(executor_memory loopscope_executor loopscope_reader)
bench(executor_emission loopscope_executor m)
target_sources(bench_executor_emission PRIVATE executor_emission_programs.c slices_ratio.c
    step_count.c)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
bench_program(executor_uv PkgConfig::UV)
