/* SPDX-License-Identifier: MIT */
/* Rounding of events. */
#include "quantize.h"

#define SIGNIFICANT_BITS 7

static uint64_t round_down(uint64_t ns, uint64_t quantum)
{
    return ns & ~(quantum - 1);
}

/* To the nearest number with that many significant bits. */
static uint64_t round_duration(uint64_t ns)
{
    if (ns >> SIGNIFICANT_BITS == 0)
        return ns;
    unsigned drop = 64 - (unsigned)__builtin_clzll(ns) - SIGNIFICANT_BITS;
    uint64_t half = (uint64_t)1 << (drop - 1);
    uint64_t up = ns > UINT64_MAX - half ? UINT64_MAX : ns + half;
    return up >> drop << drop;
}

/* Stays within its bits of the field. */
static uint64_t round_delay(uint64_t ns)
{
    uint64_t rounded = round_duration(ns);
    return rounded < LSC_POLL_DELAY_MAX ? rounded : LSC_POLL_DELAY_MAX;
}

/* The duration of a span that ends at `end_ns`. */
static uint64_t round_span(uint64_t end_ns, uint64_t ns)
{
    /* One that began before time 0 keeps that, rounded on its own. */
    uint64_t begin = ns <= end_ns ? round_down(end_ns - ns, TIME_QUANTUM_NS) : 0;
    uint64_t exact = ns <= end_ns ? round_down(end_ns, TIME_QUANTUM_NS) - begin
                                  : round_down(ns, TIME_QUANTUM_NS);
    if (exact >= SPAN_EXACT_NS)
        return exact;
    return round_duration((ns + SPAN_QUANTUM_NS / 2) / SPAN_QUANTUM_NS) * SPAN_QUANTUM_NS;
}

void event_quantize(struct event *event)
{
    switch (event->type) {
    case LSC_RECORD_TURN:
        event->arg = round_span(event->time_ns, event->arg);
        event->arg2 = round_down(event->arg2, SPAN_QUANTUM_NS);
        break;
    case LSC_RECORD_WORK:
    case LSC_RECORD_CALL:
    case LSC_RECORD_CALLS:
        event->arg = round_span(event->time_ns, event->arg);
        break;
    case LSC_RECORD_POLL:
        event->arg = round_duration(event->arg);
        event->arg2 =
            (event->arg2 & ~LSC_POLL_DELAY_MAX) | round_delay(LSC_POLL_DELAY(event->arg2));
        break;
    case LSC_RECORD_JOB:
        event->arg = round_duration(event->arg);
        event->arg2 = round_duration(event->arg2);
        break;
    default:
        break;
    }
    event->time_ns = round_down(event->time_ns, TIME_QUANTUM_NS);
}
