/* SPDX-License-Identifier: MIT */
/* How tasks contend for what only one, or a few, can hold: who waits for it and for how long, who
 * holds it from where, and what its holders do meanwhile. Kept for resources that were held at all,
 * for the first CONTENTIONS_MAX of them. Read side, like model.h.
 *
 * Waits are those of the tasks' own account (AWAIT until they hold it, or until their next poll).
 * How many wait at a time is what the resource says of itself (WAITERS), else the same account. A
 * holder is busy while it is polled. It awaits something else from an AWAIT until its next poll;
 * others are blocked by that for as long as somebody waits for the resource meanwhile. */
#ifndef LSC_CONTENTION_H
#define LSC_CONTENTION_H

#include "model.h"

#define CONTENTIONS_MAX 4096
#define HOLDERS_MAX 4
/* A queue, rather than one or two that meet. */
#define CROWD 3

/* A hold's polls and awaits, and what others waited during these. */
struct across {
    uint64_t busy_ns;
    uint64_t awaits, awaited_ns;
    uint64_t blocked_ns;      /* of that, somebody waited */
    uint64_t blocked_task_ns; /* the same for all who waited, together */
    /* The await that blocked longest. */
    uint64_t worst_ns;
    uint32_t worst_site, worst_resource, worst_waiting;
};

/* The holds that began at one place. */
struct holder {
    uint32_t site;
    uint32_t task; /* of the hold that blocked longest, else of the longest hold */
    uint64_t holds, held_ns, worst_held_ns, first_ns, last_ns;
    struct across across;
    bool has_others; /* of several tasks */
    bool is_open;    /* one of them goes on */
};

/* A hold that goes on, or whose last poll is not recorded yet. */
struct live_hold {
    struct across across;
    uint64_t polls;    /* of its task when it began; UINT64_MAX: it was not polled then */
    uint64_t since_ns; /* its task awaits something else; MODEL_NEVER: it does not, or is polled */
    uint32_t site, resource;
    uint64_t waited_mark, task_mark; /* `waited_ns` and `task_ns` of the resource then */
};

struct contention {
    uint64_t waits, wait_ns, worst_wait_ns; /* that are over */
    uint32_t worst_task, worst_site;
    uint64_t waiting, waiting_max; /* tasks */
    uint64_t changed_ns;           /* when that number changed */
    uint64_t waited_ns;            /* somebody waited */
    uint64_t task_ns;              /* the same for all who waited, together */
    bool tells_waiters;            /* by WAITERS */
    uint64_t crowded_since;        /* MODEL_NEVER: fewer than CROWD wait */
    uint64_t crowded_ns, longest_ns, longest_start_ns, stretches, first_ns, last_ns;
    uint64_t begun_ns;                            /* the first hold */
    uint64_t holds, handovers, crowded_handovers; /* handovers: to another task than before */
    uint32_t last_holder;
    struct holder holders[HOLDERS_MAX]; /* by place; the latest replaces the least */
    struct live_hold live[HOLDS_MAX];   /* of the row's `holds` */
};

/* How it stands, with what goes on up to now; `crowded_since` is still that of a stretch that goes
 * on. False: the resource was never held. */
bool contention_view(const struct model *model, const struct resource_row *row,
                     struct contention *out);
/* Of a view: from the first hold up to now, or to the resource's end. */
static inline uint64_t contention_seen(const struct contention *view)
{
    return view->changed_ns - view->begun_ns;
}

#endif
