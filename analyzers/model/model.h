/* SPDX-License-Identifier: MIT */
/* The model of one process: what its items add up to. Filled by session_apply alone; this header is
 * the read side, for detectors, reports and the console. Nothing here reads a clock; every table is
 * bounded, and what did not fit is counted in `unheld`. Pointers live until the next session_apply.
 *
 * Lag. How late a loop gets to work that is ready cannot be observed from outside, only bounded:
 *   - a wait that returned at once (LSC_TURN_READY_AT_ONCE) found work that may have been ready for
 * as long as the turn before it lasted: the sample is that turn's duration;
 *   - a wait that timed out has a known lateness (the record's arg2);
 *   - a wait that slept and was woken by the kernel counts as 0.
 * So lag is an upper bound for socket work and exact for timers.
 *
 * Stalls. A turn (or poll) of at least the process' stall threshold is split into parts by the
 * evidence inside its interval: calls that slept (by class; locks apart), CPU time and run-queue
 * wait (the kernel's accounting as the watchdog read it), page faults and block I/O, sleeps outside
 * known calls (the watchdog's STATE), and a rest that nothing explains. Parts never add up to more
 * than the wall time: calls take precedence, then CPU, run-queue wait, faults. Every part of at
 * least the stall threshold, or at least half of the stall, is a cause of its own. */
#ifndef LSC_MODEL_H
#define LSC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../source/item.h"
#include "growth.h"
#include "histogram.h"
#include "progress.h"
#include "session.h"

#define MODEL_NEVER UINT64_MAX
#define MODEL_NAME_BYTES 64

/* The turns of a thread that waits for readiness. */
struct loop {
    uint64_t turns, busy_ns, idle_ns, ready_events; /* as seen in records */
    uint64_t first_ns, last_ns;                     /* start of the first turn, end of the latest */
    uint64_t stalls;                                /* turns of at least the stall threshold */
    uint64_t batch_full;                            /* waits that returned as many events as fit */
    uint64_t previous_ns; /* duration of the latest turn, MODEL_NEVER after a loss */
    struct histogram turn_ns, lag_ns, ready;
};

struct thread {
    uint32_t id, tid, roles;
    bool is_known; /* its ITEM_THREAD has come */
    bool has_ended;
    char name[MODEL_NAME_BYTES]; /* untrusted bytes, NUL-terminated */
    uint64_t start_routine, loop_key, wait_object, started_ns;
    uint64_t total_turns, total_busy_ns,
        total_idle_ns; /* the probe's own counts: survive a lapped ring */
    uint64_t samples, late_samples, dropped;
    uint64_t lost;       /* records overwritten before they were read */
    uint64_t last_ns;    /* time of its latest record */
    uint64_t job_end_ns; /* of its latest JOB; 0 none */
    uint64_t ended_ns;   /* with has_ended: how far observation was when it was over */
    struct loop *loop;   /* NULL: has written no turn */
    bool has_now;
    struct now_item now;       /* latest observation; stale once a later turn has come */
    struct evidence *evidence; /* internal */
    struct poll_log *polls;    /* likewise, see polls.h */
    struct worker *worker;     /* NULL: it polls no tasks; see workers.h */
    int pool;                  /* index of its pool, or -1 */
};

/* Busy share of a loop in hundredths of a percent, a turn in progress included; 0 for one that was
 * seen for less than a millisecond. */
unsigned thread_utilization(const struct thread *thread);
/* How long the loop was observed: from its first turn to now. 0 for a thread that is no loop. */
uint64_t thread_span_ns(const struct thread *thread);
/* Since when its turn, call… is in progress at the latest observation; MODEL_NEVER when it is over.
 */
uint64_t thread_turn_since(const struct thread *thread);

/* Blocking calls of one kind from one place on one thread. */
struct blocked_key {
    uint32_t thread, stack;
    uint16_t call; /* enum lsc_call */
    uint8_t fd_kind;
    uint8_t is_nonblocking; /* LSC_CALL_NONBLOCKING: delayed, not waiting */
};
struct blocked_row {
    struct blocked_key key;
    uint64_t count, total_ns, worst_ns, first_ns, last_ns; /* first start, last end */
    bool in_progress;                                      /* the latest one has not returned */
    uint32_t task, callback, what; /* the poll it was made in, see polls.h; 0 unknown */
};

/* Calls under the threshold that add up within a turn. */
struct short_key {
    uint32_t thread, stack;
    uint16_t call;           /* enum lsc_call */
    uint16_t is_nonblocking; /* LSC_CALL_NONBLOCKING: the kernel worked, it did not wait */
};
struct short_row {
    struct short_key key;
    uint64_t turns, calls, total_ns, first_ns, last_ns;
    uint64_t worst_ns, worst_calls; /* the worst turn */
};

enum stall_part {
    PART_BLOCKED, /* slept in known calls */
    PART_LOCK,    /* waited in calls of class LOCK */
    PART_CPU,
    PART_STARVED, /* ready to run, no CPU given */
    PART_FAULT,   /* waited for page faults or block I/O outside known calls */
    PART_ASLEEP,  /* slept in the kernel outside known calls */
    PART_UNKNOWN, /* nothing explains it */
    PART_COUNT,
};

/* What kept a loop, summed over its stalls: one row per part (calls excepted, see blocked_row),
 * thread and place. `id`: for CPU, FAULT and UNKNOWN the stack that was sampled (0 none), for
 * ASLEEP the string id of the wait channel. */
struct cause_key {
    uint32_t part, thread, id;
};
struct cause_row {
    struct cause_key key;
    uint64_t stalls; /* stalls it had a share in */
    uint64_t total_ns;
    uint64_t worst_ns; /* largest share in one stall */
    uint64_t first_ns, last_ns;
    uint64_t leads;             /* stalls in which it had the largest share of its part */
    uint64_t samples;           /* stacks taken there */
    uint64_t stall_ns;          /* wall time of those stalls */
    uint64_t worst_stall;       /* wall time of the longest of them */
    uint64_t parts[PART_COUNT]; /* how those stalls were composed */
    uint64_t major_faults;
    uint32_t task, callback, what; /* of the longest of those stalls; 0 unknown */
    bool in_progress;
    bool is_estimated; /* no kernel accounting: shares come from samples and states */
};

/* One stall in full: the worst are kept. */
#define STALL_STACKS 32
struct stall_stack {
    uint32_t stack, count;
};
struct stall {
    uint32_t thread;
    /* The poll it is, or that has at least half of the turn; see polls.h. 0: none, or unknown. */
    uint32_t task, callback, what;
    uint64_t start_ns, end_ns;
    uint64_t part[PART_COUNT];
    uint64_t major_faults;
    uint32_t samples;
    uint32_t stack_count;
    struct stall_stack stacks[STALL_STACKS];
    uint32_t wait_channel;                           /* string id or 0 */
    uint32_t seen_running, seen_sleeping, seen_disk; /* STATE observations */
    bool in_progress, is_estimated;
    /* Working figures of the decomposition. */
    uint64_t wall_ns; /* end - start, polls that were judged apart taken out */
    uint64_t busy_before_ns;
};

enum pool_growth {
    POOL_FIXED,
    POOL_GROWS,  /* adds a thread when all are busy */
    POOL_HELPER, /* serves the runtime itself; nobody's request waits in its queue */
};
/* Threads that share a start routine and wait for work on the same object. */
struct pool {
    uint64_t start_routine, wait_object;
    unsigned size; /* members alive */
    unsigned size_max;
    uint64_t spells;
    uint64_t busy_ns;  /* of all members together */
    uint64_t first_ns; /* the first member's start or first spell */
    struct histogram spell_ns;
    struct pool_sweep *sweep; /* internal */
    struct job_queue *jobs;   /* internal, see jobs.h; NULL: no JOB record */
};
/* A pool's occupancy, open spells included. */
struct pool_view {
    unsigned busy_p50, busy_p99, busy_max;
    uint64_t seen_ns;
    uint64_t saturated_ns, longest_ns, stretches; /* every member busy */
    uint64_t longest_start_ns, first_ns, last_ns;
    unsigned utilization; /* hundredths of a percent */
    bool in_progress;     /* all busy at the end of observation */
};

#define TASK_HOLDS_MAX 4

/* What every wake and poll touches stands first, in as few cache lines as may be. */
struct task_row {
    uint32_t handle;
    uint32_t class;        /* internal: index of its class + 1, 0 none; see polls.h */
    uint64_t last_wake_ns; /* MODEL_NEVER: not woken since its last poll */
    uint64_t active_ns;    /* its latest spawn, poll or wake */
    uint64_t polls, busy_ns, worst_ns, wakes; /* as seen in records */
    uint32_t awaits;
    uint32_t held_count; /* internal, as the next ones, see contention.h */

    uint32_t waits_for; /* the resource whose contention counts it as waiting, 0 none */
    uint32_t closing;
    uint64_t self_wakes;
    uint64_t await_ns;    /* start of its present wait by AWAIT; MODEL_NEVER: not known */
    uint64_t stranded_ns; /* since when nobody can wake it; MODEL_NEVER: somebody can */
    struct histogram *poll_ns, *delay_ns; /* NULL: only the busiest tasks have them */
    uint64_t worst_delay_ns;
    struct wake_senders *senders; /* internal, see polls.h */

    struct task_progress progress;
    uint64_t first_woken_ns, last_woken_ns;

    struct task_item info; /* totals of the probe's table; handle 0: only records seen */
    uint64_t sole_turns, sole_ns, sole_work_ns; /* turns that polled it alone: time, its part */
    uint32_t await_site;
    bool has_ended;
    bool is_served;                      /* a pool's worker has done its JOB */
    bool has_left;                       /* its class: it has ended */
    uint64_t ended_ns;                   /* with has_ended */
    uint64_t cancelled_ns;               /* MODEL_NEVER: was not asked to end */
    uint32_t stranded_by, stranded_site; /* the record's, 0 unknown */
    uint64_t stood_ns;       /* the longest time it was so until something came all the same: */
    uint64_t stood_until_ns; /* a cancellation mostly, or its end */
    uint32_t stood_by, stood_site;
    uint64_t waits_since_ns;       /* internal, see contention.h */
    uint32_t held[TASK_HOLDS_MAX]; /* internal: resources */
    struct task_past past;
};

/* What was put into a queue from one place: how much its depth rose by it. */
struct filler {
    uint32_t place; /* a stack id, or a site id when is_site; 0 none */
    bool is_site;
    uint64_t risen;
};
#define FILLERS_MAX 4 /* the latest that is not among them takes the place of the least */

/* A task has it: a lock, a permit. */
struct hold {
    uint32_t task, site;
    uint64_t since_ns;
};
#define HOLDS_MAX 8

struct resource_row {
    uint32_t handle;
    struct resource_item info;
    uint64_t capacity, depth, depth_max, dropped, changes;
    uint64_t since_ns; /* of the present depth */
    uint64_t first_ns;
    uint64_t saturated_since; /* MODEL_NEVER */
    uint64_t saturated_ns, longest_ns, stretches, first_saturated_ns, last_saturated_ns;
    uint64_t longest_start_ns;
    uint64_t dropped_seen, first_drop_ns, last_drop_ns; /* by DROP records */
    uint64_t ended_ns;
    struct histogram depths; /* weighted by microseconds */
    struct filler fillers[FILLERS_MAX];
    struct growth growth;         /* of the depth */
    struct hold holds[HOLDS_MAX]; /* oldest first */
    unsigned hold_count;
    uint64_t hold_records; /* HOLD and RELEASE */
    uint64_t holds_unheld; /* ever: beyond HOLDS_MAX at a time */
    uint64_t
        abandonments; /* times a task ended with it in hand, and it went to others; the last: */
    uint64_t abandoned_ns;
    struct hold abandoned;
    uint32_t early_task; /* let go of it before its HOLD, from another ring, came */
    uint64_t early_ns;
    uint64_t waiters, waiters_max;
    struct contention *contention; /* see contention.h; NULL: it was never held */
};

struct text {
    const char *bytes;
    size_t length;
};
struct stack {
    uint32_t id;
    unsigned depth;
    bool was_cut;
    const uint64_t *pcs;
};
struct site {
    uint32_t id, file, function, line;
    uint32_t parent; /* of an await: id of the site of the caller's await, 0 none */
};

struct process_facts {
    uint32_t pid, ppid, depths, limits;
    char *program, *command, *executable; /* never NULL; untrusted bytes; command: spaces for NUL */
    int64_t started_real_ns, started_mono_ns;
    uint64_t stall_ns, block_ns; /* never 0: the defaults until the item comes */
    bool is_known;
};

/* What did not fit the model's own tables. */
struct unheld {
    uint64_t threads, strings, sites, stacks, frames, tasks, resources, pools, rows, nonsense;
};

const struct process_facts *model_process(const struct model *model);
uint64_t model_seen_ns(const struct model *model); /* latest time anything is known of */
uint64_t model_lost_records(const struct model *model);
const struct tables_lost_item *model_tables_lost(const struct model *model);
const struct unheld *model_unheld(const struct model *model);
const struct end_item *model_end(const struct model *model); /* NULL: not over */

unsigned model_thread_count(const struct model *model);
const struct thread *model_thread_at(const struct model *model, unsigned index);
const struct thread *model_thread(const struct model *model, uint32_t id); /* NULL unknown */

struct text model_string(const struct model *model, uint32_t id); /* empty when unknown */
const struct site *model_site(const struct model *model, uint32_t id);
/* The awaits that led to a site, itself first, then its callers': at most AWAIT_TREE_MAX. */
#define AWAIT_TREE_MAX 32
unsigned model_await_tree(const struct model *model, uint32_t site,
                          const struct site *tree[AWAIT_TREE_MAX]);
const struct stack *model_stack(const struct model *model, uint32_t id);
/* The frames at a program counter, innermost inline first; NULL and *count 0 when unresolved. */
const struct frame *model_frames(const struct model *model, uint64_t pc, unsigned *count);

/* Rows in order of first appearance. */
unsigned model_short_count(const struct model *model);
const struct short_row *model_short_at(const struct model *model, unsigned index);

/* The blocked calls and stall causes as they stand, those in progress included, in an order that
 * depends on the items alone. A heap array the caller frees; NULL when there is none or no memory.
 */
struct blocked_row *model_blocked(const struct model *model, size_t *count);
struct cause_row *model_causes(const struct model *model, size_t *count);
/* The worst stalls, longest first, those in progress included. Likewise. */
struct stall *model_stalls(const struct model *model, size_t *count);
/* Is this part of the stall big enough to be a cause by itself? */
bool stall_is_caused_by(const struct stall *stall, enum stall_part part, uint64_t threshold);

unsigned model_pool_count(const struct model *model);
const struct pool *model_pool_at(const struct model *model, unsigned index);
struct pool_view pool_view(const struct model *model, const struct pool *pool);
/* A name by its start routine ("libuv thread pool"…), or NULL; *growth says what being full means.
 */
const char *pool_known_name(const struct model *model, const struct pool *pool,
                            enum pool_growth *growth);

/* Tasks and resources by handle slot; NULL for a slot not in use. The last slots of resources hold
 * some whose slot has gone to another. */
unsigned model_task_slots(const struct model *model);
const struct task_row *model_task_at(const struct model *model, unsigned slot);
unsigned model_resource_slots(const struct model *model);
const struct resource_row *model_resource_at(const struct model *model, unsigned slot);
/* Saturated time of a resource up to now, an open stretch included. */
uint64_t resource_saturated_ns(const struct model *model, const struct resource_row *row,
                               uint64_t *longest_ns);
/* The place that filled it most; `place` 0: not known. */
struct filler resource_heaviest_filler(const struct resource_row *row);
/* How its depth grows, up to now or to its end. */
struct growth_view resource_growth(const struct model *model, const struct resource_row *row);
/* False: there may be other holders than its row says, or fewer, for records were lost or too many
 * tasks held it at once. */
bool holds_are_known(const struct model *model, const struct resource_row *row);
/* The resource of this handle, NULL when its slot holds another generation. */
const struct resource_row *model_resource(const struct model *model, uint32_t handle);
/* Start of the longest stretch, an open one included. */
uint64_t resource_longest_start(const struct model *model, const struct resource_row *row);

/* Names and classes of calls. "?" for a number this build does not know. */
const char *call_name(unsigned call);
enum lsc_call_class call_class(unsigned call);

#endif
