# SPDX-License-Identifier: MIT
# The cost of one emitted event. The count of instructions depends on the compiler alone, so it gates.
bench(emit loopscope Threads::Threads m)
target_sources(bench_emit PRIVATE slices_ratio.c)

bench_program(emit_instructions loopscope)
add_test(NAME unit.emit_instructions COMMAND bench_emit_instructions)
set_tests_properties(unit.emit_instructions PROPERTIES TIMEOUT 60 LABELS unit SKIP_RETURN_CODE 77)
