/* SPDX-License-Identifier: MIT */
/* Rounding of events. */
#include "quantize.h"

#define POLL_BITS 7
#define SPAN_BITS 8

static uint64_t round_time(uint64_t ns)
{
    return ns & ~(uint64_t)(QUANTUM_NS - 1);
}

/* To the nearest number with that many significant bits. */
static uint64_t round_duration(uint64_t ns, unsigned bits)
{
    if (ns >> bits == 0)
        return ns;
    unsigned drop = 64 - (unsigned)__builtin_clzll(ns) - bits;
    uint64_t half = (uint64_t)1 << (drop - 1);
    uint64_t up = ns > UINT64_MAX - half ? UINT64_MAX : ns + half;
    return up >> drop << drop;
}

/* Stays within its bits of the field. */
static uint64_t round_delay(uint64_t ns)
{
    uint64_t rounded = round_duration(ns, POLL_BITS);
    return rounded < LSC_POLL_DELAY_MAX ? rounded : LSC_POLL_DELAY_MAX;
}

/* The duration of a span that ends at `end_ns`. */
static uint64_t round_span(uint64_t end_ns, uint64_t ns)
{
    /* One that began before time 0 keeps that, rounded on its own. */
    uint64_t exact = ns <= end_ns ? round_time(end_ns) - round_time(end_ns - ns) : round_time(ns);
    return exact < SPAN_EXACT_NS ? round_duration(exact / QUANTUM_NS, SPAN_BITS) * QUANTUM_NS
                                 : exact;
}

void event_quantize(struct event *event)
{
    uint64_t end = round_time(event->time_ns);
    if (event->type == LSC_RECORD_TURN || event->type == LSC_RECORD_WORK) {
        event->arg = round_span(event->time_ns, event->arg);
        if (event->type == LSC_RECORD_TURN)
            event->arg2 = round_time(event->arg2);
    } else if (event->type == LSC_RECORD_POLL) {
        event->arg = round_duration(event->arg, POLL_BITS);
        event->arg2 =
            (event->arg2 & ~LSC_POLL_DELAY_MAX) | round_delay(LSC_POLL_DELAY(event->arg2));
    } else if (event->type == LSC_RECORD_JOB) {
        event->arg = round_duration(event->arg, POLL_BITS);
        event->arg2 = round_duration(event->arg2, POLL_BITS);
    }
    event->time_ns = end;
}
