/* SPDX-License-Identifier: MIT */
/* Locks, condition variables and semaphores. A lock is tried first, so that only a contended one is
 * timed; whatever the trial says except "busy" is what the lock itself would have said. */
#include "real.h"

#include "park.h"

#define LOCK_HOOK(name, id, trial, params, args)                                                   \
    LSC_EXPORT int name params                                                                     \
    {                                                                                              \
        if (!self_is_timed())                                                                      \
            return real.name args;                                                                 \
        int result = trial;                                                                        \
        if (result != EBUSY)                                                                       \
            return result;                                                                         \
        struct call call;                                                                          \
        call_begin(&call, LSC_CALL_##id, CALL_FRAME);                                              \
        result = real.name args;                                                                   \
        call_end(&call, LSC_CALL_##id, -1, CALL_HERE);                                             \
        return result;                                                                             \
    }

LOCK_HOOK(pthread_mutex_lock, pthread_mutex_lock, real.pthread_mutex_trylock(m),
          (pthread_mutex_t * m), (m))
LOCK_HOOK(pthread_mutex_timedlock, pthread_mutex_lock, real.pthread_mutex_trylock(m),
          (pthread_mutex_t * m, const struct timespec *until), (m, until))
LOCK_HOOK(pthread_mutex_clocklock, pthread_mutex_lock, real.pthread_mutex_trylock(m),
          (pthread_mutex_t * m, clockid_t clock, const struct timespec *until), (m, clock, until))
LOCK_HOOK(pthread_rwlock_rdlock, pthread_rwlock_rdlock, real.pthread_rwlock_tryrdlock(l),
          (pthread_rwlock_t * l), (l))
LOCK_HOOK(pthread_rwlock_wrlock, pthread_rwlock_wrlock, real.pthread_rwlock_trywrlock(l),
          (pthread_rwlock_t * l), (l))
LOCK_HOOK(pthread_rwlock_timedrdlock, pthread_rwlock_rdlock, real.pthread_rwlock_tryrdlock(l),
          (pthread_rwlock_t * l, const struct timespec *until), (l, until))
LOCK_HOOK(pthread_rwlock_timedwrlock, pthread_rwlock_wrlock, real.pthread_rwlock_trywrlock(l),
          (pthread_rwlock_t * l, const struct timespec *until), (l, until))

#define PARK_HOOK(name, id, object, params, args)                                                  \
    LSC_EXPORT int name params                                                                     \
    {                                                                                              \
        struct park park;                                                                          \
        park_begin(&park, LSC_CALL_##id, (uintptr_t)object, CALL_FRAME);                           \
        int result = real.name args;                                                               \
        park_end(&park, LSC_CALL_##id, CALL_HERE);                                                 \
        return result;                                                                             \
    }

PARK_HOOK(pthread_cond_wait, pthread_cond_wait, c, (pthread_cond_t * c, pthread_mutex_t *m), (c, m))
PARK_HOOK(pthread_cond_timedwait, pthread_cond_timedwait, c,
          (pthread_cond_t * c, pthread_mutex_t *m, const struct timespec *until), (c, m, until))
PARK_HOOK(pthread_cond_clockwait, pthread_cond_timedwait, c,
          (pthread_cond_t * c, pthread_mutex_t *m, clockid_t clock, const struct timespec *until),
          (c, m, clock, until))
PARK_HOOK(sem_wait, sem_wait, s, (sem_t * s), (s))
PARK_HOOK(sem_timedwait, sem_timedwait, s, (sem_t * s, const struct timespec *until), (s, until))
PARK_HOOK(sem_clockwait, sem_timedwait, s,
          (sem_t * s, clockid_t clock, const struct timespec *until), (s, clock, until))
