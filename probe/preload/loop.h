/* SPDX-License-Identifier: MIT */
/* A loop thread: the turn in progress, the calls counted in it, and what the watchdog and the
 * sampling handler share with it. The memory is wiped by fork (MADV_WIPEONFORK), so a child that
 * was made without fork handlers sees `shared` == NULL and starts anew. */
#ifndef LSC_LOOP_H
#define LSC_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/writer/core.h"

enum loop_kind {
    LOOP_EPOLL, /* key: the epoll descriptor */
    LOOP_SITE,  /* key: the return address of poll or select */
};

struct loop_call {
    uint64_t ticks;
    uint32_t count;
    uint32_t stack; /* taken when the running sum crossed the threshold, else 0 */
    uint16_t flags; /* LSC_CALL_*, found out at the same time */
};

/* Handshake for one sampling signal, see sample.h. */
enum sample_request {
    SAMPLE_NONE,
    SAMPLE_WANTED,  /* the watchdog thinks of sending one; the thread may still refuse */
    SAMPLE_SENDING, /* the signal is on its way */
    SAMPLE_LOST,    /* the thread did not wait for it any longer; whenever it comes it is ours */
};

#define LOOP_CALL_WORDS ((LSC_CALL_LIMIT + 63) / 64)
#define LOOP_STACK_ROOM (LSC_STACK_FRAMES_MAX + 32)
#define LOOP_HOME_ROOM 32

struct loop {
    /* Written by the thread. */
    struct lsc_writer *writer;
    struct lsc_thread *shared; /* NULL: wiped by fork */
    uint64_t key;
    uintptr_t frame;      /* of the latest own wait: tells nested waits from following ones */
    uintptr_t call_frame; /* of the interposed call in progress */
    uint64_t turn_begin;  /* ticks; meaningful while is_open */
    uint64_t lateness;
    uint32_t ready;
    uint16_t flags; /* LSC_TURN_* of the turn in progress */
    uint8_t kind;   /* enum loop_kind */
    bool is_open;
    bool is_after_empty;    /* the turn follows a zero-timeout wait that found nothing */
    bool has_calls;         /* since the turn began */
    bool is_warm;           /* the unwinder has run on this thread */
    uint32_t foreign_waits; /* on other keys since the last own wait */
    uint64_t foreign_key;
    uint64_t touched[LOOP_CALL_WORDS];
    struct loop_call calls[LSC_CALL_LIMIT];

    /* Shared with the watchdog and the sampling handler. */
    _Atomic uint32_t is_in_call;   /* writer: the thread, around every interposed call and wait */
    _Atomic uint32_t request;      /* enum sample_request; changed by compare-and-swap */
    _Atomic uint64_t stalled_turn; /* number of the latest turn the watchdog saw stalled */
    _Atomic uint32_t owner;        /* tid, or a stand-in where it is not known; 0 = free slot */
    _Atomic uint32_t is_read;      /* writer: the watchdog, while it walks the thread's stack */
    bool is_capturing;             /* the thread is inside the unwinder */
    void *frames[LOOP_STACK_ROOM];
    void *const *stack; /* the stack taken last, inside `frames` */
    int stack_depth;    /* 0: none could be taken */
    uint16_t home_depth;
    uint16_t home_start; /* frames of `home` that belong to the start of the thread; see home.h */
    void *home[LOOP_HOME_ROOM];

    /* The watchdog's own notes. */
    struct {
        uint64_t turn;        /* the turn the notes are about */
        uint64_t last_sample; /* ticks */
        uint64_t call;        /* begin of the call whose stack was walked */
        bool has_baseline;
        bool is_stalled;
        bool is_signal_blocked;
        uint64_t cpu_ns; /* at the previous tick */
    } watch;
};

/* Gets the memory of the slots now: a sandbox may not allow it later. */
void loop_prepare(void);
/* The calling thread becomes a loop. NULL when it cannot (no slot, no writer). Slow path. */
struct loop *loop_become(enum loop_kind kind, uint64_t key);
/* The calling thread is a loop no longer (it ends). */
void loop_release(struct loop *loop);
/* Loop slots ever used: [0, loop_limit()); a slot with owner 0 is free. */
uint32_t loop_limit(void);
struct loop *loop_at(uint32_t index);
/* Forked child: no loops. */
void loop_forget_all(void);

/* ---- which threads wait on an epoll descriptor ---- */
/* Notes that `loop` waits on its descriptor. */
void loop_claim(struct loop *loop);
/* True when two or more threads wait on it: the reactor moves between threads, so their parks are
 * idle time and not blocking calls. */
bool loop_is_shared(const struct loop *loop);
/* A new epoll descriptor has this number: nobody waits on it yet. */
void loop_forget_descriptor(int fd);

#endif
