/* SPDX-License-Identifier: MIT */
/* The segment: the shared-memory file through which an observed process can be read by others,
 * also after its death. It holds offsets and ids, never pointers. Writers: the observed process,
 * and, for `control` alone, whoever may write the file. Readers must trust nothing in it.
 *
 * Layout: one header, then parts; each part is `capacity` elements of `stride` bytes at `offset`.
 * Pages are touched when first used, so the file is sparse.
 *
 * Changing it: append fields within the reserved space and set a feature bit; anything else bumps
 * LSC_SEGMENT_VERSION, and readers refuse what they do not know. */
#ifndef LSC_FORMAT_SEGMENT_H
#define LSC_FORMAT_SEGMENT_H

#include <stdatomic.h>
#include <stdint.h>

#include "calls.h"
#include "record.h"

#define LSC_SEGMENT_MAGIC "LSCSEG\r\n" /* 8 bytes, no terminator */
#define LSC_SEGMENT_VERSION 1
#define LSC_SEGMENT_SUFFIX ".seg" /* <pid>-<start counter in hex>.seg */

/* Where a process' observation stands. */
enum lsc_segment_state {
    LSC_SEGMENT_STARTING = 0, /* the header is not complete: not readable yet */
    LSC_SEGMENT_LIVE = 1,
    LSC_SEGMENT_OFF = 2,     /* the probe switched itself off; `off_reason` says why */
    LSC_SEGMENT_EXITED = 3,  /* the process left through exit; a killed one stays LIVE */
    LSC_SEGMENT_REPLACED = 4 /* the process called exec */
};

/* The depths of observation the process allowed (bit mask). */
#define LSC_DEPTH_LOOP 0x1
#define LSC_DEPTH_BLOCKING 0x2
#define LSC_DEPTH_POOLS 0x4
#define LSC_DEPTH_LIBUV 0x8
#define LSC_DEPTH_EXPLICIT 0x10 /* the program itself calls the emit API */

/* What the probe could not do (bit mask `limits`); every bit has a sentence in the reports. */
#define LSC_LIMIT_NO_UNWINDER 0x1   /* libunwind could not be loaded: no stacks */
#define LSC_LIMIT_NO_WATCHDOG 0x2   /* no thread could be started */
#define LSC_LIMIT_NO_SIGNAL 0x4     /* the sampling signal is used by the program */
#define LSC_LIMIT_SANDBOXED 0x8     /* a seccomp filter: no procfs, no watchdog */
#define LSC_LIMIT_NO_MEMORY 0x10    /* shared memory full: some rings could not grow */
#define LSC_LIMIT_NO_SCHEDSTAT 0x20 /* the kernel gives no run-queue wait */
#define LSC_LIMIT_NO_SOCKET_DIAG                                                                   \
    0x40 /* the kernel tells nothing of sockets' queues (sock_diag)                                \
          */
#define LSC_LIMIT_UV_UNKNOWN                                                                       \
    0x80 /* its libuv could not be watched: handles by depth 1 to 3 only                           \
          */

enum lsc_segment_part {
    LSC_PART_THREADS,   /* struct lsc_thread */
    LSC_PART_RINGS,     /* element i is the ring of thread slot i: ring_records lsc_record each */
    LSC_PART_STRINGS,   /* bytes; a string id is the offset of its struct lsc_string */
    LSC_PART_SITES,     /* struct lsc_site, id = index + 1 */
    LSC_PART_STACKS,    /* struct lsc_stack, id = index + 1 */
    LSC_PART_FRAMES,    /* uint64_t program counters, shared by the stacks */
    LSC_PART_TASKS,     /* struct lsc_task, by handle slot */
    LSC_PART_RESOURCES, /* struct lsc_resource, by handle slot */
    LSC_PART_MODULES,   /* struct lsc_module, append only */
    LSC_PART_HASHES,    /* uint32_t open-addressing index: first half strings, second half stacks */
    LSC_PART_COUNT = 16 /* room for more */
};

struct lsc_part {
    uint64_t offset;   /* bytes from the start of the file, page aligned */
    uint32_t stride;   /* bytes of one element */
    uint32_t capacity; /* elements */
};

/* Two clocks read at (nearly) the same instant. `seq` is odd while it is being written. */
struct lsc_clock_pair {
    _Atomic uint32_t seq;
    uint32_t reserved;
    _Atomic uint64_t ticks;   /* the record counter */
    _Atomic uint64_t mono_ns; /* CLOCK_MONOTONIC */
    _Atomic uint64_t real_ns; /* CLOCK_REALTIME */
};

enum lsc_clock_kind {
    LSC_CLOCK_MONOTONIC = 0, /* ticks are CLOCK_MONOTONIC nanoseconds */
    LSC_CLOCK_TSC = 1,       /* x86-64 invariant time stamp counter */
    LSC_CLOCK_CNTVCT = 2,    /* aarch64 virtual counter */
};

/* How many of a kind could not be held or written, since the start. */
struct lsc_lost {
    _Atomic uint64_t threads;   /* no free slot: the thread is not recorded */
    _Atomic uint64_t tasks;     /* task table full */
    _Atomic uint64_t resources; /* resource table full */
    _Atomic uint64_t strings;
    _Atomic uint64_t sites;
    _Atomic uint64_t stacks;
    _Atomic uint64_t modules;
};

struct lsc_segment_header {
    char magic[8];
    uint32_t version;
    uint32_t header_bytes; /* sizeof this struct, at least */
    uint64_t segment_bytes;
    uint64_t features;      /* reserved: 0 */
    _Atomic uint32_t state; /* enum lsc_segment_state; release-stored last at start */
    _Atomic uint32_t
        control; /* 1 = record, 0 = off for now; a reader with write access may set it */

    uint32_t pid;
    uint32_t ppid;
    uint64_t run_id;        /* LOOPSCOPE_RUN of the command that started it, or 0 */
    uint64_t process_start; /* field 22 of /proc/<pid>/stat (clock ticks since boot), tells pid
                               reuse; 0 unknown */
    uint32_t uid;
    uint32_t ring_records; /* power of two */

    uint32_t clock_kind;                /* enum lsc_clock_kind */
    uint32_t _Atomic off_reason;        /* string id, with LSC_SEGMENT_OFF */
    uint64_t ticks_per_second;          /* first estimate; the pairs below give a better one */
    struct lsc_clock_pair clock_start;  /* when the segment was made */
    struct lsc_clock_pair clock_latest; /* refreshed by the watchdog: also its heartbeat */

    uint64_t stall_ns; /* LOOPSCOPE_STALL_MS */
    uint64_t block_ns; /* LOOPSCOPE_BLOCK_US */
    _Atomic uint32_t depths;
    _Atomic uint32_t limits;
    _Atomic uint64_t end_ticks; /* when it left (EXITED, REPLACED), else 0 */
    struct lsc_lost lost;

    _Atomic uint32_t thread_count; /* slots ever used: [0, thread_count) */
    _Atomic uint32_t string_bytes; /* used bytes of LSC_PART_STRINGS */
    _Atomic uint32_t site_count;
    _Atomic uint32_t stack_count;
    _Atomic uint32_t frame_count;
    _Atomic uint32_t task_count;     /* slots ever used */
    _Atomic uint32_t resource_count; /* slots ever used */
    _Atomic uint32_t module_count;

    struct lsc_part parts[LSC_PART_COUNT];

    char program[64];   /* comm, NUL padded; untrusted bytes */
    char command[2048]; /* arguments separated by NUL, cut to fit; untrusted bytes */
    uint32_t command_bytes;
    char executable[1024]; /* readlink of /proc/self/exe */
    uint8_t reserved[512];
};

enum lsc_thread_state {
    LSC_THREAD_FREE = 0,
    LSC_THREAD_LIVE = 1,
    LSC_THREAD_ENDED = 2, /* ring still readable until the slot is reused (oldest ended first) */
};

/* What a thread has shown itself to be (bit mask `roles`, only ever added to). */
#define LSC_ROLE_LOOP 0x1     /* waits for readiness again and again */
#define LSC_ROLE_POOL 0x2     /* waits idle for work on a condition variable, semaphore or futex */
#define LSC_ROLE_SHARED 0x4   /* a loop whose reactor moves between threads (its parks are idle) */
#define LSC_ROLE_WATCHDOG 0x8 /* loopscope's own */
#define LSC_ROLE_WORKER 0x10  /* an executor's worker */
#define LSC_ROLE_EARLY 0x20   /* began before the segment: was there before `started` */

/* Totals per blocking call on this thread, inside turns. Writer: the thread. */
struct lsc_call_total {
    _Atomic uint64_t count;
    _Atomic uint64_t ticks;
};

/* One thread. Writer: the thread itself, except `generation` and `state` when a slot is taken. */
struct lsc_thread {
    /* The ring. Records [head - ring_records, head) are readable; see ring.h for the protocol. */
    _Atomic uint64_t head;           /* records ever written by this slot, never reset */
    _Atomic uint64_t reserved_until; /* records the backing memory holds so far (<= ring_records) */
    _Atomic uint64_t dropped_nested; /* an emit inside an emit, or before there was a ring */
    _Atomic uint64_t dropped_memory; /* shared memory was full */
    _Atomic uint64_t folded; /* records below this index are counted in the tasks' totals; the rest
                              * is still in the ring (segment_reader_task adds it) */
    _Atomic uint32_t recording; /* copy of `control` for this thread; writers: as for control */
    uint8_t pad0[20];

    /* What it is doing now. */
    _Atomic uint64_t turn_since;   /* counter at the wait's return; 0 while it waits */
    _Atomic uint64_t turn_number;  /* turns begun */
    _Atomic uint64_t call_since;   /* counter at entry of the blocking call; 0 outside */
    _Atomic uint32_t call;         /* enum lsc_call it is in */
    _Atomic uint32_t current_task; /* handle */
    _Atomic uint64_t poll_since;   /* counter when current_task began its poll, if there is one */
    _Atomic uint64_t busy_since;   /* pool worker: since when it is busy; 0 idle */
    _Atomic uint64_t wait_object;  /* pool worker: address it waits on when idle */
    _Atomic uint64_t stall_stack;  /* stack id of the latest sample of the turn in progress, or 0 */

    /* Identity. */
    _Atomic uint32_t state;      /* enum lsc_thread_state */
    _Atomic uint32_t generation; /* counts uses of the slot from 1 */
    uint32_t tid;
    _Atomic uint32_t roles;
    uint64_t start_routine; /* address given to pthread_create; 0 for the main thread */
    uint64_t started;       /* counter */
    uint64_t ended;         /* counter, with LSC_THREAD_ENDED */
    char name[16];          /* comm, refreshed by the watchdog; untrusted bytes */
    uint64_t loop_key;      /* epoll descriptor, or call site for poll and select loops */

    /* Totals that survive the ring. Counter ticks. */
    _Atomic uint64_t turns;
    _Atomic uint64_t busy_ticks; /* inside turns */
    _Atomic uint64_t idle_ticks; /* inside waits and parks, since it is a loop */
    _Atomic uint64_t ready_events;
    _Atomic uint64_t samples;      /* stacks taken of it */
    _Atomic uint64_t late_samples; /* signals that arrived after the stall was over */
    uint64_t reserved1[10];
    struct lsc_call_total calls[LSC_CALL_LIMIT];
};

/* At LSC_PART_STRINGS + id: bytes follow, NUL terminated, 8-byte aligned. */
struct lsc_string {
    _Atomic uint32_t hash; /* release-stored when the bytes are complete; 0 = not yet */
    uint32_t length;
    char bytes[];
};

struct lsc_site {
    _Atomic uint32_t file; /* string id; stored last */
    uint32_t line;
    uint32_t function; /* string id or 0 */
    uint32_t parent;   /* of an await: site id of the caller's await, 0 none; less than its own */
};

#define LSC_STACK_FRAMES_MAX 96 /* deeper stacks keep the innermost frames */
struct lsc_stack {
    _Atomic uint32_t hash; /* release-stored when complete; 0 = not yet */
    uint32_t first;        /* index into LSC_PART_FRAMES */
    uint16_t depth;        /* frames kept */
    uint16_t cut;          /* 1: the stack was deeper */
    uint32_t reserved;
};

/* A mapped ELF file. Filled from dl_iterate_phdr; order of addition. */
struct lsc_module {
    uint64_t bias;  /* load bias: runtime address - ELF virtual address */
    uint64_t start; /* lowest and one past the highest runtime address of its load segments */
    uint64_t end;
    _Atomic uint32_t path; /* string id; stored last */
    uint32_t build_id_bytes;
    uint8_t build_id[32];
};

enum lsc_task_state {
    LSC_TASK_FREE = 0,
    LSC_TASK_IDLE = 1,
    LSC_TASK_READY = 2,
    LSC_TASK_RUNNING = 3,
    LSC_TASK_ENDED = 4,
    LSC_TASK_STRANDED = 5, /* idle, and nobody can wake it: see the record STRANDED */
    LSC_TASK_STATE_LIMIT,
};

/* A live task with its totals. Writers: whoever spawned it; whoever wakes it (wakes: a plain add,
 * so two wakes at the very same instant may count once); and the threads that poll it. Both fold
 * their POLL and WAKE records into the totals some hundred at a time, so that a poll or a wake
 * itself costs one record only. Read it through segment_reader_task, which adds what is not folded
 * yet and settles `state`, `last_wake` and `awaits`: the writer stores when it was woken and began
 * to wait, and never clears it. Of a STRANDED one `await_since` is when
 * it became so. */
struct lsc_task {
    _Atomic uint32_t handle; /* of the task that lives here; 0 free. Stored last */
    _Atomic uint32_t state;  /* enum lsc_task_state */
    uint64_t id;             /* counts tasks of the process from 1 */
    uint32_t kind;           /* string id */
    uint32_t name;           /* string id or 0 */
    uint32_t site;           /* where it was spawned, site id or 0 */
    uint32_t stack;          /* where it was spawned, stack id or 0 */
    uint32_t parent;         /* handle or 0 */
    _Atomic uint32_t awaits; /* resource handle it waits for, or 0 */
    _Atomic uint32_t await_site;
    _Atomic uint32_t owner; /* 1 + slot of the one thread that polls it; UINT32_MAX: several do */
    uint64_t spawned;       /* counter */
    _Atomic uint64_t polls;
    _Atomic uint64_t busy_ticks;
    _Atomic uint64_t worst_ticks; /* longest poll */
    _Atomic uint64_t wakes;
    _Atomic uint64_t self_wakes;
    _Atomic uint64_t last_wake;   /* counter; 0 = not woken since its last poll (as read) */
    _Atomic uint64_t last_poll;   /* counter at the end of its latest poll */
    _Atomic uint64_t last_begin;  /* counter at the begin of its latest poll */
    _Atomic uint64_t await_since; /* counter when `awaits` was stored */
};
_Static_assert(sizeof(struct lsc_task) == 128, "two cache lines");

struct lsc_resource {
    _Atomic uint32_t handle; /* 0 free. Stored last */
    uint32_t kind;           /* string id: "channel", "semaphore", "pool"… */
    uint32_t name;           /* string id or 0 */
    uint32_t site;
    uint64_t created;          /* counter */
    _Atomic uint64_t capacity; /* 0 = unbounded */
    _Atomic uint64_t depth;
    _Atomic uint64_t depth_max;
    _Atomic uint64_t operations; /* changes of its depth, and times it was taken hold of */
    _Atomic uint64_t dropped;
    _Atomic uint32_t holder; /* task handle or 0 */
    _Atomic uint32_t waiters;
    uint64_t reserved[7];
};
_Static_assert(sizeof(struct lsc_resource) == 128, "two cache lines");

#endif
