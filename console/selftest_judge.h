/* SPDX-License-Identifier: MIT */
/* Proves from the records of loopscope-selftest that every hook of the probe fires. */
#ifndef LSC_SELFTEST_JUDGE_H
#define LSC_SELFTEST_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "analyzers/source/item.h"

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_UNTESTED };

/* One line of the table. */
struct selftest_row {
    const char *kind; /* "call", "loop", "pool", "libuv", "stall": lines of a kind stand together */
    const char *symbol;
    uint16_t call; /* enum lsc_call, of a "call" */
    enum verdict verdict;
    char why[96]; /* for UNTESTED: what the helper said */
};

struct selftest_table {
    struct selftest_row *rows;
    size_t count;
    bool is_complete; /* the helper came to its end */
};

/* Judges the trace that `source` yields. False when out of memory, or when the source breaks; the
 * table is then empty. */
bool selftest_judge(struct source *source, struct selftest_table *table);
void selftest_table_free(struct selftest_table *table);

#endif
