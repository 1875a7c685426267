/* SPDX-License-Identifier: MIT */
/* Runs the self-test's helper under the probe and prints what was proved. */
#ifndef LSC_SELFTEST_RUN_H
#define LSC_SELFTEST_RUN_H

#include <stdbool.h>
#include <stdio.h>

/* Prints the verdict on every hook to `out`: the failed and untested ones, or with `verbose` all,
 * and a line of totals. The exit status: STATUS_FINE, STATUS_LIMIT_BROKEN when a hook failed,
 * STATUS_WRONG, after a line on stderr, when the test could not be run. */
int selftest_run(FILE *out, bool verbose);

#endif
