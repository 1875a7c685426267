/* SPDX-License-Identifier: MIT */
/* A claim inside a task: when it does not hold, the task ends with its line as the result. */
#ifndef LSC_TEST_MUST_H
#define LSC_TEST_MUST_H

#include "executor_run.h"

#define MUST(claim)                                                                                \
    do {                                                                                           \
        if (!(claim))                                                                              \
            LSC_RETURN(-__LINE__);                                                                 \
    } while (0)

/* Runs a root task with one worker and with three; each must return 0, or the line is printed. */
#define RUN_TASK(fn, type)                                                                         \
    do {                                                                                           \
        type for_one, for_three;                                                                   \
        memset(&for_one, 0, sizeof for_one);                                                       \
        memset(&for_three, 0, sizeof for_three);                                                   \
        cr_expect_eq(-run_with(1, fn, &for_one, sizeof for_one), 0, "line, one worker");           \
        cr_expect_eq(-run_with(3, fn, &for_three, sizeof for_three), 0, "line, three workers");    \
    } while (0)

#endif
