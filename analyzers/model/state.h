/* SPDX-License-Identifier: MIT */
/* The model's inside: what model.h shows and what it is made from. Included by analyzers/model
 * only. */
#ifndef LSC_MODEL_STATE_H
#define LSC_MODEL_STATE_H

#include "contention.h"
#include "model.h"
#include "rows.h"

/* Bounds of the tables. A process of any length stays within them; hostile input too. */
#define MODEL_THREADS_MAX 4096
#define MODEL_STRINGS_MAX 65536
#define MODEL_SITES_MAX 65536
#define MODEL_STACKS_MAX 65536
#define MODEL_FRAMES_MAX 262144
#define MODEL_TEXT_BYTES_MAX (64u << 20) /* of strings and frame names together */
#define MODEL_STRING_BYTES_MAX 4096
#define MODEL_ROWS_MAX 8192
#define MODEL_STALLS_MAX 256
#define MODEL_POOLS_MAX 256
#define MODEL_SLOTS_MAX (1u << 17) /* of tasks: as many as the probe has */
#define TASK_PIECES_MAX 32
#define MODEL_RESOURCES_MAX 65536
#define MODEL_TASK_HISTOGRAMS_MAX 256
#define MODEL_STRAY_JOBS_MAX 256
#define RETIRED_MAX 32 /* resources */
#define MODEL_CLASSES_MAX 2048
#define MODEL_WAKE_SENDERS_MAX 1024

/* Evidence kept per thread while its turn is open or its stall not settled. */
#define EVIDENCE_CALLS 128
#define EVIDENCE_SAMPLES 256
#define EVIDENCE_COUNTERS 64
#define EVIDENCE_STATES 64
#define EVIDENCE_PENDING 4
#define EVIDENCE_AWAY 16

struct open_call {
    uint64_t start_ns, end_ns;
    uint32_t row; /* of model->blocked, index + 1; 0 none */
    bool is_lock;
};
struct open_sample {
    uint64_t time_ns, start_ns; /* start of the turn it belongs to */
    uint32_t stack;
};
/* One reading of two absolute counters of the kernel: what was used (CPU time, major faults), and
 * what was waited for (the run queue, block I/O). */
enum { READING_USED, READING_WAITED };
struct reading {
    uint64_t time_ns;
    uint64_t value[2]; /* UINT64_MAX unknown */
    uint64_t busy_ns;  /* the loop's finished turns so far: to share a delta among turns */
};
struct reading_log {
    uint32_t count; /* ever; the latest EVIDENCE_COUNTERS are held */
    struct reading at[EVIDENCE_COUNTERS];
};
struct state_seen {
    uint64_t time_ns;
    uint32_t wait_channel;
    char state;
};
struct evidence {
    uint32_t call_count, sample_count;
    uint64_t spanless_ns[2]; /* of short calls, and of calls past EVIDENCE_CALLS: blocking, locks */
    uint64_t judged_ns;      /* time of this turn already judged as stalled polls */
    uint32_t state_count;    /* ever */
    uint32_t pending_count;
    uint32_t away_count;
    struct event away[EVIDENCE_AWAY]; /* calls held by away.c */
    struct open_call calls[EVIDENCE_CALLS];
    struct open_sample samples[EVIDENCE_SAMPLES];
    struct state_seen states[EVIDENCE_STATES];
    struct reading_log usage;               /* CPU ns, run-queue wait ns */
    struct reading_log faults;              /* major faults, block I/O ns */
    struct stall pending[EVIDENCE_PENDING]; /* waiting for a reading after their end */
};

struct worker;
struct string_entry;
struct site_entry;
struct stack_entry;
struct frames_entry;

/* A hold that is over but for the record of the poll that ended it. */
struct closing {
    struct hold hold; /* task 0: the place is free */
    struct live_hold live;
    uint32_t resource;
    uint64_t end_ns;
    uint64_t waiting, waited_ns, task_ns; /* the resource's then */
};
#define CLOSING_MAX 64

struct model {
    struct process_facts process;
    uint64_t seen_ns;
    uint64_t lost_records, lost_ns; /* lost_ns: up to here some may have been */
    struct tables_lost_item tables_lost;
    struct unheld unheld;
    struct end_item end;
    bool has_ended;

    struct thread **threads; /* by id; holes are NULL */
    uint32_t thread_room;
    uint32_t thread_count;
    uint32_t thread_order[MODEL_THREADS_MAX]; /* ids in order of appearance */

    struct string_entry *strings;
    struct site_entry *sites;
    struct stack_entry *stacks;
    struct frames_entry *frames;
    size_t text_bytes;

    struct rows blocked, shorts, causes;
    struct rows callbacks, late, classes;  /* see polls.h */
    struct rows slow, long_polls, balance; /* see workers.h */
    uint32_t worker_count;
    uint64_t windows_judged;               /* see balance.c */
    uint32_t wake_senders;                 /* tasks that have some */
    struct stall stalls[MODEL_STALLS_MAX]; /* the worst, unordered */
    uint32_t stall_count;

    struct pool *pools[MODEL_POOLS_MAX];
    uint32_t pool_count;
    struct event stray_jobs[MODEL_STRAY_JOBS_MAX]; /* of threads whose pool is not known yet */
    uint32_t stray_job_count;
    uint64_t stray_untimed; /* untimed jobs from before any pool had a timed one */

    struct task_row **tasks;            /* by slot */
    char *task_pieces[TASK_PIECES_MAX]; /* memory of the rows, see task_rows.c */
    struct task_row *with_histograms[MODEL_TASK_HISTOGRAMS_MAX]; /* task_histograms of them */
    uint32_t task_room, task_histograms;
    uint64_t task_least_busy_ns; /* no task with histograms is less busy */
    struct resource_row **resources;
    uint32_t resource_room;
    uint32_t contentions;
    struct closing closing[CLOSING_MAX]; /* the latest */
    uint32_t closing_next;
    struct retired {
        struct resource_row *row; /* its slot has gone to another */
        uint64_t story;           /* how much there is to tell of it */
    } retired[RETIRED_MAX];
};

/* names.c */
int names_apply_string(struct model *model, const struct string_item *item);
int names_apply_site(struct model *model, const struct site_item *item);
int names_apply_stack(struct model *model, const struct stack_item *item);
int names_apply_frames(struct model *model, const struct frames_item *item);
void names_free(struct model *model);

/* thread.c */
struct thread *thread_get(struct model *model, uint32_t id); /* made when new; NULL: no room */
int thread_apply(struct model *model, const struct thread_item *item);
int thread_apply_lost(struct model *model, const struct lost_item *item);
int thread_apply_now(struct model *model, const struct now_item *item);
struct evidence *thread_evidence(struct thread *thread); /* made when new; NULL: no memory */
void threads_free(struct model *model);

/* events.c */
int events_apply(struct model *model, const struct events_item *item);

/* turn.c: one record each */
int turn_apply(struct model *model, struct thread *thread, const struct event *event);
struct poll;
int turn_apply_poll(struct model *model, struct thread *thread, const struct poll *poll);
int call_apply(struct model *model, struct thread *thread, const struct event *event);
int calls_apply(struct model *model, struct thread *thread, const struct event *event);
int sample_apply(struct thread *thread, const struct event *event);
/* The stall of a turn that is still open at the latest observation. False: there is none. */
bool turn_open_stall(const struct model *model, const struct thread *thread, struct stall *out);

/* away.c */
/* True: the call is held, false: it is to be applied now. */
bool away_hold(struct evidence *evidence, const struct event *event);
/* Applies what is held: the loop went on. */
int away_apply(struct model *model, struct thread *thread);
/* Forgets what is held: the loop was over. The time it took, ns. */
uint64_t away_drop(struct thread *thread);

/* evidence.c */
int usage_apply(struct model *model, const struct event *event);
int faults_apply(struct model *model, const struct event *event);
int state_apply(struct model *model, const struct event *event);
/* The part of a counter's rise that falls into the stall; false when nothing is known of it. */
bool reading_share(const struct reading_log *log, unsigned field, const struct thread *thread,
                   const struct stall *stall, uint64_t *share);

/* stall.c */
void stall_settle(const struct thread *thread, struct stall *stall);
void stall_push(struct model *model, struct thread *thread, const struct stall *stall);
/* Settles those that ended at or before `until_ns`. */
void stall_settle_pending(struct model *model, struct thread *thread, uint64_t until_ns);

/* pool.c */
int pool_apply_work(struct model *model, struct thread *thread, const struct event *event);
void pool_note_thread(struct model *model, struct thread *thread);
/* The pool of a thread that works for one; NULL: not known yet. */
struct pool *pool_of_worker(struct model *model, struct thread *thread);
void pools_free(struct model *model);

/* jobs.c */
int job_apply(struct model *model, struct thread *thread, const struct event *event);
/* The jobs of a thread that has just got its pool. */
int jobs_adopt(struct model *model, const struct thread *thread);

/* callbacks.c */
int poll_apply(struct model *model, struct thread *thread, const struct event *event);

/* workers.c */
/* A libuv callback names its function or its phase, an executor's poll does not. */
static inline bool worker_is_poll_of_task(const struct event *event)
{
    unsigned flags = event->flags & (LSC_POLL_PHASE_FLAG(0xf) | LSC_POLL_BLOCKING);
    return (LSC_POLL_CALLBACK(event->arg2) | flags) == 0;
}
/* `task` may be NULL. Its delay is known. */
void worker_apply_poll(struct model *model, struct thread *thread, struct task_row *task,
                       const struct event *event);
int worker_apply(struct model *model, struct thread *thread, const struct event *event);
void worker_free(struct worker *worker);

/* progress.c */
/* A record of what its thread did, after it was applied. */
void progress_note(struct model *model, const struct event *event);
void progress_woken(struct model *model, struct task_row *task, const struct event *event);

/* wakes.c */
void wakes_add(struct model *model, struct task_row *task, const struct event *event);
void wakes_drop(struct model *model, struct task_row *task);

/* task_classes.c */
/* By what is known of the task now; once it has ended, it stays where it was. */
void task_class_join(struct model *model, struct task_row *task, uint64_t now_ns);
void task_class_end(struct model *model, struct task_row *task, uint64_t time_ns);

/* task.c */
/* Its row after the poll; NULL: there is no room for it, or its slot has gone to another. */
struct task_row *task_apply_poll(struct model *model, const struct event *event);
struct task_row *task_find(const struct model *model, uint32_t handle); /* NULL unknown */
int task_apply(struct model *model, const struct task_item *item);
int task_apply_event(struct model *model, const struct event *event);
void tasks_free(struct model *model);

/* task_rows.c */
/* Where the row of this slot is to be, not initialized; asked once for each. NULL: no memory. */
struct task_row *task_row_place(struct model *model, uint32_t slot);
void task_rows_free(struct model *model);

/* resource.c */
int resource_apply(struct model *model, const struct resource_item *item);
int resource_apply_event(struct model *model, const struct event *event);
void resources_free(struct model *model);

struct resource_row *resource_find(const struct model *model, uint32_t handle); /* NULL unknown */

/* holds.c */
void holds_apply(struct model *model, struct resource_row *row, const struct event *event);

/* contention.c: records as they come; a poll after the task's own row was told of it. */
void contention_await(struct model *model, struct task_row *task, uint32_t resource,
                      uint64_t now_ns);
void contention_poll(struct model *model, struct task_row *task, const struct event *poll);
/* The task has ended. */
void contention_leave(struct model *model, struct task_row *task, uint64_t now_ns);
/* The row's hold of that index has begun, or is about to be forgotten. */
void contention_hold(struct model *model, struct resource_row *row, unsigned index);
void contention_release(struct model *model, struct resource_row *row, unsigned index,
                        uint64_t now_ns);
void contention_waiters(struct resource_row *row, uint64_t waiters, uint64_t now_ns);
void contention_free(struct model *model, struct resource_row *row);

/* model.c */
struct model *model_new(void);
void model_delete(struct model *model);
int model_apply(struct model *model, const struct item *item);

static inline void model_saw(struct model *model, uint64_t time_ns)
{
    if (time_ns > model->seen_ns)
        model->seen_ns = time_ns;
}

/* A record's span, cut at time 0. */
static inline uint64_t span_start(const struct event *event)
{
    return event->arg > event->time_ns ? 0 : event->time_ns - event->arg;
}

static inline uint64_t at_least_zero(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static inline uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* a * b / c without overflow; 0 when c is 0. */
static inline uint64_t share_of(uint64_t a, uint64_t b, uint64_t c)
{
    return c == 0 ? 0 : (uint64_t)((unsigned __int128)a * b / c);
}

#endif
