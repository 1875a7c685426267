/* SPDX-License-Identifier: MIT */
/* What the wrappers and interposers of libuv write down: tasks, their polls, what made them ready.
 * A wrapper of a callback looks like this:
 *
 *     struct note note;
 *     note_begin(&note, handle->loop, entry);
 *     callback(handle);
 *     note_end(&note, &(struct note_poll){...});
 *
 * and works the same, without a record, where nothing is recorded. Keeps errno. */
#ifndef LSC_UV_NOTE_H
#define LSC_UV_NOTE_H

#include "core/writer/core.h"
#include "../process.h"
#include "../self.h"
#include "side.h"

/* What the calling thread is doing in libuv. */
struct uv_self {
    bool is_inside;         /* a real function that one of our interposers called */
    uint8_t phase;          /* reached in this turn, enum lsc_phase */
    uint64_t turn;          /* number of the turn that `phase` is of */
    struct side *side;      /* of the loop that was looked for last */
    const void *reading;    /* the stream whose poll began with its allocation, */
    uint64_t reading_since; /* when, */
    uint32_t reading_outer; /* and what ran before */
    uint8_t reading_phase;
};
extern _Thread_local struct uv_self uv_self
    __attribute__((visibility("hidden"), tls_model("initial-exec")));

/* The program's libuv could not be found though it is called. */
void note_unknown(void);

/* True when an interposer has nothing to do but call the real function: libuv calls itself, this
 * is no time to observe, or there is no libuv. */
static inline bool uv_passes(uintptr_t caller)
{
    if (uv_self.is_inside)
        return true;
    if (__builtin_expect(!real_uv_ready(caller), 0)) {
        note_unknown();
        return true;
    }
    return is_inside_libuv(caller) || self_is_vforked() || process_is_off();
}

/* A callback to be wrapped: the program's own, not libuv's. */
#define UV_IS_USERS(cb) ((cb) != NULL && !is_inside_libuv((uintptr_t)(cb)))

/* Calls a real function; what libuv calls from there is its own business. */
#define UV_REAL(call)                                                                              \
    __extension__({                                                                                \
        uv_self.is_inside = true;                                                                  \
        __auto_type result_ = real_uv.call;                                                        \
        uv_self.is_inside = false;                                                                 \
        result_;                                                                                   \
    })
#define UV_REAL_VOID(call)                                                                         \
    do {                                                                                           \
        uv_self.is_inside = true;                                                                  \
        real_uv.call;                                                                              \
        uv_self.is_inside = false;                                                                 \
    } while (0)

/* The calling thread's writer when something may be recorded now, else NULL. */
struct lsc_writer *note_writer_slow(void);
static inline struct lsc_writer *note_writer(void)
{
    struct lsc_writer *w = lsc__self;
    if (__builtin_expect(w == NULL || w->shared == NULL, 0))
        w = note_writer_slow();
    if (w == NULL || process_is_off() ||
        atomic_load_explicit(&w->shared->recording, memory_order_relaxed) != 1)
        return NULL;
    return w;
}

/* Where the program stands that calls a function of libuv. */
struct uv_place {
    uintptr_t caller, frame;
};
#define UV_PLACE ((struct uv_place){UV_CALLER, UV_FRAME})

/* A handle begins: its entry, with a task; NULL: unobserved. */
struct entry *note_handle(const uv_loop_t *loop, const void *handle, enum uv_kind kind,
                          struct uv_place place);
/* The task of a request that is one, named by `name`, a string id or 0. */
void note_request(struct side *side, struct entry *entry, uint32_t name, struct uv_place place);
/* The task of an entry in the present segment: after a fork, a new one. 0: none to be had. */
uint32_t note_task(struct side *side, struct entry *entry, struct lsc_writer *w);
/* A resource handle in the present segment, or 0. */
static inline bool note_is_current(const struct entry *entry)
{
    return entry->epoch == atomic_load_explicit(&side_epoch, memory_order_relaxed);
}

/* One run of a callback. */
struct note {
    struct lsc_writer *w; /* NULL: not recorded */
    struct side *side;
    uint32_t task, outer;
    uint64_t begin, outer_since;
    enum lsc_phase phase;
};
struct note_poll {
    uintptr_t function; /* the callback that ran */
    uint64_t delay;     /* ticks it had been ready */
    enum lsc_callback_role role;
    uint16_t flags;
};

/* As side_find, and at once for the loop that the thread asked for before. */
static inline struct side *note_side(const uv_loop_t *loop)
{
    struct side *side = uv_self.side;
    if (__builtin_expect(!side || atomic_load_explicit(&side->loop, memory_order_acquire) != loop,
                         0))
        uv_self.side = side = side_find(loop);
    return side;
}

/* The entry of a handle or request and the table it is in; both NULL: not observed. */
static inline struct entry *note_find(const uv_loop_t *loop, const void *key, struct side **side)
{
    *side = note_side(loop);
    return *side ? side_get(*side, key) : NULL;
}

void note_begin(struct note *note, struct side *side, struct entry *entry);
void note_end(const struct note *note, const struct note_poll *poll);
/* Since `since`, ticks; 0 where that is not known. */
static inline uint64_t note_delay(const struct note *note, uint64_t since)
{
    return since != 0 && note->begin > since ? note->begin - since : 0;
}
/* The poll of a stream begins with its allocation and ends with its read callback. */
void note_allocated(const struct note *note, const void *stream);
void note_begin_reading(struct note *note, struct side *side, struct entry *entry,
                        const void *stream);
/* The phase is not the one that the kind of handle has: the turn has come that far. */
void note_set_phase(struct note *note, enum lsc_phase phase);

/* The id of a function, as the stack that it is alone. */
uint32_t note_function(struct side *side, uintptr_t function);
/* The stack of the program at `place`, taken once for each way there. */
uint32_t note_origin(struct side *side, struct uv_place place);

/* Forked child: the next segment is another one. */
void note_forget(void);

#endif
