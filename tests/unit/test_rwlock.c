/* SPDX-License-Identifier: MIT */
/* Locks for many readers or one writer: who is in together, order, cancellation, ends. */
#include <errno.h>
#include <stdatomic.h>

#include "executor_misuse.h"
#include "executor_run.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

static struct lsc_rwlock rwlock;
static _Atomic int readers_in, most_readers, writers_in, broken, entered;

static void note_entry(bool writes)
{
    int readers = writes ? readers_in : ++readers_in;
    int writers = writes ? ++writers_in : writers_in;
    int most = most_readers;
    while (readers > most && !atomic_compare_exchange_weak(&most_readers, &most, readers))
        ;
    broken += writers > 1 || (writers == 1 && readers > 0);
    entered++;
}

static void note_exit(bool writes)
{
    if (writes)
        writers_in--;
    else
        readers_in--;
}

static void begin_test(const char *name)
{
    readers_in = most_readers = writers_in = broken = entered = 0;
    lsc_rwlock_init(&rwlock, name);
}

/* Goes in `rounds` times, and stays for a yield, or until it is let out. */
struct visitor {
    struct lsc_frame frame;
    bool writes;
    int rounds;
    struct lsc_semaphore *until; /* NULL: for a yield */
};

static lsc_result enter(struct lsc_context *cx, bool writes)
{
    return writes ? lsc_rwlock_write(cx, &rwlock) : lsc_rwlock_read(cx, &rwlock);
}

static lsc_result stay(struct lsc_context *cx, struct visitor *self)
{
    return self->until ? lsc_semaphore_acquire(cx, self->until, 1) : lsc_yield(cx);
}

static lsc_result visitor_poll(struct lsc_context *cx, void *state)
{
    struct visitor *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    while (self->rounds-- > 0) {
        LSC_AWAIT(r, enter(cx, self->writes));
        if (r < 0)
            LSC_RETURN(r);
        note_entry(self->writes);
        LSC_AWAIT(r, stay(cx, self)); /* cancelled or not, it unlocks */
        note_exit(self->writes);
        r = lsc_rwlock_unlock(cx, &rwlock);
    }
    LSC_END(r);
}

#define SPAWN_VISITOR(join_, ...)                                                                  \
    lsc_spawn(cx, visitor_poll, (&(struct visitor){.rounds = 1, __VA_ARGS__}), .join = (join_))

/* ---- exclusion ---- */

enum { CROWD = 200 };

struct crowd {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_join joins[CROWD];
    int i;
};

static lsc_result crowd_poll(struct lsc_context *cx, void *state)
{
    struct crowd *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("crowd");
    lsc_scope_begin(cx, &self->scope, 0);
    for (self->i = 0; self->i < CROWD; self->i++)
        lsc_spawn(cx, visitor_poll, (&(struct visitor){.rounds = 10, .writes = self->i % 4 == 0}),
                  .join = &self->joins[self->i], .scope = &self->scope);
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    for (self->i = 0; self->i < CROWD; self->i++) {
        if (self->i % 5 == 3)
            lsc_join_cancel(&self->joins[self->i]);
        lsc_join_detach(&self->joins[self->i]);
    }
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    CHECK(r == 0 || r == -ECANCELED);
    CHECK(broken == 0 && readers_in == 0 && writers_in == 0);
    CHECK(most_readers > 1);
    CHECK(entered >= (CROWD - CROWD / 5) * 10);
    LSC_END(lsc_rwlock_free(&rwlock));
}

Test(rwlock, lets_in_readers_together_and_writers_alone, .timeout = 20)
{
    RUN(crowd, .i = 0);
}

/* ---- order ---- */

struct queue {
    struct lsc_frame frame;
    struct lsc_semaphore out;
    struct lsc_join joins[6];
    struct lsc_deadline deadline;
    int i;
};

/* The root reads; then come a writer, a reader, a reader, a writer, a reader. */
static lsc_result queue_poll(struct lsc_context *cx, void *state)
{
    static const bool writes[] = {true, false, false, true, false};
    struct queue *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("queue");
    lsc_semaphore_init(&self->out, "out", 5);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &self->out, 5));
    LSC_AWAIT(r, lsc_rwlock_read(cx, &rwlock));
    CHECK(r == 0 && lsc_rwlock_try_read(cx, &rwlock) == 0 && lsc_rwlock_unlock(cx, &rwlock) == 0);
    for (self->i = 0; self->i < 5; self->i++) {
        SPAWN_VISITOR(&self->joins[self->i], .writes = writes[self->i], .until = &self->out);
        UNTIL_STANDS(&self->joins[self->i]);
        CHECK(lsc_rwlock_try_read(cx, &rwlock) == -EAGAIN); /* nobody passes the writer */
    }
    CHECK(entered == 0 && lsc_rwlock_free(&rwlock) == -EBUSY);
    lsc_rwlock_unlock(cx, &rwlock);
    while (entered < 1)
        LSC_AWAIT(r, lsc_yield(cx));
    CHECK(writers_in == 1);
    lsc_semaphore_release(cx, &self->out, 1);
    while (entered < 3) /* both readers behind the writer, and not the one behind the second */
        LSC_AWAIT(r, lsc_yield(cx));
    CHECK(readers_in == 2 && lsc_rwlock_try_write(cx, &rwlock) == -EAGAIN);
    lsc_semaphore_release(cx, &self->out, 1);
    LSC_AWAIT(r, lsc_sleep(cx, 2));
    CHECK(entered == 3); /* one still reads: the writer waits */
    lsc_semaphore_release(cx, &self->out, 3);
    for (self->i = 0; self->i < 5; self->i++) {
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
        CHECK(r == 0);
    }
    CHECK(entered == 5 && broken == 0);
    lsc_semaphore_free(&self->out);
    LSC_END(lsc_rwlock_free(&rwlock));
}

Test(rwlock, serves_in_order_of_arrival_and_readers_next_to_each_other_together, .timeout = 20)
{
    RUN(queue, .i = 0);
}

static lsc_result gives_up_poll(struct lsc_context *cx, void *state)
{
    struct queue *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_deadline_push(cx, &self->deadline, 5);
    LSC_AWAIT(r, lsc_rwlock_write(cx, &rwlock));
    lsc_deadline_pop(cx, &self->deadline);
    LSC_END(r);
}

/* The root reads; a writer gives up, by cancellation and by its deadline: who is behind it reads.
 */
static lsc_result giving_poll(struct lsc_context *cx, void *state)
{
    struct queue *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("giving up");
    LSC_AWAIT(r, lsc_rwlock_read(cx, &rwlock));
    SPAWN_VISITOR(&self->joins[0], .writes = true);
    UNTIL_STANDS(&self->joins[0]);
    SPAWN_VISITOR(&self->joins[1], .writes = false);
    UNTIL_STANDS(&self->joins[1]);
    lsc_join_cancel(&self->joins[0]);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    CHECK(r == -ECANCELED);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[1]));
    CHECK(r == 0 && entered == 1);
    lsc_spawn(cx, gives_up_poll, (&(struct queue){.i = 0}), .join = &self->joins[2]);
    UNTIL_STANDS(&self->joins[2]);
    SPAWN_VISITOR(&self->joins[3], .writes = false);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[3]));
    CHECK(r == 0 && entered == 2);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[2]));
    CHECK(r == -ETIMEDOUT);
    lsc_rwlock_unlock(cx, &rwlock);
    CHECK(lsc_rwlock_try_write(cx, &rwlock) == 0 && lsc_rwlock_try_read(cx, &rwlock) == -EAGAIN);
    lsc_rwlock_unlock(cx, &rwlock);
    LSC_END(lsc_rwlock_free(&rwlock));
}

Test(rwlock, lets_in_the_readers_behind_a_writer_that_gives_up, .timeout = 20)
{
    RUN_STATE(giving_poll, (struct queue){.i = 0});
}

/* ---- grants that nobody looks at ---- */

struct forgetful {
    struct lsc_frame frame;
    bool writes, has_asked;
};

static lsc_result ask_once(struct lsc_context *cx, struct forgetful *self)
{
    if (self->has_asked)
        return 0;
    self->has_asked = true;
    return enter(cx, self->writes);
}

static lsc_result forgetful_poll(struct lsc_context *cx, void *state)
{
    struct forgetful *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, ask_once(cx, self));
    LSC_END(r);
}

struct forgotten {
    struct lsc_frame frame;
    struct lsc_join joins[3];
    int i;
};

static lsc_result forgotten_poll(struct lsc_context *cx, void *state)
{
    struct forgotten *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("forgotten");
    LSC_AWAIT(r, lsc_rwlock_write(cx, &rwlock));
    for (self->i = 0; self->i < 2; self->i++) {
        lsc_spawn(cx, forgetful_poll, (&(struct forgetful){.writes = self->i == 1}),
                  .join = &self->joins[self->i]);
        UNTIL_STANDS(&self->joins[self->i]);
    }
    SPAWN_VISITOR(&self->joins[2], .writes = true);
    UNTIL_STANDS(&self->joins[2]);
    lsc_rwlock_unlock(cx, &rwlock);
    for (self->i = 0; self->i < 3; self->i++) {
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
        CHECK(r == 0);
    }
    CHECK(entered == 1);
    LSC_END(lsc_rwlock_free(&rwlock));
}

Test(rwlock, handed_to_tasks_that_never_look_goes_on_to_the_next, .timeout = 20)
{
    RUN(forgotten, .i = 0);
}

/* ---- misuse ---- */

/* Ends with the lock in its hands. */
static lsc_result keeper_poll(struct lsc_context *cx, void *state)
{
    struct visitor *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, enter(cx, self->writes));
    LSC_END(r);
}

/* 77: readers and the first writer are told, until that has unlocked. */
static lsc_result heir_poll(struct lsc_context *cx, void *state)
{
    struct forgotten *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("table");
    lsc_spawn(cx, keeper_poll, (&(struct visitor){.writes = true}), .join = &self->joins[0]);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    LSC_AWAIT(r, lsc_rwlock_read(cx, &rwlock));
    CHECK(r == LSC_LOCK_ABANDONED);
    lsc_rwlock_unlock(cx, &rwlock);
    LSC_AWAIT(r, lsc_rwlock_write(cx, &rwlock));
    CHECK(r == LSC_LOCK_ABANDONED);
    lsc_rwlock_unlock(cx, &rwlock);
    LSC_AWAIT(r, lsc_rwlock_read(cx, &rwlock));
    CHECK(r == 0);
    lsc_rwlock_unlock(cx, &rwlock);
    LSC_END(lsc_rwlock_free(&rwlock) == 0 ? 77 : 1);
}

Test(rwlock_misuse, a_writer_that_ends_with_it_gives_it_on_marked_or_stops)
{
    const struct forgotten state = {.i = 0};
    expect_misuse(heir_poll, &state, sizeof(state), "keeper_poll",
                  "has ended while it holds rwlock 'table'", 77);
}

/* 77: it stays read-locked. */
static lsc_result after_reader_poll(struct lsc_context *cx, void *state)
{
    struct forgotten *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("table");
    lsc_spawn(cx, keeper_poll, (&(struct visitor){.writes = false}), .join = &self->joins[0]);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    CHECK(r == 0 && lsc_rwlock_try_write(cx, &rwlock) == -EAGAIN);
    CHECK(lsc_rwlock_try_read(cx, &rwlock) == 0);
    lsc_rwlock_unlock(cx, &rwlock);
    LSC_END(lsc_rwlock_free(&rwlock) == -EBUSY ? 77 : 1);
}

Test(rwlock_misuse, a_reader_that_ends_with_it_leaves_it_read_locked_or_stops)
{
    const struct forgotten state = {.i = 0};
    expect_misuse(after_reader_poll, &state, sizeof(state), "keeper_poll",
                  "has ended while it holds a read lock", 77);
}

static lsc_result writes_twice_poll(struct lsc_context *cx, void *state)
{
    struct forgotten *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("own");
    LSC_AWAIT(r, lsc_rwlock_write(cx, &rwlock));
    LSC_AWAIT(r, lsc_rwlock_read(cx, &rwlock));
    CHECK(r == -EDEADLK);
    LSC_AWAIT(r, lsc_rwlock_write(cx, &rwlock));
    CHECK(r == -EDEADLK);
    lsc_rwlock_unlock(cx, &rwlock);
    LSC_END(lsc_rwlock_free(&rwlock) == 0 ? 77 : 1);
}

Test(rwlock_misuse, locking_it_again_as_its_writer_is_refused_or_stops)
{
    const struct forgotten state = {.i = 0};
    expect_misuse(writes_twice_poll, &state, sizeof(state), "root task",
                  "locks rwlock 'own', which it holds for writing already", 77);
}

static lsc_result unlocker_poll(struct lsc_context *cx, void *state)
{
    struct visitor *self = state;
    LSC_BEGIN(cx, self);
    LSC_END(lsc_rwlock_unlock(cx, &rwlock));
}

static lsc_result is_unlocked_by_another_poll(struct lsc_context *cx, void *state)
{
    struct forgotten *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("other's");
    LSC_AWAIT(r, self->i ? lsc_rwlock_write(cx, &rwlock) : lsc_rwlock_read(cx, &rwlock));
    lsc_spawn(cx, unlocker_poll, (&(struct visitor){.rounds = 0}), .join = &self->joins[0]);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    CHECK(r == -EPERM && lsc_rwlock_free(&rwlock) == -EBUSY);
    CHECK(lsc_rwlock_unlock(cx, &rwlock) == 0);
    LSC_END(lsc_rwlock_free(&rwlock) == 0 ? 77 : 1);
}

Test(rwlock_misuse, unlocking_what_another_task_reads_or_writes_is_refused_or_stops)
{
    for (int writes = 0; writes <= 1; writes++) {
        const struct forgotten state = {.i = writes};
        expect_misuse(is_unlocked_by_another_poll, &state, sizeof(state), "unlocker_poll",
                      "unlocks rwlock 'other's', which it does not hold", 77);
    }
}

Test(rwlock_misuse, unlocking_what_nobody_holds_is_refused_or_stops)
{
    const struct visitor state = {.rounds = 0};
    begin_test("free");
    expect_misuse(unlocker_poll, &state, sizeof(state), "root task",
                  "unlocks rwlock 'free', which it does not hold", EPERM);
}
