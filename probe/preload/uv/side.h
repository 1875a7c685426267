/* SPDX-License-Identifier: MIT */
/* What is known of a loop's handles and requests, beside them: libuv's own structures are not
 * touched. One table for each loop, written by the loop's thread (or by the one that sets it up
 * before it runs) and read by any: a pool thread that runs a request, whoever sends to an async
 * handle. Lies in ordinary memory, so that a forked child still finds the program's callbacks
 * behind the wrappers that its handles carry. */
#ifndef LSC_UV_SIDE_H
#define LSC_UV_SIDE_H

#include <stdatomic.h>

#include "real_uv.h"

/* X(NAME, kind of task, "" for requests that are none). */
/* clang-format off */
#define LSC_UV_KINDS(X)                                                                            \
    X(TIMER, "timer") X(TCP, "tcp") X(PIPE, "pipe") X(TTY, "tty") X(UDP, "udp")                    \
    X(POLL, "poll") X(IDLE, "idle") X(PREPARE, "prepare") X(CHECK, "check") X(ASYNC, "async")      \
    X(SIGNAL, "signal") X(PROCESS, "process") X(FS_EVENT, "fs event") X(FS_POLL, "fs poll")        \
    X(WRITE, "") X(SEND, "") X(SHUTDOWN, "")                                                       \
    X(CONNECT, "connect") X(WORK, "work") X(GETADDRINFO, "getaddrinfo")                            \
    X(GETNAMEINFO, "getnameinfo") X(RANDOM, "random") X(FS, "fs")
/* clang-format on */
enum uv_kind {
#define X(name, title) UV_KIND_##name,
    LSC_UV_KINDS(X)
#undef X
        UV_KIND_LIMIT
};

/* Whether the thread pool's side of a request is on record. */
enum pool_state {
    POOL_UNSEEN,
    POOL_SERVED, /* the JOB record is written, or none will be */
};

typedef void callback_function(void);

/* One handle or request. Writer: the loop's thread, but for the atomic fields. */
struct entry {
    const void *key;               /* address of the handle or request */
    callback_function *callback;   /* the program's: the kind's own; of a stream: reading */
    callback_function *allocate;   /* of streams and UDP */
    callback_function *connection; /* of listening streams */
    callback_function *closing;    /* of uv_close; of work: what the pool runs */
    uint64_t since;               /* ticks when submitted; of a timer: when due, in its loop's ms */
    uint64_t asked;               /* ticks when the kernel was last asked for its queue */
    _Atomic uint64_t first_send;  /* async: ticks of the first send not yet served, else 0 */
    uint32_t task;                /* of `epoch` */
    uint32_t epoch;               /* number of the segment, side_epoch */
    uint32_t kind_string;         /* of fs requests, whose kinds are many */
    uint32_t queue, socket_queue; /* resources, of streams and UDP, or 0 */
    uint8_t kind;                 /* enum uv_kind */
    uint16_t queue_level;         /* step of the write queue's size as last recorded */
    uint8_t renames;
    bool is_fed;          /* write: was done at once, its callback waits in the pending phase */
    bool is_pipe;         /* the socket queue is a pipe's */
    bool has_address;     /* in its name */
    _Atomic uint8_t pool; /* enum pool_state */
    struct entry *next_free;
};

#define FUNCTIONS_KEPT 64
#define ORIGINS_KEPT 128

/* A power of two of places, at most half of them taken. */
struct places {
    uint64_t mask;
    struct entry *_Atomic at[];
};

struct side {
    const uv_loop_t *_Atomic loop; /* NULL free */
    struct places *_Atomic places;
    _Atomic uint32_t version; /* counts exchanges of `places`; the one before stays till the next */
    uint64_t used, left_over; /* places with an entry; places whose entry went */
    struct entry *free_entries;
    struct places *spare; /* the other buffer of this size */
    unsigned regions;
    struct {
        void *at;
        size_t bytes;
    } region[64];
    /* Ids in the segment of `epoch`, kept so that a callback need not look them up. */
    uint32_t epoch;
    uint32_t kind_strings[UV_KIND_LIMIT];
    struct {
        uintptr_t function;
        uint32_t stack;
    } functions[FUNCTIONS_KEPT];
    struct {
        uint64_t key;
        uint32_t stack;
    } origins[ORIGINS_KEPT];
};

/* Counts segments of this process line: ids of another epoch mean nothing. */
extern _Atomic uint32_t side_epoch __attribute__((visibility("hidden")));

/* The table of `loop`, or NULL: none yet. Any thread, also in a signal handler. */
struct side *side_find(const uv_loop_t *loop);
/* The same, made if need be; NULL without memory. */
struct side *side_of(const uv_loop_t *loop);
/* The loop is closed: nothing of it is left. */
void side_drop(const uv_loop_t *loop);

/* Where the search for a key begins. */
static inline uint64_t side_hash(const void *key)
{
    return ((uint64_t)(uintptr_t)key >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 20;
}

/* The entry of a handle or request, or NULL. Any thread, also in a signal handler. */
struct entry *side_search(const struct side *side, const void *key);
static inline struct entry *side_get(const struct side *side, const void *key)
{
    struct places *places = atomic_load_explicit(&side->places, memory_order_acquire);
    struct entry *first = NULL;
    if (__builtin_expect(places != NULL, 1))
        first =
            atomic_load_explicit(&places->at[side_hash(key) & places->mask], memory_order_acquire);
    return first && first->key == key ? first : side_search(side, key);
}
/* A fresh entry, in place of the one that side_get has found, or NULL, for this key. NULL without
 * memory. Loop's thread. */
struct entry *side_renew(struct side *side, struct entry *there, const void *key,
                         enum uv_kind kind);
void side_remove(struct side *side, struct entry *entry);

#endif
