/* SPDX-License-Identifier: MIT */
/* The latest records of all processes: a ring into which batches are copied. */
#include "tail.h"

#include <stdlib.h>
#include <string.h>

/* An event's `reserved` holds the process it is of. */
struct tail {
    uint64_t added; /* ever */
    struct event events[TAIL_EVENTS];
};

struct tail *tail_new(void)
{
    return calloc(1, sizeof(struct tail)); /* of zero pages: touched as it fills */
}

void tail_delete(struct tail *tail)
{
    free(tail);
}

void tail_add(struct tail *tail, uint32_t process, const struct event *events, size_t count)
{
    if (count > TAIL_EVENTS) {
        events += count - TAIL_EVENTS;
        count = TAIL_EVENTS;
    }
    for (size_t i = 0; i < count; i++) {
        struct event *place = &tail->events[tail->added++ % TAIL_EVENTS];
        *place = events[i];
        place->reserved = process;
    }
}

void tail_walk(const struct tail *tail, uint32_t process, tail_visit visit, void *data)
{
    uint64_t held = tail->added < TAIL_EVENTS ? tail->added : TAIL_EVENTS;
    for (uint64_t back = 1; back <= held; back++) {
        const struct event *event = &tail->events[(tail->added - back) % TAIL_EVENTS];
        if (event->reserved == process && !visit(event, data))
            return;
    }
}
