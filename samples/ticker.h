/* SPDX-License-Identifier: MIT */
/* The smallest event loop that does something: epoll on a timerfd, one handler call a tick.
 * The samples share it so that each of them shows nothing but its own defect. */
#ifndef LOOPSCOPE_SAMPLES_TICKER_H
#define LOOPSCOPE_SAMPLES_TICKER_H

#include <stdbool.h>
#include <stdint.h>

typedef void ticker_handler(unsigned tick, void *context);

/* Calls `handler` in the calling thread for ticks 0 to ticks - 1, one every `period_ms`; ticks that
 * a slow handler missed are not made up for. Returns 0, or a negative errno. */
int ticker_run(unsigned ticks, unsigned period_ms, ticker_handler *handler, void *context);

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t ticker_now_ns(void);

/* Says on stdout how long the planted defect held the loop, and how often: "held 8 times 401.2 ms".
 * The tests compare the report with this line. */
void ticker_say_held(unsigned times, uint64_t held_ns);

/* Whether the program was asked for its healthy twin: `PROG healthy`. */
bool ticker_wants_healthy(int argc, char **argv);

#endif
