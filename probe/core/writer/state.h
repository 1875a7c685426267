/* SPDX-License-Identifier: MIT */
/* What the writer's files share: where the segment is mapped, and the private memory of this
 * process' side of it. Nothing here is trusted to the segment itself, which others may be able to
 * write. */
#ifndef LSC_STATE_H
#define LSC_STATE_H

#include <stdatomic.h>

#include "core.h"
#include "slot_queue.h"

#define CORE_THREADS 256
#define CORE_STRING_BYTES (1u << 20)
#define CORE_SITES 8192
#define CORE_STACKS 8192
#define CORE_FRAMES (1u << 18)
#define CORE_TASKS (1u << 17) /* at most 2^LSC_HANDLE_SLOT_BITS */
#define CORE_RESOURCES 4096
#define CORE_MODULES 512
#define CORE_HASHES (2 * 16384) /* twice the entries that may be stored, for strings and stacks */

/* One record in so many is the end of a batch that is folded into the tasks' totals. */
#define CORE_FOLD_RECORDS 512

/* Where the segment is in memory. Fixed between lsc__segment_ensure and a fork. */
struct segment_map {
    uint8_t *base;
    uint64_t bytes;
    struct lsc_part parts[LSC_PART_COUNT];
    bool is_reserved; /* every page was backed when it was made */
};
extern struct segment_map segment_map;

/* Private memory that belongs to one segment: anonymous, wiped in a forked child. */
struct core_private {
    struct lsc_writer writers[CORE_THREADS];
    struct slot_queue free_tasks;
    struct slot_queue free_resources;
    _Atomic uint64_t free_task_cells[CORE_TASKS];
    _Atomic uint64_t free_resource_cells[CORE_RESOURCES];
    _Atomic uint32_t site_index[2 * CORE_SITES];
    uint32_t resource_handles[CORE_RESOURCES]; /* the last of each slot */
    _Atomic uint64_t tasks_spawned;
};
extern struct core_private *core_private;

/* A number that differs between a process and its forked ancestors: first generation of handles. */
extern uint32_t core_first_generation;

/* Set by lsc__seal: from then on no system call is made. */
extern _Atomic bool core_is_sealed;

static inline void *part_at(enum lsc_segment_part part, uint64_t index)
{
    const struct lsc_part *p = &segment_map.parts[part];
    return segment_map.base + p->offset + index * p->stride;
}

/* Makes sure the first `count` elements of `part` have memory. 0 or -errno. */
int part_reserve(enum lsc_segment_part part, uint64_t count);
/* The same for the page of one element, for a part that is used at random places. */
int part_reserve_page(enum lsc_segment_part part, uint64_t index);
/* True when the first `count` elements were reserved before. No system call. */
bool part_is_reserved(enum lsc_segment_part part, uint64_t count);
/* How many elements at the start of `part` have memory. */
uint64_t part_reserved(enum lsc_segment_part part);
/* Forgets what was reserved: a new segment is being made. */
void reserve_reset(bool is_reserved);
/* In a forked child: remembers what its parent had reserved, and tells it (bytes from the part's
 * start, and pages of the hash part). */
void reserve_inherit(void);
uint64_t reserve_inherited(enum lsc_segment_part part);
bool reserve_inherited_page(uint64_t page);

/* The header, or NULL while there is no segment. */
static inline struct lsc_segment_header *core_header(void)
{
    return __atomic_load_n(&lsc__segment, __ATOMIC_ACQUIRE);
}

static inline uint32_t core_ring_records(void)
{
    return segment_map.parts[LSC_PART_RINGS].stride / (uint32_t)sizeof(struct lsc_record);
}

/* Plain addition to a counter that one thread writes (or whose writers accept a lost count). */
static inline void add_relaxed(_Atomic uint64_t *counter, uint64_t n)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + n, memory_order_relaxed);
}

/* A loss counter of the header, plus one. */
static inline void count_lost(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* Takes the next of `capacity` elements counted by `counter`, backed with memory; its index, or -1.
 */
int64_t part_append(enum lsc_segment_part part, _Atomic uint32_t *counter);

/* Adds the POLL records of `w` that are not in the tasks' totals yet. Only on its own thread,
 * claimed. */
void fold_polls(struct lsc_writer *w);
void fold_polls_of(struct lsc_thread *thread, struct lsc_writer *w);

/* The entry of a live task or resource, or NULL: bounds, memory and generation are checked. */
struct lsc_task *task_find(uint32_t handle);
struct lsc_resource *resource_find(uint32_t handle);

/* What a forked child inherited: its parent's mapping, still readable from the tables on, and how
 * far the append-only tables were filled. */
struct segment_inheritance {
    struct segment_map map;
    uint32_t used[LSC_PART_COUNT];
    bool is_valid;
};
extern struct segment_inheritance segment_inheritance;

/* Copies strings, sites, stacks and modules of a forked parent into `header`'s segment, just made,
 * so that ids kept by the program stay valid. Without room for them the tables stay empty. */
void tables_adopt(struct lsc_segment_header *header);
/* Makes adopted sites findable. */
void sites_reindex(struct lsc_segment_header *header);

/* segment.c, for fork.c: what the process was doing about its segment is forgotten. */
void segment_forget(bool may_make_another);
/* From now on lsc__segment_ensure fails. */
void segment_refuse(void);

/* What lsc_poll_switch writes through: the thread's writer while it is inside a poll, else a dummy
 * whose cursor is at its end, so that everything rare is found with the one check it makes anyway.
 */
extern struct lsc_writer core_parked;
extern _Thread_local struct lsc_writer *core_hot;

/* The calling thread's part of a fork. */
void thread_forget(void);
void thread_keys_init(void);
/* An emit came while the segment was being made: counted with the next thread that attaches. */
void thread_missed_emit(void);
void modules_forget(void);

/* Notes that the ring of `w` has memory for `records`; any thread. */
void ring_raise_reserved(struct lsc_writer *w, uint64_t records);

void core_init(void);
void fork_init(void);
void clock_init(void);
void config_init(void);
/* Says what was wrong in the environment, once, when the process turns out to be observed. */
void config_complain(void);

extern int core_pid; /* of the process the state belongs to */

#endif
