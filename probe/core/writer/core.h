/* SPDX-License-Identifier: MIT */
/* The inside of libloopscope.so, as seen by the preload library and the executor.
 *
 * Rules for everything behind this header: never exit, abort, allocate from the heap, change errno,
 * keep a descriptor open or print more than one line; on any failure switch the probe off, count,
 * and let the program run on. The functions are exported in the private version node
 * LOOPSCOPE_PRIVATE and may change with every release. */
#ifndef LSC_CORE_H
#define LSC_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../format/segment.h"
#include "loopscope/probe.h"

/* A thread as its own code sees it: private memory behind the initial-exec pointer `lsc__self`,
 * which is NULL until the thread's first event. The memory is wiped in a forked child
 * (MADV_WIPEONFORK), also in one made without pthread_atfork handlers: there `shared` is NULL and
 * an emit takes the slow path, so nothing of a child reaches its parent's ring. Use lsc__writer(),
 * which checks that. */
struct lsc_writer {
    uintptr_t cursor;          /* the slot the next record goes to */
    uintptr_t end;             /* a cursor at or beyond it takes the slow path; 0 inside an emit */
    struct lsc_thread *shared; /* its slot in the segment */
    struct lsc_record *ring;
    uint64_t mask;             /* ring_records - 1 */
    uint64_t reserved_records; /* how many the backing memory holds so far */
    uint32_t slot;
    uint32_t backoff; /* drops left until memory is asked for again */
} __attribute__((aligned(64)));

extern LSC_API _Thread_local struct lsc_writer *lsc__self
    __attribute__((tls_model("initial-exec")));

/* The segment's header, or NULL while there is none. */
extern LSC_API struct lsc_segment_header *lsc__segment;

/* ---- configuration: environment read once in the constructor, clamped, with secure_getenv ---- */
struct lsc_config {
    bool is_off;           /* LOOPSCOPE=off, or AT_SECURE */
    uint64_t stall_ns;     /* LOOPSCOPE_STALL_MS, default 20, 1..60000 */
    uint64_t block_ns;     /* LOOPSCOPE_BLOCK_US, default 1000, 10..60000000 */
    uint32_t ring_records; /* LOOPSCOPE_RING_KB, default 1024, 16..65536, rounded down to a power of
                              two */
    int signal;            /* LOOPSCOPE_SIGNAL, default SIGURG; 0 = take no stacks by signal */
    uint64_t run_id;       /* LOOPSCOPE_RUN, hex, set by `loopscope run` */
    bool follow;           /* LOOPSCOPE_FOLLOW=0: do not follow children */
    char directory[256];   /* LOOPSCOPE_DIR, default /dev/shm/loopscope-<uid> */
};
LSC_API const struct lsc_config *lsc__config(void);

/* ---- clock ---- */
/* The counter of records. Inline: one instruction where the counter is trustworthy. */
extern LSC_API uint32_t lsc__clock_kind; /* enum lsc_clock_kind, fixed before the first event */
LSC_API uint64_t lsc__clock_monotonic(void);
static inline uint64_t lsc__now(void)
{
#if defined(__x86_64__)
    if (__builtin_expect(lsc__clock_kind == LSC_CLOCK_TSC, 1))
        return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    if (__builtin_expect(lsc__clock_kind == LSC_CLOCK_CNTVCT, 1)) {
        uint64_t ticks;
        __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
        return ticks;
    }
#endif
    return lsc__clock_monotonic();
}
/* Conversions with the process' current calibration; saturating. */
LSC_API uint64_t lsc__ticks_from_ns(uint64_t ns);
LSC_API uint64_t lsc__ns_from_ticks(uint64_t ticks);
/* Writes clock_latest: the watchdog's heartbeat and the readers' calibration. Any thread, one at a
 * time. */
LSC_API void lsc__clock_refresh(void);

/* ---- life ---- */
/* Makes the segment if there is none and the configuration allows it. 0 or -errno; after a failure
 * it keeps failing at once (one line was printed). Idempotent, any thread, not in a signal handler.
 * `depths` is OR-ed into the header. */
LSC_API int lsc__segment_ensure(uint32_t depths);
/* The calling thread's writer, attaching it if needed (takes a slot, may make the segment populate
 * pages: slow path). NULL when the probe is off or no slot is free. Does not make a segment. */
LSC_API struct lsc_writer *lsc__attach(void);
/* The calling thread's writer, or NULL as above: three instructions once attached. */
static inline struct lsc_writer *lsc__writer(void)
{
    struct lsc_writer *w = lsc__self;
    return __builtin_expect(w != NULL && w->shared != NULL, 1) ? w : lsc__attach();
}
/* Switches the probe off for good and says `reason` once on stderr. errno untouched. */
LSC_API void lsc__give_up(const char *reason);
/* True when this is a forked child that still carries its parent's mapping: one load
 * (MADV_WIPEONFORK page). lsc__after_fork then drops it. */
LSC_API extern const volatile uint32_t
    *lsc__fork_canary; /* points at 0 in such a child; never NULL */
LSC_API void
lsc__after_fork(void); /* child: forget the parent's segment and every writer; idempotent */
/* Called by exit hooks and destructors: state, end_ticks. LSC_SEGMENT_LIVE takes an
 * LSC_SEGMENT_REPLACED back (the exec failed). */
LSC_API void lsc__segment_end(enum lsc_segment_state state);
/* Before a sandbox closes: backs all rings in use and a few spare ones with memory now, and marks
 * the segment so that no later path makes a system call. Not enough for SECCOMP_MODE_STRICT and
 * PR_TSC_SIGSEGV: there the kernel makes reading the counter (and clock_gettime) fault, so
 * recording must be off before, see lsc__counter_forbidden. */
LSC_API void lsc__seal(void);
/* Before reading the counter becomes a fault: nothing is recorded from here on; silent. The caller
 * must not use lsc__now either. */
LSC_API void lsc__counter_forbidden(void);
/* Any memory of the segment beyond this call may be used without SIGBUS: populates [at, at+bytes)
 * with MADV_POPULATE_WRITE. 0, or -errno when shared memory is full. Slow path only. */
LSC_API int lsc__reserve(void *at, size_t bytes);

/* ---- writing ---- */
/* Slow path of a claim, taken every few hundred records: wraps the cursor, adds POLL records to the
 * totals of their tasks, gets memory for more of the ring. The address of the slot to write, with
 * *end set anew; or 0: the record must be dropped and has been counted. */
LSC_API uintptr_t lsc__ring_slow(struct lsc_writer *w, uintptr_t *end);

/* Appends one record. Wait-free; overwrites the oldest. Async-signal-safe (a nested call is a
 * counted drop). Stores are relaxed atomics; see ring.h for the reader's side. */
static inline void lsc__ring_put(struct lsc_writer *w, uint64_t time, uint16_t type, uint16_t flags,
                                 uint32_t task, uint64_t arg, uint64_t arg2);

/* ---- tables: append only, lock-free, async-signal-safe; 0 = full (counted) or no segment ---- */
LSC_API uint32_t lsc__string_intern(const char *bytes, size_t length);
LSC_API uint32_t lsc__stack_intern(const uint64_t *pcs, unsigned depth, bool was_cut);
/* Adds modules loaded since the last call (dl_iterate_phdr: takes the loader's lock; not in a
 * signal handler, not in a hook that the loader may call). */
LSC_API void lsc__modules_refresh(void);

/* ---- tasks and resources on behalf of a program that knows nothing of loopscope ----
 * As loopscope/probe.h, by ids that were interned before, and without LSC_DEPTH_EXPLICIT. `w` is
 * the calling thread's writer, recording; handles of 0, or of a segment from before a fork, do
 * nothing. Async-signal-safe, no system call once memory is there. */
struct lsc__task_spec {
    uint32_t kind, name; /* string ids; name 0: none */
    uint32_t stack;      /* where it was created, stack id or 0 */
    uint32_t parent;     /* handle or 0 */
};
LSC_API uint32_t lsc__task_spawn(struct lsc_writer *w, const struct lsc__task_spec *spec,
                                 uint64_t now);
LSC_API void lsc__task_end(struct lsc_writer *w, uint32_t task, uint64_t now);
/* Its last poll said LSC_POLL_READY, which is how readers know: without a record. */
LSC_API void lsc__task_finish(uint32_t task);
/* Its name is known, or known better, only now (a bound address, a process number). */
LSC_API void lsc__task_rename(uint32_t task, uint32_t name);
/* The waker is the task that this thread polls; `stack` where it is woken from, or 0. */
LSC_API void lsc__task_wake(struct lsc_writer *w, uint32_t task, uint32_t stack, uint64_t now);
/* Counts a wake of a task that had been woken already: without a record. */
LSC_API void lsc__task_count_wake(uint32_t task);
/* 0 when the table is full (counted). */
LSC_API uint32_t lsc__resource_new(uint32_t kind, uint32_t name, uint64_t capacity, uint64_t now);
LSC_API void lsc__resource_delete(uint32_t resource);
/* Capacity 0: as it was. */
LSC_API void lsc__resource_depth(struct lsc_writer *w, uint32_t resource, uint64_t depth,
                                 uint64_t capacity, uint64_t now);
/* The same when something was put in, from `stack` (0: not known). */
LSC_API void lsc__resource_filled(struct lsc_writer *w, uint32_t resource, uint64_t depth,
                                  uint32_t stack, uint64_t now);
/* Whose it is: the task of a stream that has this write queue. */
LSC_API void lsc__resource_hold(uint32_t resource, uint32_t task);
LSC_API void lsc__resource_drop(struct lsc_writer *w, uint32_t resource, uint64_t count,
                                uint64_t now);

#include "ring_put.h"

#endif
