# SPDX-License-Identifier: MIT
# The tools of the benches: a benchmark that miscounts is worse than none.
unit_test(slices Threads::Threads m)
target_sources(test_slices PRIVATE ../bench/slices_load.c ../bench/slices_ratio.c
    ../bench/slices_sweep.c ../bench/slices_server.c)
