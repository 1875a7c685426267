/* SPDX-License-Identifier: MIT */
/* loopscope/sync.h: what tasks agree through: a semaphore.
 *
 * Storage is the caller's and must not move. Everything is served in order of arrival: nobody
 * passes one who waits. A grant that meets a cancellation or a deadline is either delivered, or
 * given on to the next. Names are not copied and must outlive their object. */
#ifndef LOOPSCOPE_SYNC_H
#define LOOPSCOPE_SYNC_H

#include "executor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A number of permits. */
struct lsc_semaphore {
    uint64_t opaque_[8];
};

/* Any thread. 0; -EINVAL for no permits. */
#define lsc_semaphore_init(semaphore, name, permits)                                               \
    lsc_semaphore_init_at((semaphore), (name), (permits), LSC_SITE_HERE())
LSC_API int lsc_semaphore_init_at(struct lsc_semaphore *semaphore, const char *name,
                                  uint32_t permits, lsc_site site);
/* Nobody may wait on it any more (-EBUSY otherwise, and it stays). Any thread. */
LSC_API int lsc_semaphore_free(struct lsc_semaphore *semaphore);
/* Who waits, and who comes, gets -EPIPE; permits may still be released. Any thread. */
LSC_API void lsc_semaphore_close(struct lsc_semaphore *semaphore);

/* Awaitable: takes `permits` at once, all of them; 0. -EINVAL: none, or more than there are;
 * -EPIPE: closed. */
LSC_API lsc_result lsc_semaphore_acquire(struct lsc_context *cx, struct lsc_semaphore *semaphore,
                                         uint32_t permits);
/* The same without waiting: -EAGAIN when they are not free or others wait. */
LSC_API lsc_result lsc_semaphore_try_acquire(struct lsc_context *cx,
                                             struct lsc_semaphore *semaphore, uint32_t permits);
/* Gives permits back; not only by who took them. 0; -EINVAL for more than were taken (misuse). */
LSC_API lsc_result lsc_semaphore_release(struct lsc_context *cx, struct lsc_semaphore *semaphore,
                                         uint32_t permits);
/* Permits that are free now. Any thread. */
LSC_API uint32_t lsc_semaphore_available(struct lsc_semaphore *semaphore);

#ifdef __cplusplus
}
#endif

#endif
