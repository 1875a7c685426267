/* SPDX-License-Identifier: MIT */
/* One process under observation: what of its segment has become items already. Internal to the live
 * source; used by one thread. Parts: observed.c (life), slots.c (threads), merge.c (records),
 * tables.c (everything records refer to), pcs.c (addresses to symbolize). */
#ifndef LSC_OBSERVED_H
#define LSC_OBSERVED_H

#include "item_queue.h"
#include "segment_reader.h"
#include "symbol_thread.h"

#define OBSERVED_BATCH 16384u /* events of one item at most */
#define SLOT_BUFFER_MAX 4096u /* converted records of one ring that wait to be merged */
#define STRING_BYTES_MAX 65536u
#define OBSERVED_THREADS_MAX (1u << 24) /* ids; a trace file holds no higher ones */
#define SYMBOLS_RETRY UINT64_MAX        /* not before the process ends */

/* One ring and the threads that use it one after the other. */
struct slot {
    struct lsc_thread shared; /* as it was at the begin of this drain */
    bool is_present;          /* `shared` is valid */
    bool is_new;              /* its cursor has not been placed yet */

    /* The thread that the next record belongs to; generation 0: not known yet. */
    uint32_t generation, thread;
    struct lsc_thread told;               /* by its last ITEM_THREAD */
    bool has_ended;                       /* was told */
    bool was_busy;                        /* its last ITEM_NOW showed something in progress */
    uint64_t facts_digest, totals_digest; /* of `told` */

    uint64_t cursor, limit; /* records [cursor, limit) are read in this drain */
    uint64_t lost;          /* not told yet */
    uint64_t rate;          /* records a second, of late */
    uint64_t measured;      /* the cursor at the last measurement of it */

    struct event *buffer; /* [used, count) wait, in order of time */
    size_t used, count, capacity;
};

/* A set of numbers seen. Open addressing, 0 is not a member. */
struct number_set {
    uint64_t *places;
    size_t count, capacity;
};

struct pending_pc {
    uint64_t pc;
    uint64_t not_before_ns; /* CLOCK_MONOTONIC, or SYMBOLS_RETRY */
    bool is_return;
};

/* An entry of the task or resource table as it was told last. */
struct told_entry {
    uint32_t handle, digest;
};

struct address_range {
    uint64_t start, end;
};

enum observed_state {
    OBSERVED_RUNNING,
    OBSERVED_ENDING, /* gone and drained; the symbols of its stacks are awaited */
    OBSERVED_ENDED,  /* ITEM_END is out */
};

struct observed {
    struct segment_reader *reader;
    struct item_queue *queue;      /* of the source */
    struct symbol_thread *symbols; /* of the source, or NULL */
    uint32_t index;                /* in the stream */
    uint32_t pid;
    int pidfd;           /* -1: not to be had */
    bool is_past_wanted; /* begin with what the rings hold */
    bool skips_past;     /* begin with what comes from now on */
    enum observed_state state;
    bool is_dead, is_broken;    /* the process is gone; the segment has become nonsense */
    uint64_t replaced_since_ns; /* since when the segment says so, 0 it does not */
    uint32_t told_depths, told_limits;
    bool is_told;
    char title[2048]; /* the command line as it is now; title.c */
    uint32_t title_bytes;
    uint64_t title_at_ns; /* CLOCK_MONOTONIC */
    bool has_end;         /* its parent told how it ended */
    enum end_kind end_kind;
    int end_status;

    struct slot *slots;
    uint32_t slot_count, slot_capacity;
    uint32_t next_thread;       /* id */
    struct lsc_record *records; /* scratch for one reading of a ring */
    struct event *batch;        /* OBSERVED_BATCH */
    uint32_t *heap;             /* slots with waiting events, earliest on top */
    uint32_t heap_count;
    uint64_t newest_ns, clock_ns;                    /* of all events; told last */
    uint64_t drained_at_ns, totals_at_ns, now_at_ns; /* CLOCK_MONOTONIC */

    /* Ids up to these have been told all, some above may have been. */
    uint32_t next_site, next_stack, next_module, next_task_check;
    bool has_told_tasks; /* every task of the table once */
    struct number_set strings, sites, stacks;
    struct told_entry *tasks, *resources; /* by slot */
    uint32_t task_room, resource_room;
    struct tables_lost_item told_lost;
    char *text; /* STRING_BYTES_MAX, scratch */

    struct number_set pcs, stack_uses; /* wanted already; a use is 2 * stack + (is it a sample's) */
    struct pending_pc *pending;        /* not ordered yet */
    size_t pending_count, pending_capacity;
    uint64_t outstanding; /* ordered, not resolved */
    uint64_t ending_since_ns;
    bool symbols_know_process;
    struct address_range *modules;
    uint32_t module_room;
};

/* ---- observed.c ---- */

/* Opens the segment at `path`. 0; -EAGAIN not complete yet; another -errno. */
int observed_open(const char *path, struct observed **out, char *why, size_t why_bytes);
void observed_delete(struct observed *observed);
/* Notices the process' death or exec. */
void observed_check_life(struct observed *observed, uint64_t mono_ns);
/* Looks what the process calls itself now (title.c); true: it has changed. */
bool title_refresh(struct observed *observed, uint64_t mono_ns);
/* The three steps of a drain: what is new in the tables; then events until it returns false; then
 * what is true at the end of it. */
void observed_begin_drain(struct observed *observed, uint64_t mono_ns);
bool observed_drain_batch(struct observed *observed);
void observed_end_drain(struct observed *observed, uint64_t mono_ns, bool is_last);
/* ITEM_END; the reader is closed. */
void observed_end(struct observed *observed);
/* Microseconds until a ring may be one eighth full again. */
uint64_t observed_pause_us(const struct observed *observed);

/* ---- slots.c ---- */
void slots_scan(struct observed *observed);
/* Makes `slot` the home of the thread of this generation, with a new id. */
void slot_begin_thread(struct observed *observed, struct slot *slot, uint32_t generation,
                       uint32_t tid, uint64_t started_ns);
/* ITEM_THREAD of what has changed; `with_totals`: also where only totals did. */
void slots_tell(struct observed *observed, bool with_totals);
void slots_tell_now(struct observed *observed, uint64_t time_ns, bool all);
void slots_tell_lost(struct observed *observed);
void slots_free(struct observed *observed);

/* ---- merge.c ---- */
void merge_begin(struct observed *observed);
/* Fills the batch; how many. 0: the drain's records are out. */
size_t merge_batch(struct observed *observed);

/* ---- tables.c ---- */
void tables_scan(struct observed *observed);
/* Queues what `event` refers to and is not known yet. */
void tables_refer(struct observed *observed, const struct event *event);
/* The next tasks of the table in which something has changed, or all such. */
void tables_tell_tasks(struct observed *observed, bool all);
/* The same, and resources. */
void tables_tell_totals(struct observed *observed, bool all);
void tables_tell_lost(struct observed *observed);
void tables_free(struct observed *observed);

/* ---- pcs.c ---- */
/* True when it was not a member. False also for 0 and when there is no memory. */
bool number_set_add(struct number_set *set, uint64_t number);
bool number_set_has(const struct number_set *set, uint64_t number);
/* Frames of this address are wanted. */
void pcs_want(struct observed *observed, uint64_t pc, bool is_return);
/* Of all of a stack; the innermost address of a sample is exact, all others are return addresses.
 */
void pcs_want_stack(struct observed *observed, uint32_t stack, bool is_sample);
/* Tells the symbol thread of new modules and orders what may be ordered, as far as it has room. */
void pcs_order(struct observed *observed, uint64_t mono_ns);
/* One result has come. */
void pcs_resolved(struct observed *observed, const struct symbol_result *result);
bool pcs_are_all_resolved(const struct observed *observed);
void pcs_free(struct observed *observed);

#endif
