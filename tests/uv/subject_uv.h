/* SPDX-License-Identifier: MIT */
/* What the cases of uv_subject share: the loop, how often callbacks ran, and what is said of it. A
 * case says on stdout what happened, which must be the same bare and under the preload library;
 * uv_check knows what must be on record. */
#ifndef LSC_TEST_SUBJECT_UV_H
#define LSC_TEST_SUBJECT_UV_H

#include <uv.h>

#include "../preload/subject.h"

/* To add a case: a function that returns its exit status, a row in its file's table, a claim in
 * uv_check.c and its name in CMakeLists.txt. */
extern const struct subject_case handle_cases[], stream_cases[], pool_cases[], loop_cases[];

extern uv_loop_t *loop;
extern int first_calls, second_calls, closed;

void say(const char *what, long number);
void run(void);
int finish(void);
void on_closed(uv_handle_t *h); /* counts */
void repeat(uv_timer_t *h);     /* closes at the fourth call */
/* The first and the second callback of one handle: which of them ran shows in the counts. */
void first_timer(uv_timer_t *h);
void second_timer(uv_timer_t *h); /* closes */

#endif
