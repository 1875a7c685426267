/* SPDX-License-Identifier: MIT */
/* loopscope/sync.h: what tasks agree through: semaphore, mutex, rwlock, notify, barrier, once.
 *
 * Storage is the caller's, begins with an init, and must not move. Nothing is allocated. Everything
 * is served in order of arrival: nobody passes one who waits, and who lets go hands over to the
 * next. A grant that meets a cancellation or a deadline is either delivered, or given on to the
 * next: nothing is lost. Names are not copied and must outlive their object; NULL is allowed. The
 * line of the init is the object's creation site in the probe's records, where its takings,
 * releases and waiting tasks are found too.
 *
 * "Any thread" includes threads that are no workers; nothing here is for signal handlers. An object
 * is used by one task or thread at a time when it is freed. */
#ifndef LOOPSCOPE_SYNC_H
#define LOOPSCOPE_SYNC_H

#include "executor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- semaphore: a number of permits ---- */

struct lsc_semaphore {
    uint64_t opaque_[8];
};

/* Any thread. 0; -EINVAL for no permits. */
#define lsc_semaphore_init(semaphore, name, permits)                                               \
    lsc_semaphore_init_at((semaphore), (name), (permits), LSC_SITE_HERE())
LSC_API int lsc_semaphore_init_at(struct lsc_semaphore *semaphore, const char *name,
                                  uint32_t permits, lsc_site site);
/* 0; -EBUSY, and it stays, while somebody waits on it. Any thread. */
LSC_API int lsc_semaphore_free(struct lsc_semaphore *semaphore);
/* Who waits, and who comes, gets -EPIPE; permits may still be released. Any thread. */
LSC_API void lsc_semaphore_close(struct lsc_semaphore *semaphore);

/* Awaitable: takes `permits` at once, all of them; 0. -EINVAL: none, or more than there are;
 * -EPIPE: closed. */
LSC_API lsc_result lsc_semaphore_acquire(struct lsc_context *cx, struct lsc_semaphore *semaphore,
                                         uint32_t permits);
/* The same without waiting: -EAGAIN when they are not free or others wait. */
#define lsc_semaphore_try_acquire(cx, semaphore, permits)                                          \
    lsc_semaphore_try_acquire_at((cx), (semaphore), (permits), LSC_SITE_HERE())
LSC_API lsc_result lsc_semaphore_try_acquire_at(struct lsc_context *cx,
                                                struct lsc_semaphore *semaphore, uint32_t permits,
                                                lsc_site site);
/* Gives permits back; not only by who took them. cx NULL: in a cleanup handler, or outside a task,
 * on any thread. 0; -EINVAL for more than were taken (misuse), and nothing has happened. */
LSC_API lsc_result lsc_semaphore_release(struct lsc_context *cx, struct lsc_semaphore *semaphore,
                                         uint32_t permits);
/* Permits that are free now. Any thread. */
LSC_API uint32_t lsc_semaphore_available(struct lsc_semaphore *semaphore);

/* ---- locks: held by a task, also across awaits, until that task unlocks ----
 *
 * A task that ends with a lock in its hands has done misuse. A release gives the lock on: from then
 * on who takes it gets LSC_LOCK_ABANDONED, which is not negative (it holds the lock), and may find
 * what the lock guards half changed; the next unlock by one who could change it (of a mutex, or of
 * a write lock) takes the mark away. When the executor is deleted, the locks of the tasks that it
 * ends are given on in the same way, and that is no misuse. */

#define LSC_LOCK_ABANDONED 1

/* One holder at a time. */
struct lsc_mutex {
    uint64_t opaque_[10];
};

/* 0. Any thread. */
#define lsc_mutex_init(mutex, name) lsc_mutex_init_at((mutex), (name), LSC_SITE_HERE())
LSC_API int lsc_mutex_init_at(struct lsc_mutex *mutex, const char *name, lsc_site site);
/* 0; -EBUSY, and it stays, while it is held. Any thread. */
LSC_API int lsc_mutex_free(struct lsc_mutex *mutex);

/* Awaitable: 0 or LSC_LOCK_ABANDONED, the task holds it; -EDEADLK: it does so already (misuse). */
LSC_API lsc_result lsc_mutex_lock(struct lsc_context *cx, struct lsc_mutex *mutex);
/* The same without waiting: -EAGAIN when it is held, by whomever. */
#define lsc_mutex_try_lock(cx, mutex) lsc_mutex_try_lock_at((cx), (mutex), LSC_SITE_HERE())
LSC_API lsc_result lsc_mutex_try_lock_at(struct lsc_context *cx, struct lsc_mutex *mutex,
                                         lsc_site site);
/* Hands it to the first who waits. cx NULL: in a cleanup handler. 0; -EPERM: the task does not hold
 * it (misuse). */
LSC_API lsc_result lsc_mutex_unlock(struct lsc_context *cx, struct lsc_mutex *mutex);
/* Any thread: whether somebody holds it now. */
LSC_API bool lsc_mutex_is_locked(struct lsc_mutex *mutex);

/* Many readers, or one writer. Strictly in order of arrival, so that neither starves: a reader that
 * comes after a waiting writer waits for it; readers that wait next to each other go in together.
 * Hence a reader must not take it a second time: a writer between both would wait for the first
 * lock, and the second for the writer. Nor may a reader ask to write: it would wait for itself.
 *
 * Readers are counted, not known: one that ends without unlocking (misuse) leaves, in a release, a
 * lock that stays read-locked. */
struct lsc_rwlock {
    uint64_t opaque_[10];
};

/* 0. Any thread. */
#define lsc_rwlock_init(rwlock, name) lsc_rwlock_init_at((rwlock), (name), LSC_SITE_HERE())
LSC_API int lsc_rwlock_init_at(struct lsc_rwlock *rwlock, const char *name, lsc_site site);
/* 0; -EBUSY, and it stays, while it is held. Any thread. */
LSC_API int lsc_rwlock_free(struct lsc_rwlock *rwlock);

/* Awaitable: 0 or LSC_LOCK_ABANDONED, the task holds it; -EDEADLK: it writes already (misuse);
 * -EAGAIN: a task may hold 65535 read locks. */
LSC_API lsc_result lsc_rwlock_read(struct lsc_context *cx, struct lsc_rwlock *rwlock);
LSC_API lsc_result lsc_rwlock_write(struct lsc_context *cx, struct lsc_rwlock *rwlock);
/* The same without waiting: -EAGAIN when it would have to wait. */
#define lsc_rwlock_try_read(cx, rwlock) lsc_rwlock_try_read_at((cx), (rwlock), LSC_SITE_HERE())
#define lsc_rwlock_try_write(cx, rwlock) lsc_rwlock_try_write_at((cx), (rwlock), LSC_SITE_HERE())
LSC_API lsc_result lsc_rwlock_try_read_at(struct lsc_context *cx, struct lsc_rwlock *rwlock,
                                          lsc_site site);
LSC_API lsc_result lsc_rwlock_try_write_at(struct lsc_context *cx, struct lsc_rwlock *rwlock,
                                           lsc_site site);
/* Ends either kind of hold. cx NULL: in a cleanup handler. 0; -EPERM: the task does not write, and
 * either nobody reads or the task reads nothing (misuse). */
LSC_API lsc_result lsc_rwlock_unlock(struct lsc_context *cx, struct lsc_rwlock *rwlock);

/* ---- notify: "something has happened" ---- */

struct lsc_notify {
    uint64_t opaque_[8];
};

/* 0. Any thread. */
#define lsc_notify_init(notify, name) lsc_notify_init_at((notify), (name), LSC_SITE_HERE())
LSC_API int lsc_notify_init_at(struct lsc_notify *notify, const char *name, lsc_site site);
/* 0; -EBUSY, and it stays, while somebody waits on it. Any thread. */
LSC_API int lsc_notify_free(struct lsc_notify *notify);
/* Who waits, and who comes, gets -EPIPE. Any thread. */
LSC_API void lsc_notify_close(struct lsc_notify *notify);

/* Lets the first who waits go on. When nobody waits, the next who comes need not wait: one such
 * permit is kept, not more. A permit is never lost with a task that ends before it saw it. Any
 * thread. */
LSC_API void lsc_notify_one(struct lsc_notify *notify);
/* Lets all who wait now go on; keeps no permit for others. Any thread. */
LSC_API void lsc_notify_all(struct lsc_notify *notify);
/* Awaitable: 0 once notified; -EPIPE: closed. */
LSC_API lsc_result lsc_notify_wait(struct lsc_context *cx, struct lsc_notify *notify);

/* ---- barrier: a number of tasks that go on together, again and again ---- */

struct lsc_barrier {
    uint64_t opaque_[8];
};

#define LSC_BARRIER_LEADER 1

/* 0; -EINVAL for no tasks. Any thread. */
#define lsc_barrier_init(barrier, name, tasks)                                                     \
    lsc_barrier_init_at((barrier), (name), (tasks), LSC_SITE_HERE())
LSC_API int lsc_barrier_init_at(struct lsc_barrier *barrier, const char *name, uint32_t tasks,
                                lsc_site site);
/* 0; -EBUSY, and it stays, while somebody waits on it. Any thread. */
LSC_API int lsc_barrier_free(struct lsc_barrier *barrier);
/* Who waits, and who comes, gets -EPIPE: for when one of them will never come. Any thread. */
LSC_API void lsc_barrier_close(struct lsc_barrier *barrier);

/* Awaitable: waits until `tasks` tasks wait. LSC_BARRIER_LEADER for one of them, the last to come;
 * 0 for the others; -EPIPE: closed. One that is cancelled or times out before that has not come,
 * and another must come in its place. */
LSC_API lsc_result lsc_barrier_wait(struct lsc_context *cx, struct lsc_barrier *barrier);

/* ---- once: made by the first who needs it ---- */

struct lsc_once {
    uint64_t opaque_[10];
};

/* 0. Any thread. */
#define lsc_once_init(once, name) lsc_once_init_at((once), (name), LSC_SITE_HERE())
LSC_API int lsc_once_init_at(struct lsc_once *once, const char *name, lsc_site site);
/* 0; -EBUSY, and it stays, while somebody initialises or waits. Any thread. */
LSC_API int lsc_once_free(struct lsc_once *once);

/* Awaitable: 0 once it is done, and what was done is visible. The first task that comes does it, by
 * awaiting `make` with `state`, a poll function and its state inside the caller's; the others wait.
 * When `make` returns a negative result, be it for a cancellation or a deadline of that task, the
 * task gets that, and the next who waits tries, with its own `make` and state; so too when the task
 * ends in the midst of it (misuse). -EDEADLK: called from its own `make` (misuse). */
LSC_API lsc_result lsc_once_run(struct lsc_context *cx, struct lsc_once *once, lsc_poll_fn make,
                                void *state);
/* Whether it is done; if so, what was done is visible. Any thread. */
LSC_API bool lsc_once_is_done(struct lsc_once *once);

#ifdef __cplusplus
}
#endif

#endif
