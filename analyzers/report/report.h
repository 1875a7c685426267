/* SPDX-License-Identifier: MIT */
/* Reports of a session: what a person or a program reads. Output depends on the session and the
 * options alone (no clock, locale or environment), and holds no unescaped foreign byte. */
#ifndef LSC_REPORT_H
#define LSC_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../model/session.h"

struct report_options {
    bool use_color;   /* text: ANSI colours */
    bool use_unicode; /* text: box characters and arrows, else ASCII */
    unsigned columns; /* text: width, 60…200 */
    bool verbose;     /* text: every finding and stack in full, not one screen */
    const char
        *notice; /* one more line for the head (a damaged file, processes still running), or NULL */
    const char *advice_when_empty; /* what to tell when no loop was seen (from `doctor`), or NULL */
};

/* A format: one row of the registry. To add one: write its file, add its row in report.c. */
struct report_format {
    const char *name;  /* as in --format */
    const char *title; /* for --help */
    int (*write)(FILE *out, const struct session *session, const struct report_options *options);
};
/* NULL-terminated by name == NULL. */
extern const struct report_format report_formats[];
const struct report_format *report_format_find(const char *name);

/* A limit of `loopscope check`, e.g. max-stall 50ms. */
struct limit {
    const char *name;  /* as in --max-stall */
    const char *title; /* for --help */
    enum { LIMIT_DURATION, LIMIT_COUNT, LIMIT_PERCENT } unit;
};
extern const struct limit limits[]; /* name == NULL ends it: max-stall, max-lag, max-blocking-call,
                                       max-utilization, max-saturated, max-findings, max-lost */
/* Judges one limit; `value` in ns, a count, or hundredths of a percent. True when it holds; `line`
 * (of `line_bytes`) gets one sentence with the measured number either way. */
bool limit_check(const struct session *session, const struct limit *limit, uint64_t value,
                 char *line, size_t line_bytes);

/* Whether any loop made a turn: without one there is nothing that limits could be held against. */
bool report_saw_loop(const struct session *session);

/* How many findings there are of at least this severity: 0 note, 1 warning, 2 critical. */
unsigned report_count_findings(const struct session *session, int at_least);

#endif
