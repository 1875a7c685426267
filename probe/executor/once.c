/* SPDX-License-Identifier: MIT */
/* Once: the first task that comes makes it, as a part of itself; the others wait for that, and each
 * of them can be the next to try. */
#include "loopscope/sync.h"

#include <errno.h>

#include "held.h"
#include "task.h"
#include "waiters.h"

/* What a wait is granted when it is that task's turn to try. */
#define TURN 1

/* Lies in struct lsc_once. Guarded by the lock, but for what init writes and held.next. */
struct once {
    struct lock lock;
    lsc_resource resource;      /* init's */
    struct task *_Atomic maker; /* NULL: nobody is at it. Written under the lock; a task may ask
                                 * without it whether it is the maker */
    struct held held;           /* by the maker, once it knows of its turn */
    struct wait_list waiters;
    _Atomic bool is_done; /* written under the lock */
    bool is_inside;       /* the maker's: its `make` is being polled */
};
_Static_assert(sizeof(struct once) <= sizeof(struct lsc_once), "it lies in the public");

static struct once *inner(struct lsc_once *once)
{
    return (struct once *)(void *)once->opaque_;
}

/* With the lock. */
static void set_maker(struct once *once, struct task *task, lsc_site site)
{
    atomic_store_explicit(&once->maker, task, memory_order_relaxed);
    if (task)
        lsc_hold(once->resource, task->id, site);
}

static bool is_maker(struct once *once, const struct task *task)
{
    return atomic_load_explicit(&once->maker, memory_order_relaxed) == task;
}

/* With the lock. All go on when it is done; else it is the first one's turn. */
static void serve(struct once *once, struct wake_list *wakes)
{
    struct wait *first;
    bool is_done = atomic_load_explicit(&once->is_done, memory_order_relaxed);
    uint32_t before = once->waiters.count;
    while ((first = once->waiters.first) && (is_done || is_maker(once, NULL))) {
        if (!is_done)
            set_maker(once, task_of_wait(first), first->need);
        wait_grant(&once->waiters, first, is_done ? 0 : TURN, wakes);
    }
    if (once->waiters.count != before)
        lsc_waiters(once->resource, once->waiters.count);
}

/* The maker is done with it, or has failed. */
static void conclude(struct once *once, const struct task *task, bool is_done, bool has_ended)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&once->lock);
    if (has_ended)
        lsc_abandon(once->resource, task->id);
    else
        lsc_release(once->resource, task->id);
    set_maker(once, NULL, 0);
    /* Release: pairs with the acquire of those who see it without the lock. */
    atomic_store_explicit(&once->is_done, is_done, memory_order_release);
    serve(once, &wakes);
    lock_drop(&once->lock);
    wake_list_run(&wakes);
}

static void give_on(struct held *held, struct task *task)
{
    struct once *once = (struct once *)((char *)held - offsetof(struct once, held));
    once->is_inside = false;
    conclude(once, task, false, true);
}

static const struct held_kind held_once = {"once", give_on};

static bool once_withdraw(struct wait *wait)
{
    struct once *once = wait->object;
    return waiters_withdraw(&once->lock, &once->waiters, wait);
}

/* It was its turn, but the task will never know. */
static void once_discard(struct wait *wait)
{
    if (wait->result == TURN)
        conclude(wait->object, task_of_wait(wait), false, false);
}

static const struct wait_kind once_waits = {"once", once_withdraw, once_discard};

/* 0: it is done. TURN: by the calling task. */
static lsc_result come(struct lsc_context *cx, struct once *once)
{
    lsc_result result = 0;
    if (atomic_load_explicit(&once->is_done, memory_order_acquire))
        return 0;
    lsc_site site = context_site(cx);
    lock_take(&once->lock);
    if (atomic_load_explicit(&once->is_done, memory_order_relaxed)) {
        result = 0;
    } else if (is_maker(once, NULL)) {
        set_maker(once, context_running(cx), site);
        result = TURN;
    } else {
        result = wait_begin(cx, &(struct wait_plan){.kind = &once_waits,
                                                    .object = once,
                                                    .list = &once->waiters,
                                                    .need = site,
                                                    .resource = once->resource});
        lsc_waiters(once->resource, once->waiters.count);
    }
    lock_drop(&once->lock);
    return result;
}

/* One step of the making. */
static lsc_result make_on(struct lsc_context *cx, struct once *once, lsc_poll_fn make, void *state)
{
    struct task *task = context_running(cx);
    if (once->is_inside) {
        misuse_of_held(task, "awaits", &once->held, "which it is making itself");
        return -EDEADLK;
    }
    once->is_inside = true;
    lsc_result result = make(cx, state);
    once->is_inside = false;
    if (result == LSC_PENDING)
        return result;
    held_remove(task, &once->held);
    conclude(once, task, result >= 0, false);
    return result < 0 ? result : 0;
}

int lsc_once_init_at(struct lsc_once *once, const char *name, lsc_site site)
{
    *inner(once) = (struct once){
        .held = {.kind = &held_once, .name = name ? name : "(no name)"},
        .resource = lsc_resource_new("once", name, site, 1),
    };
    return 0;
}

int lsc_once_free(struct lsc_once *once)
{
    struct once *self = inner(once);
    lock_take(&self->lock);
    bool is_busy = self->waiters.first || !is_maker(self, NULL);
    lock_drop(&self->lock);
    if (is_busy)
        return -EBUSY;
    lsc_resource_delete(self->resource);
    return 0;
}

lsc_result lsc_once_run(struct lsc_context *cx, struct lsc_once *once, lsc_poll_fn make,
                        void *state)
{
    struct once *self = inner(once);
    struct task *task = context_running(cx);
    lsc_result result;
    bool waits = task->wait.kind == &once_waits && task->wait.object == self;
    if (is_maker(self, task) && !waits)
        return make_on(cx, self, make, state);
    if (wait_is_new(cx, &once_waits, self, &result))
        result = come(cx, self);
    if (result != TURN)
        return result;
    held_add(task, &self->held);
    return make_on(cx, self, make, state);
}

bool lsc_once_is_done(struct lsc_once *once)
{
    return atomic_load_explicit(&inner(once)->is_done, memory_order_acquire);
}
