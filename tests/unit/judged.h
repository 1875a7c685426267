/* SPDX-License-Identifier: MIT */
/* What the tests of detectors share: a stream of items, the session it becomes, and the findings.
 */
#ifndef LSC_TEST_JUDGED_H
#define LSC_TEST_JUDGED_H

#include "stream.h"

#define STACK(id, frames) stream_stack(stream, id, frames, sizeof(frames) / sizeof((frames)[0]))

extern struct stream *stream;
extern struct session *session;
extern struct findings *findings;

/* Deletes all three. */
void judged_end(void);

void judge(void);
/* The same, with a last short turn of thread 0. */
void judge_until(double at_ms);

/* A detector's n-th finding, the worst first; NULL: there are no more. */
const struct finding *found_nth(const char *detector, unsigned n);
const struct finding *found(const char *detector);
enum verdict verdict(const char *detector);
/* A figure that the finding must have. */
uint64_t fact_of(const struct finding *finding, const char *key);
bool has(const char *text, const char *part);

#endif
