/* SPDX-License-Identifier: MIT */
/* What polls and wakes add up to: callbacks by function, the phases of a loop's turns, timers that
 * were late and whose callback made them so, who wakes a task, and tasks by where they are created.
 * Read side, like model.h. */
#ifndef LSC_POLLS_H
#define LSC_POLLS_H

#include "growth.h"
#include "model.h"

/* Which callback of which kind of task, in one number: phase, role, string id of the kind. Kinds
 * that need more bits, phases and roles of a newer probe are 0. */
#define CALLBACK_PHASE(what) ((what)&0xf)
#define CALLBACK_ROLE(what) ((what) >> 4 & 0xf)
#define CALLBACK_KIND(what) ((what) >> 8)

/* Names of phases and roles; that of NONE and "" for numbers this build does not know. */
const char *phase_name(unsigned phase);
const char *role_name(unsigned role);

/* The polls of one function on one thread; callback is a stack id of one frame, 0 unknown. */
struct callback_key {
    uint32_t thread, callback, what;
};
struct callback_row {
    struct callback_key key;
    uint64_t count, total_ns, worst_ns, first_ns, last_ns; /* first start, last end */
    uint64_t delays, delay_ns, worst_delay_ns;             /* of those whose delay is known */
    uint32_t worst_task;
};
/* In order of first appearance. */
unsigned model_callback_count(const struct model *model);
const struct callback_row *model_callback_at(const struct model *model, unsigned index);

/* A turn divided: the phases in which its polls ran, each nested poll counted once, and the rest,
 * which is the loop itself and the kernel. Phase NONE: polls of tasks that are no libuv callback.
 */
struct turn_time {
    uint64_t start_ns, end_ns;
    uint64_t phase_ns[LSC_PHASE_LIMIT], other_ns;
    uint64_t polls;
    uint64_t longest_ns; /* its longest poll */
    uint32_t callback, what, task;
};
#define WORST_TURNS 4
struct loop_time {
    uint64_t phase_ns[LSC_PHASE_LIMIT], other_ns; /* all together: the loop's busy time */
    uint64_t polls;
    struct turn_time worst[WORST_TURNS]; /* longest first */
    unsigned worst_count;
};
/* NULL: the thread is no loop or no poll was seen on it. */
const struct loop_time *thread_time(const struct thread *thread);

/* Timers that ran at least the stall threshold late, by what ran while they were due: the function
 * with the largest part of that time. `neighbour` is the stack id of a callback or of a blocking
 * call; 0: nothing had a quarter of it. */
struct late_key {
    uint32_t thread, callback, neighbour; /* callback: the timer's own */
};
struct late_row {
    struct late_key key;
    uint64_t count, total_ns, worst_ns, first_ns, last_ns; /* lateness; first due, last run */
    uint64_t overlap_ns, worst_overlap_ns;                 /* the neighbour's part in it */
    uint64_t neighbour_runs;                               /* its polls that overlapped */
    uint32_t worst_task, neighbour_task, neighbour_what;   /* of the worst occurrence */
};
unsigned model_late_count(const struct model *model);
const struct late_row *model_late_at(const struct model *model, unsigned index);

/* Who wakes a task that is woken often. Counts are kept for the few most frequent, from the
 * WAKES_COUNTED_FROM-th wake on, and may be too large by the smallest of them. */
#define WAKE_SENDERS 4
#define WAKES_COUNTED_FROM 64
struct wake_sender {
    uint32_t thread;
    uint32_t place; /* a stack id, or a site id when is_site; 0 unknown */
    bool is_site;
    uint64_t count;
};
struct wake_senders {
    struct wake_sender at[WAKE_SENDERS];
};
/* The most frequent one; NULL: none was counted. */
const struct wake_sender *task_waker(const struct task_row *task);

/* Tasks of one kind created at one place. */
struct task_class_key {
    uint32_t kind, stack, site;
};
struct task_class {
    struct task_class_key key;
    uint64_t spawned, ended, live, live_max;
    uint64_t first_ns, last_ns; /* first and latest spawn */
    struct growth growth;       /* of the live ones, fed in steps, see task_classes.c */
    uint64_t step_ns, least;    /* internal: start of the open step, least number live in it */
};
unsigned model_task_class_count(const struct model *model);
const struct task_class *model_task_class_at(const struct model *model, unsigned index);
struct growth_view task_class_growth(const struct model *model, const struct task_class *class);
/* How many more there were each minute while it grew. */
uint64_t task_class_per_minute(const struct task_class *class, const struct growth_view *growth);
bool task_is_of(const struct model *model, const struct task_row *task,
                const struct task_class *class);
/* Tasks of the class that live and have done nothing since `since_ns`: no spawn, poll or wake. */
uint64_t task_class_idle(const struct model *model, const struct task_class *class,
                         uint64_t since_ns);

/* The task of this handle, NULL when its slot holds another generation. */
const struct task_row *model_task(const struct model *model, uint32_t handle);

#endif
