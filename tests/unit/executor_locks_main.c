/* SPDX-License-Identifier: MIT */
/* A small program that uses locks of the executor, for tests that read what it recorded. It ends
 * while its tasks still live, so that their names are there.
 *
 *     executor_locks mutex|rwlock|semaphore|once|notify       on one worker
 *     executor_locks crowd                                    on three */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loopscope/sync.h"
#include "loopscope/time.h"

static struct lsc_mutex mutex;
static struct lsc_rwlock rwlock;
static struct lsc_semaphore semaphore;
static struct lsc_once once;
static struct lsc_notify notify;
static struct lsc_barrier barrier;

struct worker {
    struct lsc_frame frame, making;
    lsc_result failure;
};

static lsc_result mutex_poll(struct lsc_context *cx, void *state)
{
    struct worker *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    if (r >= 0)
        lsc_mutex_unlock(cx, &mutex);
    LSC_AWAIT(r, lsc_sleep(cx, 600000));
    LSC_END(r);
}

static lsc_result read_poll(struct lsc_context *cx, void *state)
{
    struct worker *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_rwlock_read(cx, &rwlock));
    LSC_AWAIT(r, lsc_yield(cx));
    lsc_rwlock_unlock(cx, &rwlock);
    LSC_AWAIT(r, lsc_sleep(cx, 600000));
    LSC_END(r);
}

static lsc_result semaphore_poll(struct lsc_context *cx, void *state)
{
    struct worker *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, 1));
    lsc_semaphore_release(cx, &semaphore, 1);
    LSC_AWAIT(r, lsc_sleep(cx, 600000));
    LSC_END(r);
}

static lsc_result make_poll(struct lsc_context *cx, void *state)
{
    struct making {
        struct lsc_frame frame;
    } *making = state;
    struct worker *self = (struct worker *)((char *)state - offsetof(struct worker, making));
    lsc_result r;
    LSC_BEGIN(cx, making);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, 1));
    lsc_semaphore_release(cx, &semaphore, 1);
    LSC_END(r < 0 ? r : self->failure);
}

static lsc_result once_poll(struct lsc_context *cx, void *state)
{
    struct worker *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_once_run(cx, &once, make_poll, &self->making));
    LSC_AWAIT(r, lsc_sleep(cx, 600000));
    LSC_END(r);
}

static lsc_result notify_poll(struct lsc_context *cx, void *state)
{
    struct worker *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_notify_wait(cx, &notify));
    LSC_AWAIT(r, lsc_barrier_wait(cx, &barrier));
    LSC_AWAIT(r, lsc_sleep(cx, 600000));
    LSC_END(r);
}

struct root {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_join cat;
};

/* Spawns two that wait behind the root, and lets each come to its wait. */
#define SPAWN_TWO(fn)                                                                              \
    do {                                                                                           \
        lsc_spawn(cx, (fn), (&(struct worker){.failure = -EIO}), .name = "ann");                   \
        LSC_AWAIT(r, lsc_sleep(cx, 1));                                                            \
        lsc_spawn(cx, (fn), (&(struct worker){.failure = 0}), .name = "bob");                      \
        LSC_AWAIT(r, lsc_sleep(cx, 1));                                                            \
    } while (0)

static lsc_result mutex_root(struct lsc_context *cx, void *state)
{
    struct root *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_mutex_init(&mutex, "accounts");
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    SPAWN_TWO(mutex_poll);
    lsc_spawn(cx, mutex_poll, (&(struct worker){.failure = 0}), .name = "cat", .join = &self->cat);
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    lsc_join_cancel(&self->cat);
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    lsc_mutex_unlock(cx, &mutex);
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    LSC_END(r);
}

static lsc_result rwlock_root(struct lsc_context *cx, void *state)
{
    struct root *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_rwlock_init(&rwlock, "accounts");
    LSC_AWAIT(r, lsc_rwlock_write(cx, &rwlock));
    SPAWN_TWO(read_poll);
    lsc_rwlock_unlock(cx, &rwlock);
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    LSC_END(r);
}

static lsc_result semaphore_root(struct lsc_context *cx, void *state)
{
    struct root *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_semaphore_init(&semaphore, "accounts", 2);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, 2));
    SPAWN_TWO(semaphore_poll);
#ifdef NDEBUG
    lsc_semaphore_release(cx, &semaphore, 3); /* refused */
#endif
    lsc_semaphore_release(cx, &semaphore, 2);
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    LSC_END(r);
}

static lsc_result once_root(struct lsc_context *cx, void *state)
{
    struct root *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_once_init(&once, "accounts");
    lsc_semaphore_init(&semaphore, "gate", 1);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, 1));
    SPAWN_TWO(once_poll);
    lsc_semaphore_release(cx, &semaphore, 1);
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    LSC_END(r);
}

static lsc_result notify_root(struct lsc_context *cx, void *state)
{
    struct root *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_notify_init(&notify, "accounts");
    lsc_barrier_init(&barrier, "doors", 2);
    SPAWN_TWO(notify_poll);
    lsc_notify_one(&notify);
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    lsc_notify_all(&notify);
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    LSC_END(r);
}

/* Takes each of them, again and again. */
static lsc_result crowd_poll(struct lsc_context *cx, void *state)
{
    struct worker *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    while (self->failure-- > 0) {
        LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
        LSC_AWAIT(r, lsc_rwlock_read(cx, &rwlock));
        LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, 1));
        lsc_mutex_unlock(cx, &mutex);
        LSC_AWAIT(r, lsc_yield(cx));
        lsc_semaphore_release(cx, &semaphore, 1);
        lsc_rwlock_unlock(cx, &rwlock);
        LSC_AWAIT(r, lsc_rwlock_write(cx, &rwlock));
        lsc_rwlock_unlock(cx, &rwlock);
    }
    LSC_END(r);
}

static lsc_result crowd_root(struct lsc_context *cx, void *state)
{
    struct root *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_mutex_init(&mutex, "mutex");
    lsc_rwlock_init(&rwlock, "rwlock");
    lsc_semaphore_init(&semaphore, "semaphore", 3);
    lsc_scope_begin(cx, &self->scope, 0);
    for (int i = 0; i < 20; i++)
        lsc_spawn(cx, crowd_poll, (&(struct worker){.failure = 50}), .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r);
}

static lsc_result run(struct lsc_executor *executor, const char *command)
{
    struct root root = {.cat = {0}};
    if (strcmp(command, "mutex") == 0)
        return lsc_executor_run(executor, mutex_root, &root);
    if (strcmp(command, "rwlock") == 0)
        return lsc_executor_run(executor, rwlock_root, &root);
    if (strcmp(command, "semaphore") == 0)
        return lsc_executor_run(executor, semaphore_root, &root);
    if (strcmp(command, "once") == 0)
        return lsc_executor_run(executor, once_root, &root);
    if (strcmp(command, "notify") == 0)
        return lsc_executor_run(executor, notify_root, &root);
    if (strcmp(command, "crowd") == 0)
        return lsc_executor_run(executor, crowd_root, &root);
    return -EINVAL;
}

int main(int count, char **arguments)
{
    struct lsc_executor *executor;
    struct lsc_executor_options options = {.workers = 1};
    if (count > 1 && strcmp(arguments[1], "crowd") == 0)
        options.workers = 3;
    if (count < 2 || lsc_executor_new(&executor, &options) < 0)
        return 1;
    _exit(run(executor, arguments[1]) < 0);
}
