/* SPDX-License-Identifier: MIT */
/* Rounding of events. */
#include "quantize.h"

#define POLL_BITS 7

static uint64_t round_time(uint64_t ns)
{
    return ns & ~(uint64_t)(QUANTUM_NS - 1);
}

/* To the nearest number with POLL_BITS significant bits. */
static uint64_t round_duration(uint64_t ns)
{
    if (ns < 1u << POLL_BITS)
        return ns;
    unsigned drop = 64 - (unsigned)__builtin_clzll(ns) - POLL_BITS;
    uint64_t half = (uint64_t)1 << (drop - 1);
    uint64_t up = ns > UINT64_MAX - half ? UINT64_MAX : ns + half;
    return up >> drop << drop;
}

void event_quantize(struct event *event)
{
    uint64_t end = round_time(event->time_ns);
    if (event->type == LSC_RECORD_TURN || event->type == LSC_RECORD_WORK) {
        /* A span that began before time 0 keeps that, rounded on its own. */
        event->arg = event->arg <= event->time_ns ? end - round_time(event->time_ns - event->arg)
                                                  : round_time(event->arg);
        if (event->type == LSC_RECORD_TURN)
            event->arg2 = round_time(event->arg2);
    } else if (event->type == LSC_RECORD_POLL) {
        event->arg = round_duration(event->arg);
    }
    event->time_ns = end;
}
